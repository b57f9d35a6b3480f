"""No stranger fills the disk with log lines."""

from __future__ import annotations

import logging

from aftercare.base.logs import Sparing


def record(message: str, *args: object, line: int = 1) -> logging.LogRecord:
    return logging.LogRecord("x", logging.WARNING, "file.py", line, message, args, None)


def test_each_place_writes_so_many_lines_a_minute_and_tells_what_it_left_out() -> None:
    now = [0.0]
    sparing = Sparing(per_minute=2, clock=lambda: now[0])
    assert [sparing.filter(record("refused %s", n)) for n in range(5)] == [True, True, False, False, False]
    assert sparing.filter(record("elsewhere", line=2))
    now[0] = 60
    later = record("refused %s", 5)
    assert sparing.filter(later)
    assert later.getMessage() == "refused 5 (and 3 more like it)"
