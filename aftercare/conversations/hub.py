"""Publishes new messages to open event streams; a stream with a gap reads the store, so none is lost or doubled."""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

from aftercare.base.database import utc_now
from aftercare.conversations.messages import Message

log = logging.getLogger(__name__)

MOST_LIVE = 20  # unsent live events of a stream; older ones are dropped
MOST_FRESH = 100  # unsent stored messages of a stream; with more, it reads the store


@dataclass(frozen=True)
class LiveEvent:
    """Something true at this moment (typing, delay): not stored, not replayed."""

    kind: str
    """ "typing" or "state"."""
    sender: str
    """One of `tables.SENDERS`."""
    text: str = ""
    state: str | None = None
    """Of a state: "delayed", or the conversation's own when the delay is over."""
    agent: str | None = None
    """The name of the member of staff who types."""
    at: datetime = field(default_factory=utc_now)

    def as_json(self) -> dict[str, Any]:
        """The event of the chat API; its `seq` is 0."""
        at = self.at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        body = {"seq": 0, "at": at, "kind": self.kind, "from": self.sender, "text": self.text, "choices": []}
        optional = {"state": self.state, "agent": self.agent}
        return body | {key: value for key, value in optional.items() if value is not None}


StoredListener = Callable[[str, Sequence[Message]], None]
LiveListener = Callable[[str, LiveEvent], None]
ElsewhereListener = Callable[[str], None]
DeletedListener = Callable[[str], None]


class Stream:
    """One open event stream.

    `news` is set when there is something to send: `live` events, `fresh` stored messages, or, while `lagging` is true,
    messages that must be read from the store.
    """

    def __init__(self) -> None:
        self.news = asyncio.Event()
        self.live: list[LiveEvent] = []
        self.fresh: list[Message] = []
        self.lagging = True
        self.closed = False

    def close(self) -> None:
        """End the stream."""
        self.closed = True
        self.news.set()

    def take_live(self) -> list[LiveEvent]:
        """The live events not sent yet, oldest first; empties the queue."""
        taken, self.live = self.live, []
        return taken

    def take_fresh(self, after: int) -> list[Message] | None:
        """The stored messages that follow `after` without a gap; None when the store must be read."""
        taken, self.fresh = [message for message in self.fresh if message.seq > after], []
        if self.lagging or [message.seq for message in taken] != list(range(after + 1, after + 1 + len(taken))):
            self.lagging = False
            return None
        return taken


class Hub:
    """The open streams of each conversation in this process."""

    def __init__(self) -> None:
        self._streams: dict[str, set[Stream]] = defaultdict(set)
        self._stored_listeners: list[StoredListener] = []
        self._live_listeners: list[LiveListener] = []
        self._elsewhere_listeners: list[ElsewhereListener] = []
        self._deleted_listeners: list[DeletedListener] = []

    def subscribe_stored(self, listener: StoredListener) -> Callable[[], None]:
        """Have `listener(conversation_id, messages)` called for whatever is stored in any conversation.

        It runs on the event loop right after the transaction and must return at once. Of what another desk on the same
        database stores, `subscribe_elsewhere` tells. Returns what ends the subscription.
        """
        self._stored_listeners.append(listener)
        return partial(_remove, self._stored_listeners, listener)

    def subscribe_elsewhere(self, listener: ElsewhereListener) -> Callable[[], None]:
        """Have `listener(conversation_id)` called when another desk stored something. Returns what ends that."""
        self._elsewhere_listeners.append(listener)
        return partial(_remove, self._elsewhere_listeners, listener)

    def subscribe_live(self, listener: LiveListener) -> Callable[[], None]:
        """Have `listener(conversation_id, event)` called for each live event. Returns what ends the subscription."""
        self._live_listeners.append(listener)
        return partial(_remove, self._live_listeners, listener)

    def subscribe_deleted(self, listener: DeletedListener) -> Callable[[], None]:
        """Have `listener(conversation_id)` called for each conversation that is deleted. Returns what ends it."""
        self._deleted_listeners.append(listener)
        return partial(_remove, self._deleted_listeners, listener)

    @contextmanager
    def open(self, conversation_id: str) -> Iterator[Stream]:
        """A stream that gets news until the block ends."""
        stream = Stream()
        self._streams[conversation_id].add(stream)
        try:
            yield stream
        finally:
            streams = self._streams[conversation_id]
            streams.discard(stream)
            if not streams:
                del self._streams[conversation_id]

    def streams(self, conversation_id: str) -> int:
        """How many streams of a conversation are open here."""
        return len(self._streams.get(conversation_id, ()))

    def publish_stored(self, conversation_id: str, messages: Sequence[Message], within: float = 0) -> None:
        """Hand messages that were just stored to streams and listeners; streams send within `within` seconds.

        Listeners are called also without messages: how one was understood may be stored now.
        """
        for stream in self._streams.get(conversation_id, ()) if messages else ():
            if len(stream.fresh) + len(messages) > MOST_FRESH:
                stream.fresh, stream.lagging = [], True
            else:
                stream.fresh.extend(messages)
            if within:
                asyncio.get_running_loop().call_later(within, stream.news.set)
            else:
                stream.news.set()
        for listener in tuple(self._stored_listeners):
            _call(listener, conversation_id, messages)

    def stored_elsewhere(self, conversation_id: str) -> None:
        """Another desk has stored something in a conversation: its streams here read the store."""
        for stream in self._streams.get(conversation_id, ()):
            stream.lagging = True
            stream.news.set()
        for listener in tuple(self._elsewhere_listeners):
            try:
                listener(conversation_id)
            except Exception:
                log.exception("A listener broke")

    def missed_news(self) -> None:
        """Another desk may have stored something in any conversation: all streams read the store."""
        for streams in self._streams.values():
            for stream in streams:
                stream.lagging = True
                stream.news.set()

    def publish_live(self, conversation_id: str, live: LiveEvent) -> None:
        """Send a live event to streams and listeners; one of the traveller goes to the listeners (staff) only."""
        if live.sender != "traveller":
            for stream in self._streams.get(conversation_id, ()):
                stream.live = [*stream.live[1 - MOST_LIVE :], live]
                stream.news.set()
        for listener in tuple(self._live_listeners):
            _call(listener, conversation_id, live)

    def publish_deleted(self, conversation_id: str) -> None:
        """End the streams of a deleted conversation, and tell the listeners."""
        self.close(conversation_id)
        for listener in tuple(self._deleted_listeners):
            _call(listener, conversation_id)

    def close(self, conversation_id: str | None = None) -> None:
        """End the streams of one conversation or of all (the desk stops)."""
        for key in [conversation_id] if conversation_id is not None else list(self._streams):
            for stream in self._streams.get(key, ()):
                stream.close()


def _remove(listeners: list[Any], listener: Any) -> None:
    """Remove a listener; removing it twice changes nothing."""
    if listener in listeners:
        listeners.remove(listener)


def _call(listener: Callable[..., None], conversation_id: str, *news: Any) -> None:
    """Call a listener; its exception is logged, so that the traveller still gets the answer."""
    try:
        listener(conversation_id, *news)
    except Exception:
        log.exception("A listener broke")
