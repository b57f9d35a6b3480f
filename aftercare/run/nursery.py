"""Imports what desk, rasa and actions need once, and becomes each of them by forking.

Importing takes each of them two to three seconds of the processor, which on a busy machine is most of the time until
one that died answers again; forked, they share its memory as well. `python -m aftercare.run.nursery` is started by the
launcher, says when it has imported, and is told on its standard input, a line for each, what to become; it answers with
the process id. What it bears are children of the launcher, which is their nearest subreaper. Linux only: elsewhere they
are started as new programs.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import importlib
import json
import os
import pkgutil
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from aftercare.base.settings import ROOT
from aftercare.run.hanging import is_stopped

MODULES = ("aftercare.run.actions", "aftercare.run.desk", "aftercare.run.rasa")
"""What it can become; each has a `main`."""
# what those import only when they start
_LATER = ("rasa.__main__", "aftercare.rasa_components.channel", "aftercare.rasa_components.patches", "uvloop")
_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36  # linux/prctl.h
_ARGUMENTS_FROM, _ARGUMENTS_TO = 45, 46  # of /proc/self/stat, counted after the name
_ADOPTED_WITHIN = 5.0
_READY = b"ready"
_ANSWERS_WITHIN = 10.0  # seconds; forking takes milliseconds, which a busy machine may make seconds of


class Process(Protocol):
    """What the launcher needs of a process it started; `subprocess.Popen` has it too."""

    @property
    def pid(self) -> int:
        """Its number."""

    def poll(self) -> int | None:
        """How it ended; None while it runs."""

    def wait(self, timeout: float | None = None) -> int:
        """Wait until it ends.

        Raises:
            subprocess.TimeoutExpired: it still runs after so many seconds.
        """


class Born:
    """A child of this process that another one forked."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._ended: int | None = None

    def poll(self) -> int | None:
        """How it ended; None while it runs."""
        if self._ended is None:
            try:
                pid, status = os.waitpid(self.pid, os.WNOHANG)
            except ChildProcessError:
                self._ended = -signal.SIGKILL
            else:
                self._ended = os.waitstatus_to_exitcode(status) if pid else None
        return self._ended

    def wait(self, timeout: float | None = None) -> int:
        """Wait until it ends; see `Process`."""
        until = None if timeout is None else time.monotonic() + timeout
        while (ended := self.poll()) is None:
            if until is not None and time.monotonic() > until:
                raise subprocess.TimeoutExpired(str(self.pid), timeout or 0)
            time.sleep(0.05)
        return ended


class Nursery:
    """The launcher's side: starts the nursery when something is to be born and none runs."""

    def __init__(self, environment: Mapping[str, str], log: Path) -> None:
        self._environment = environment
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None
        self._ready = False

    def start(self) -> None:
        """Have it import, unless it does already; the caller goes on meanwhile."""
        if sys.platform != "linux" or (self._process is not None and self._process.poll() is None):
            return
        prctl(_PR_SET_CHILD_SUBREAPER, 1)
        self._ready = False
        self._log.parent.mkdir(parents=True, exist_ok=True)
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "aftercare.run.nursery"],
                cwd=ROOT,
                env=dict(self._environment),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                start_new_session=True,
                preexec_fn=end_with_parent,  # the launcher has one thread
            )

    def wait(self, given_up: Callable[[], bool]) -> None:
        """Until it has imported, has ended, or `given_up` says so."""
        self.start()
        while self.pid is not None and not self._imported(0.1) and not given_up():
            pass

    def bear(self, module: str, words: Sequence[str], log: Path, environment: Mapping[str, str]) -> Born | None:
        """A process that runs the module's `main(*words)` and writes to `log`.

        None when this is not possible here, or not soon: a nursery that still imports is not waited for, and one that
        hangs is ended.
        """
        self.start()
        process = self._process
        if process is None or process.stdin is None or process.stdout is None or not self._imported(0.0):
            return None
        order = {"module": module, "words": [*words], "log": str(log), "environment": {**environment}}
        with contextlib.suppress(OSError):
            process.stdin.write(json.dumps({**order, "parent": os.getpid()}).encode() + b"\n")
            process.stdin.flush()
        until = time.monotonic() + _ANSWERS_WITHIN
        while not self._tells(0.1) and time.monotonic() < until and not is_stopped(process.pid):
            pass
        if not self._tells(0.0):
            self._kill()  # what it has half born ends with it; what it has born since has told its number
        answer = process.stdout.readline() if self._tells(0.1) else b""
        if answer.strip().isdigit():
            return Born(int(answer))
        self.stop()
        return None

    def _imported(self, seconds: float) -> bool:
        """Whether it says within so many seconds that it has imported; one that has ended is cleared away."""
        if not self._ready and self._process is not None and self._process.stdout is not None and self._tells(seconds):
            self._ready = self._process.stdout.readline().strip() == _READY
            if not self._ready:
                self.stop()
        return self._ready

    def _tells(self, seconds: float) -> bool:
        answers = None if self._process is None else self._process.stdout
        return answers is not None and bool(select.select([answers], [], [], seconds)[0])

    def _kill(self) -> None:
        if self.pid is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGKILL)

    def stop(self) -> None:
        """End it; what it bore goes on, in groups of its own."""
        self._kill()
        process, self._process = self._process, None
        if process is None:
            return
        process.wait()
        for pipe in (process.stdin, process.stdout):
            with contextlib.suppress(OSError):
                if pipe is not None:
                    pipe.close()

    @property
    def pid(self) -> int | None:
        """Its number while it runs."""
        return None if self._process is None else self._process.pid


def prctl(what: int, value: int) -> None:
    """Set a property of this process, where there is such a thing."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(what, value)


def end_with_parent() -> None:
    """Have Linux stop this process when its parent dies, even by SIGKILL, so that no port stays taken."""
    prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def reap_others(own: set[int]) -> None:
    """Take note of the end of adopted processes, which their own parents left behind."""
    with contextlib.suppress(ChildProcessError):
        while ended := os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT):
            if ended.si_pid in own:
                return
            os.waitpid(ended.si_pid, 0)


def _next_order() -> dict[str, Any] | None:
    """In the nursery: bear what is ordered until nothing will be any more. In each child: what it is to become."""
    while line := sys.stdin.buffer.readline():
        order: dict[str, Any] = json.loads(line)
        middle = os.fork()
        if middle:
            os.waitpid(middle, 0)
            continue
        middle = os.getpid()
        if os.fork():
            os._exit(0)  # so that the launcher adopts the other
        until = time.monotonic() + _ADOPTED_WITHIN
        while os.getppid() == middle and time.monotonic() < until:
            time.sleep(0.001)
        end_with_parent()
        if os.getppid() != order["parent"]:
            os._exit(1)
        return order
    return None


def _become(order: Mapping[str, Any]) -> None:
    """What a new program would have of its own: session, signals, files, environment, name, random numbers."""
    os.setsid()
    sys.stdout.write(f"{os.getpid()}\n")
    sys.stdout.flush()
    with open(os.devnull, "rb") as nothing, Path(order["log"]).open("ab") as log:
        os.dup2(nothing.fileno(), 0)
        os.dup2(log.fileno(), 1)
        os.dup2(log.fileno(), 2)
    os.environ.update(order["environment"])
    sys.argv = [order["module"], *order["words"]]
    _call_itself(order["module"])
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed()


def _call_itself(module: str) -> None:
    """Show the module's name among the arguments that `ps` lists."""
    old, new = b"aftercare.run.nursery", module.encode()
    with contextlib.suppress(OSError, ValueError, IndexError):
        fields = Path("/proc/self/stat").read_text().rsplit(")", 1)[1].split()
        begin, end = int(fields[_ARGUMENTS_FROM]), int(fields[_ARGUMENTS_TO])
        at = ctypes.string_at(begin, end - begin).index(old)
        if len(new) <= len(old):
            ctypes.memmove(begin + at, new.ljust(len(old), b"\0"), len(old))


def _prepare() -> None:
    """Import, and read, what those it becomes would when they start or with their first message.

    An action server that comes back meets all messages that wait at once: each of its threads would read the same.
    """
    # here, since the launcher imports this module as well
    import actions
    from actions.phones import finder
    from aftercare.articles.units import units
    from aftercare.base.product_names import without_chinese_names, without_latin_names
    from aftercare.base.responses import all_responses
    from aftercare.catalogue.load import load_catalogue
    from aftercare.troubleshooting.playbooks import load_playbooks
    from aftercare.understanding.segmentation import segmenter

    for name in (*MODULES, *_LATER):
        importlib.import_module(name)
    for found in pkgutil.walk_packages(actions.__path__, f"{actions.__name__}."):  # as rasa_sdk does when it starts
        importlib.import_module(found.name)
    for read in (segmenter, all_responses, load_catalogue, load_playbooks, units, finder):
        read()
    without_latin_names("")
    without_chinese_names("")
    if (threads := len(os.listdir("/proc/self/task"))) > 1:
        sys.exit(f"{threads} threads after importing: forking is not safe")


def main() -> None:
    """Prepare, then fork on demand; the forks leave here as what they are to be."""
    _prepare()
    gc.collect()
    gc.freeze()  # what is shared stays untouched by the collector
    sys.stdout.write(f"{_READY.decode()}\n")
    sys.stdout.flush()
    order = _next_order()
    if order is None:
        return
    _become(order)
    importlib.import_module(order["module"]).main(*order["words"])


if __name__ == "__main__":
    main()
