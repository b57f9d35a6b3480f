"""Hands news to open event streams; one that missed something reads the store, so nothing is lost or doubled."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from aftercare.database import utc_now
from aftercare.desk.store import Event

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

    def stored(self, conversation_id: str, events: Sequence[Event]) -> None:
        """These events were just stored."""
        for stream in self._streams.get(conversation_id, ()):
            if len(stream.fresh) + len(events) > MOST_FRESH:
                stream.fresh, stream.behind = [], True
            else:
                stream.fresh.extend(events)
            stream.news.set()

    def happens(self, conversation_id: str, live: Mapping[str, Any]) -> None:
        """A notice of the moment."""
        for stream in self._streams.get(conversation_id, ()):
            stream.live = [*stream.live[1 - MOST_LIVE :], live]
            stream.news.set()

    def close(self, conversation_id: str | None = None) -> None:
        """End the streams of one conversation (it was deleted) or of all (the desk stops)."""
        for key in [conversation_id] if conversation_id is not None else list(self._streams):
            for stream in self._streams.get(key, ()):
                stream.closed = True
                stream.news.set()
