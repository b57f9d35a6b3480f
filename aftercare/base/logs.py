"""Log lines: how they look, and that no stranger can fill the disk with them."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

PER_MINUTE = 20  # lines of one place in the code; the next that passes tells how many were left out
_FORMAT = "%(asctime)s %(levelname)s %(name)s %(message)s"


class Sparing(logging.Filter):
    """Lets each place in the code log so many lines a minute. What it says of others is counted."""

    def __init__(self, per_minute: int = PER_MINUTE, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._most = per_minute
        self._clock = clock
        self._seen: dict[tuple[str, int], tuple[float, int, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the record is written."""
        place, now = (record.pathname, record.lineno), self._clock()
        since, written, left_out = self._seen.get(place, (now, 0, 0))
        if now - since >= 60:
            since, written = now, 0
        if written >= self._most:
            self._seen[place] = (since, written, left_out + 1)
            return False
        if left_out:
            record.msg = f"{record.getMessage()} (and {left_out} more like it)"
            record.args = ()
        self._seen[place] = (since, written + 1, 0)
        return True


def set_up(level: str) -> None:
    """Write this process's log lines to standard error, sparingly."""
    logging.basicConfig(level=level.upper(), format=_FORMAT)
    for handler in logging.getLogger().handlers:
        handler.addFilter(Sparing())
