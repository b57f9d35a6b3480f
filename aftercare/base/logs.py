"""Log lines: how they look, that no stranger can fill the disk with them, and that they hold nothing personal."""

from __future__ import annotations

import logging
import time
import traceback
from collections.abc import Callable
from typing import Any

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


def mask_records() -> None:
    """From now on no log line of this process, whoever writes it, holds an e-mail address, code or long number.

    Messages and tracebacks are masked as they are made, before any handler sees them.
    """
    made = logging.getLogRecordFactory()
    if getattr(made, "masks", False):
        return
    lines = logging.Formatter()

    def masked(*args: Any, **more: Any) -> logging.LogRecord:
        record = made(*args, **more)
        from aftercare.base.masking import mask_text  # slow to import, and many a process logs nothing

        try:
            record.msg, record.args = mask_text(record.getMessage()), ()
            if record.exc_info and record.exc_info[0] is not None:
                record.exc_text = mask_text(lines.formatException(record.exc_info))
            if record.stack_info:
                record.stack_info = mask_text(record.stack_info)
        except Exception as error:  # a log line must not break what logs it, nor tell what it could not read
            record.msg, record.args, record.exc_info = f"A log line was left out: {type(error).__name__}", (), None
        return record

    masked.masks = True  # type: ignore[attr-defined]
    logging.setLogRecordFactory(masked)


def error_location(error: BaseException) -> str:
    """File and line where an error arose: all that a log may hold of one whose message may quote what is secret."""
    if isinstance(error, SyntaxError):
        return f"{error.filename}:{error.lineno}"
    frames = [(trace.f_code.co_filename, line) for trace, line in traceback.walk_tb(error.__traceback__)]
    inner = [place for place in frames if not place[0].startswith("<")]  # <frozen os> is not where to look
    return "{}:{}".format(*inner[-1]) if inner else "?"


def set_up(level: str) -> None:
    """Write this process's log lines to standard error, sparingly."""
    mask_records()
    logging.basicConfig(level=level.upper(), format=_FORMAT)
    for handler in logging.getLogger().handlers:
        handler.addFilter(Sparing())
