"""What hangs is told from what is busy, with real processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from aftercare.run import hanging
from aftercare.run.hanging import Watched, is_stopped, why_hung

linux_only = pytest.mark.skipif(sys.platform != "linux", reason="/proc is Linux's")
WAITS = "import time; print(flush=True); time.sleep(60)"
WORKS = "print(flush=True)\nwhile True: pass"


@contextmanager
def running(program: str) -> Iterator[int]:
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        try:
            yield process.pid
        finally:
            process.kill()


@linux_only
def test_one_that_does_nothing_hangs_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hanging, "IDLE_FOR", 1.0)
    with running(WAITS) as pid:
        then = Watched.now(pid)
        assert why_hung(then) == ""
        time.sleep(1.2)
        assert why_hung(then) == "does not answer for 1 s"


@linux_only
def test_one_that_works_is_left_alone_until_it_has_worked_long_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hanging, "IDLE_FOR", 0.5)
    with running(WORKS) as pid:
        then = Watched.now(pid)
        time.sleep(1.0)
        assert why_hung(then) == "", "it is busy, or waits for a processor"
        monkeypatch.setattr(hanging, "WORKED_FOR", 0.0)
        until = time.monotonic() + 30
        while Watched.now(pid).worked <= then.worked:
            assert time.monotonic() < until
            time.sleep(0.05)
        assert why_hung(then).startswith("does not answer for")


@linux_only
def test_one_that_waits_for_a_processor_is_busy(monkeypatch: pytest.MonkeyPatch) -> None:
    now = Watched.now(os.getpid())
    starved = Watched(now.pid, now.at - hanging.IDLE_FOR - 1, now.worked, now.waited - 5.0)
    idle = Watched(now.pid, now.at - hanging.IDLE_FOR - 1, now.worked, now.waited)
    monkeypatch.setattr(Watched, "now", lambda _pid: now)
    assert why_hung(starved) == ""
    assert why_hung(idle) != ""
    assert why_hung(Watched(now.pid, now.at - hanging.SILENT_FOR - 1, now.worked, now.waited - 50)) != ""


@linux_only
def test_a_stopped_one_hangs_at_once() -> None:
    with running(WORKS) as pid:
        then = Watched.now(pid)
        os.kill(pid, signal.SIGSTOP)
        until = time.monotonic() + 10
        while not is_stopped(pid):
            assert time.monotonic() < until
            time.sleep(0.01)
        assert why_hung(then) == "is stopped"


def test_a_process_that_is_gone_is_not_stopped() -> None:
    assert not is_stopped(2**22 + 1)
