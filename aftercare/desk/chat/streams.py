"""Tells open event streams that there is news; what is stored they read from the store, so nothing doubles."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from aftercare.database import utc_now

MOST_LIVE = 20  # passing notices a slow reader may have waiting; older ones are worthless


class Stream:
    """One open event stream."""

    def __init__(self) -> None:
        self.news = asyncio.Event()
        self.live: list[Mapping[str, Any]] = []
        self.closed = False


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

    def notify(self, conversation_id: str, live: Mapping[str, Any] | None = None) -> None:
        """Something was stored, or `live` happens now."""
        for stream in self._streams.get(conversation_id, ()):
            if live is not None:
                stream.live = [*stream.live[1 - MOST_LIVE :], live]
            stream.news.set()

    def close(self, conversation_id: str | None = None) -> None:
        """End the streams of one conversation (it was deleted) or of all (the desk stops)."""
        for key in [conversation_id] if conversation_id is not None else list(self._streams):
            for stream in self._streams.get(key, ()):
                stream.closed = True
                stream.news.set()
