"""Starts desk, rasa and actions, keeps them running, and stops all of them together."""

from __future__ import annotations

import contextlib
import http.client
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from urllib.parse import urlsplit

from rich.console import Console

from aftercare.base.launched import LAUNCH, LAUNCH_HEADER
from aftercare.base.settings import ROOT, settings
from aftercare.run.hanging import Watched, is_stopped, why_hung
from aftercare.run.nursery import Nursery, Process, end_with_parent, reap_others
from aftercare.training.train import environment

READY_WITHIN = 120.0
STOP_WITHIN = 10.0
# A process that dies is started again, at most this often in a row before we wait longer.
# bytes of a log file, and how many older ones are kept beside it
LARGEST_LOG = 20 * 1024 * 1024
OLDER_LOGS = 3
RESTART_AFTER = (0.0, 1.0, 2.0, 5.0, 10.0)
SETTLED_AFTER = 30.0
# A process that was ready is asked this often whether it still answers, for so many seconds each; one that hangs
# (`hanging.py`) is ended and started again.
PULSE_EVERY = 1.0
PULSE_WITHIN = 2.0

# glibc makes eight heaps per processor for threads, each of which keeps memory that others cannot use. Rasa reads one
# message at a time, whose products are too small to share among threads, which wait for each other.
_SPARING = {"MALLOC_ARENA_MAX": "2", "OPENBLAS_NUM_THREADS": "1"}
_NO_MODEL = (
    "Rasa cannot use its model: it is damaged, or was made by another version. `.venv/bin/aftercare train --force` "
    "makes a new one."
)


class LaunchError(Exception):
    """A process cannot start; the message says what to do."""


@dataclass
class Service:
    """One of the three processes."""

    name: str
    command: list[str]
    port: int
    health: str
    module: str = ""
    """The module whose `main` the nursery calls with `words`; empty: only the command will do."""
    words: tuple[str, ...] = ()
    extra: Mapping[str, str] = field(default_factory=dict)
    pulse: str = ""
    """What it answers as long as it is not hung, faster than its health check; empty: the health check."""
    tells_launch: bool = False
    """Whether its answers name the start (`base/launched.py`)."""
    never_ready: str = ""
    """What it means when the health check answers 503; empty when that may pass."""
    refused: bool = False
    """Whether its last health check answered 503."""
    process: Process | None = None
    started: float = 0.0
    failures: int = 0
    again_at: float = 0.0
    launch: str = ""
    foreign: bool = False
    """Whether another process answers at its port."""
    answered_at: float | None = None
    """When it last answered, since it was started; None before it was ready."""
    asked_at: float = 0.0
    watched: Watched | None = None
    """How much it had worked when it last answered."""

    @property
    def log(self) -> Path:
        """Where its output goes."""
        return settings().var_dir / "log" / f"{self.name}.log"

    def start(self, nursery: Nursery | None = None) -> None:
        """Start it in a process group of its own, so that Ctrl-C reaches only the launcher."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        self.launch, self.answered_at, self.watched = secrets.token_hex(8), None, None
        born: Process | None = None
        if nursery is not None and self.module:
            variables = {**self.extra, LAUNCH: self.launch}
            born = nursery.bear(self.module, self.words, self.log, variables)
        self.process = born or self._as_new_program()
        self.started = time.monotonic()

    def _as_new_program(self) -> Process:
        with self.log.open("ab") as log:
            return subprocess.Popen(  # noqa: S603
                self.command,
                cwd=ROOT,
                env={**environment(), **self.extra, LAUNCH: self.launch},
                stdout=log,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
                preexec_fn=end_with_parent,  # the launcher has one thread
            )

    def rotate_log(self) -> None:
        """Begin the log anew when it is large. The process goes on writing to the same file, so it is emptied."""
        with contextlib.suppress(OSError):
            if self.log.stat().st_size < LARGEST_LOG:
                return
            for number in range(OLDER_LOGS, 1, -1):
                older = self.log.with_name(f"{self.log.name}.{number - 1}")
                if older.exists():
                    older.replace(self.log.with_name(f"{self.log.name}.{number}"))
            shutil.copyfile(self.log, self.log.with_name(f"{self.log.name}.1"))
            os.truncate(self.log, 0)

    def alive(self) -> bool:
        """Whether the process runs."""
        return self.process is not None and self.process.poll() is None

    def ready(self) -> bool:
        """Whether it answers its health check."""
        return self._asked(self.health)

    def answers(self) -> bool:
        """Whether it still answers anything."""
        return self._asked(self.pulse or self.health)

    def _asked(self, url: str) -> bool:
        address = urlsplit(url)
        connection = http.client.HTTPConnection(address.hostname or "127.0.0.1", address.port, timeout=PULSE_WITHIN)
        try:
            connection.request("GET", address.path or "/")
            answer = connection.getresponse()
            self.foreign = self.tells_launch and answer.headers.get(LAUNCH_HEADER) != self.launch
            self.refused = answer.status == 503 and not self.foreign
            if answer.status == 200 and not self.foreign:
                self.answered_at = time.monotonic()
                self.watched = Watched.now(self.process.pid) if self.process else None
                return True
            return False
        except OSError:
            return False
        except http.client.HTTPException:
            return False
        finally:
            connection.close()

    def tail(self) -> str:
        """The last lines it wrote."""
        try:
            return "\n".join(self.log.read_text(errors="replace").splitlines()[-15:])
        except FileNotFoundError:
            return ""

    def stop(self) -> None:
        """Ask it to stop."""
        self._signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it and what it started."""
        self._signal(signal.SIGKILL)

    def _signal(self, number: int) -> None:
        if self.process is not None and self.process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, number)


def services(model: Path | None = None) -> list[Service]:
    """The three processes, actions first because it starts fastest. Rasa and actions listen on this machine only.

    Rasa serves `model`; without it whichever is in use at the moment it starts, also when it is started again.
    """
    s = settings()
    near = "127.0.0.1" if s.bind_host == "0.0.0.0" else s.bind_host  # noqa: S104
    no_model = "" if s.model_server_url else _NO_MODEL
    rasa = _service("rasa", s.rasa_port, f"{s.rasa_url}/webhooks/desk/ready", *([str(model)] if model else []))
    rasa.pulse, rasa.never_ready = f"{s.rasa_url}/webhooks/desk/", no_model
    return [
        _service("actions", s.actions_port, f"{s.actions_url}/health"),
        rasa,
        _service("desk", s.desk_port, f"http://{near}:{s.desk_port}/healthz"),
    ]


def _service(name: str, port: int, health: str, *words: str) -> Service:
    module = f"aftercare.run.{name}"
    command = [sys.executable, "-m", module, *words]
    return Service(name, command, port, health, module, words, _SPARING, tells_launch=True)


def check_ports(wanted: list[Service]) -> None:
    """Fail early and clearly when something else listens already.

    Raises:
        LaunchError: naming the port and the variable that changes it.
    """
    for service in wanted:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", service.port))
            except OSError as error:
                raise LaunchError(
                    f"Port {service.port} is in use, so {service.name} cannot start. Stop what uses it, or set "
                    f"{service.name.upper()}_PORT in .env to another port."
                ) from error


class Launcher:
    """Runs the services until told to stop."""

    def __init__(self, wanted: list[Service], console: Console) -> None:
        self.services = wanted
        self.console = console
        self.stopping = False
        self.nursery: Nursery | None = None
        if any(service.module for service in wanted):
            self.nursery = Nursery({**environment(), **_SPARING}, settings().var_dir / "log" / "nursery.log")

    def run(self, on_ready: Callable[[], None]) -> None:
        """Start, wait until ready, watch, stop on Ctrl-C or SIGTERM.

        Raises:
            LaunchError: a process ended before it was ready, or will never be.
        """
        check_ports(self.services)
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._on_signal)
        try:
            if self.nursery is not None:
                until = time.monotonic() + READY_WITHIN
                self.nursery.wait(lambda: self.stopping or time.monotonic() > until)
            for service in self.services:
                service.start(self.nursery)
            self._wait_until_ready()
            if not self.stopping:
                on_ready()
            while not self.stopping:
                self._watch()
                time.sleep(0.2)
        finally:
            self.stop()

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        self.stopping = True

    def _wait_until_ready(self) -> None:
        waiting = list(self.services)
        began = time.monotonic()
        with self.console.status("Servers: starting …") as status:
            while waiting and not self.stopping:
                for service in list(waiting):
                    if not service.alive():
                        raise LaunchError(f"{service.name} ended while starting. It said:\n{service.tail()}")
                    if service.ready():
                        waiting.remove(service)
                        self.console.print(f"  {service.name} ready after {time.monotonic() - began:.0f} s")
                    elif service.foreign:
                        raise LaunchError(
                            f"Another process answers at port {service.port}, where {service.name} should. Stop it, "
                            f"or set {service.name.upper()}_PORT in .env to another port."
                        )
                    elif service.refused and service.never_ready:
                        raise LaunchError(f"{service.never_ready} It said:\n{service.tail()}")
                if time.monotonic() - began > READY_WITHIN:
                    names = ", ".join(service.name for service in waiting)
                    raise LaunchError(f"{names} did not answer within {READY_WITHIN:.0f} s; see {waiting[0].log}.")
                status.update(f"Servers: waiting for {', '.join(s.name for s in waiting)} …")
                time.sleep(0.2)

    def _watch(self) -> None:
        reap_others(self._own())
        if self.nursery is not None:
            self.nursery.start()
        for service in self.services:
            service.rotate_log()
            # asking one whether it hangs takes seconds when it does: what has died does not wait until all are asked
            self._start_dead()
            if service.alive():
                self._end_if_hung(service)

    def _start_dead(self) -> None:
        for service in self.services:
            now = time.monotonic()
            if service.alive():
                if now - service.started > SETTLED_AFTER:
                    service.failures = 0
                continue
            if not service.again_at:
                delay = RESTART_AFTER[min(service.failures, len(RESTART_AFTER) - 1)]
                service.failures += 1
                service.again_at = now + delay
                self.console.print(f"[yellow]{service.name} ended; starting it again in {delay:g} s[/] ({service.log})")
            if now >= service.again_at:
                service.again_at = 0.0
                service.start(self.nursery)

    def _own(self) -> set[int]:
        own = {service.process.pid for service in self.services if service.process is not None}
        return own | ({self.nursery.pid} if self.nursery is not None and self.nursery.pid else set())

    def _end_if_hung(self, service: Service) -> None:
        """End a process that runs but answers nothing; it is started again like one that died."""
        now = time.monotonic()
        if now - service.asked_at < PULSE_EVERY:
            return
        service.asked_at = now
        if service.answers():
            return
        if service.answered_at is None or service.watched is None:
            silent = time.monotonic() - service.started
            stopped = service.process is not None and is_stopped(service.process.pid)
            late = f"does not answer for {silent:.0f} s" if silent > READY_WITHIN else ""
            because = "is stopped" if stopped else late
        else:
            because = why_hung(service.watched)
        if not because:
            return
        if service.foreign:
            because = "another process answers at its port"
        self.console.print(f"[yellow]{service.name} {because}; it is ended[/] ({service.log})")
        service.kill()
        if service.process is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                service.process.wait(2)

    def stop(self) -> None:
        """Stop everything; what does not stop in time is ended."""
        if self.nursery is not None:
            self.nursery.stop()
        for service in reversed(self.services):
            service.stop()
        deadline = time.monotonic() + STOP_WITHIN
        while time.monotonic() < deadline and any(service.alive() for service in self.services):
            time.sleep(0.1)
        for service in self.services:
            service.kill()
