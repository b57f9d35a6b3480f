"""Hands news to open event streams; one that missed something reads the store, so nothing is lost or doubled."""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

from aftercare.base.database import utc_now
from aftercare.conversations.store import Event

log = logging.getLogger(__name__)

Heard = Callable[[str, Sequence[Event]], None]
Overheard = Callable[[str, Mapping[str, Any]], None]

MOST_LIVE = 20  # passing notices a slow reader may have waiting; older ones are worthless
MOST_FRESH = 100  # stored events handed over directly; a slower reader reads the store


class Stream:
    """One open event stream. `fresh` are stored events to send; `behind` says that the store must be read instead."""

    def __init__(self) -> None:
        self.news = asyncio.Event()
        self.live: list[Mapping[str, Any]] = []
        self.fresh: list[Event] = []
        self.behind = True
        self.closed = False

    def take_live(self) -> list[Mapping[str, Any]]:
        """The notices that wait."""
        taken, self.live = self.live, []
        return taken

    def take_fresh(self, after: int) -> list[Event] | None:
        """The stored events that follow `after` without a gap; None when the store must be read."""
        taken, self.fresh = [event for event in self.fresh if event.seq > after], []
        if self.behind or [event.seq for event in taken] != list(range(after + 1, after + 1 + len(taken))):
            self.behind = False
            return None
        return taken


def live_event(kind: str, sender: str, **values: Any) -> dict[str, Any]:
    """An event of the moment (typing, delay): not stored, not replayed, `seq` 0."""
    at = utc_now().isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return {"seq": 0, "at": at, "kind": kind, "from": sender, "text": "", "choices": [], **values}


class Hub:
    """The open streams of each conversation in this process."""

    def __init__(self) -> None:
        self._streams: dict[str, set[Stream]] = defaultdict(set)
        self._listeners: list[Heard] = []
        self._overhearers: list[Overheard] = []

    def listen(self, callback: Heard) -> Callable[[], None]:
        """Have `callback(conversation_id, events)` called for whatever is stored in any conversation.

        It runs on the event loop right after the transaction and must return at once. What is stored by another desk on
        the same database is not heard here. Returns what stops it.
        """
        self._listeners.append(callback)
        return partial(_without, self._listeners, callback)

    def overhear(self, callback: Overheard) -> Callable[[], None]:
        """Have `callback(conversation_id, live event)` called for each notice of the moment. Returns what stops it."""
        self._overhearers.append(callback)
        return partial(_without, self._overhearers, callback)

    @contextmanager
    def open(self, conversation_id: str) -> Iterator[Stream]:
        """A stream that hears of news until the block ends."""
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

    def stored(self, conversation_id: str, events: Sequence[Event], within: float = 0) -> None:
        """These events were just stored; streams tell them after `within` seconds, or with what is stored before.

        Listeners hear it also when there are none, but how a message was understood is stored now.
        """
        for stream in self._streams.get(conversation_id, ()) if events else ():
            if len(stream.fresh) + len(events) > MOST_FRESH:
                stream.fresh, stream.behind = [], True
            else:
                stream.fresh.extend(events)
            if within:
                asyncio.get_running_loop().call_later(within, stream.news.set)
            else:
                stream.news.set()
        for listener in tuple(self._listeners):
            _call(listener, conversation_id, events)

    def happens(self, conversation_id: str, live: Mapping[str, Any]) -> None:
        """A notice of the moment; that the traveller writes is for the staff only."""
        if live["from"] != "traveller":
            for stream in self._streams.get(conversation_id, ()):
                stream.live = [*stream.live[1 - MOST_LIVE :], live]
                stream.news.set()
        for listener in tuple(self._overhearers):
            _call(listener, conversation_id, live)

    def close(self, conversation_id: str | None = None) -> None:
        """End the streams of one conversation (it was deleted) or of all (the desk stops)."""
        for key in [conversation_id] if conversation_id is not None else list(self._streams):
            for stream in self._streams.get(key, ()):
                stream.closed = True
                stream.news.set()


def _without(listeners: list[Any], callback: Any) -> None:
    """Forget a listener; that it was stopped before is no fault."""
    if callback in listeners:
        listeners.remove(callback)


def _call(listener: Callable[[str, Any], None], conversation_id: str, what: Any) -> None:
    """A listener that breaks must not take the traveller's answer with it."""
    try:
        listener(conversation_id, what)
    except Exception:
        log.exception("A listener broke")
