"""Tells a process that hangs from one that is only busy, or that a busy machine lets wait.

How much a process has worked, and how long it stood in line for a processor, is what Linux counts of it
(/proc/PID/stat and schedstat). One that answers nothing and does neither, hangs. One that works goes on until it has
used more of the processor than any answer takes.
"""

from __future__ import annotations

import os
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

IDLE_FOR = 6.0
"""Seconds without an answer after which a process that does nothing hangs; a database is waited for less long."""
WORKED_FOR = 12.0
"""Seconds of the processor after which one that works without an answer hangs."""
SILENT_FOR = 60.0
"""Seconds after which any does."""
_IDLE = 0.05
"""The share of the time in which a process that does nothing wants a processor all the same, for its timers."""

_IN_PROGRAM, _IN_KERNEL = 11, 12  # of /proc/PID/stat, counted after the name
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Watched:
    """What Linux had counted of a process at a moment."""

    pid: int
    at: float
    worked: float
    """Seconds of a processor it had had."""
    waited: float
    """Seconds it had waited for one."""

    @staticmethod
    def now(pid: int) -> Watched:
        """What it has counted so far; nothing where it does not count."""
        worked = waited = 0.0
        with suppress(OSError, ValueError, IndexError):
            fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
            worked = (int(fields[_IN_PROGRAM]) + int(fields[_IN_KERNEL])) / _TICKS
        for counted in Path(f"/proc/{pid}/task").glob("*/schedstat"):
            with suppress(OSError, ValueError, IndexError):  # a thread that ended meanwhile
                waited += int(counted.read_text().split()[1]) / 1e9
        return Watched(pid, time.monotonic(), worked, waited)


def is_stopped(pid: int) -> bool:
    """Whether somebody has stopped the process by a signal, and not a debugger."""
    with suppress(OSError, IndexError):
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "T"
    return False


def why_hung(then: Watched) -> str:
    """Why a process that has not answered since `then` hangs, in words; empty when it may be busy."""
    now = Watched.now(then.pid)
    silent = now.at - then.at
    if is_stopped(then.pid):
        return "is stopped"
    worked, waited = max(0.0, now.worked - then.worked), max(0.0, now.waited - then.waited)
    idle = worked + waited < _IDLE * silent
    if silent > SILENT_FOR or worked > WORKED_FOR or (idle and silent > IDLE_FOR):
        return f"does not answer for {silent:.0f} s"
    return ""
