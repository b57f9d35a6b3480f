"""Starts desk, rasa and actions, keeps them running, and stops all of them together."""

from __future__ import annotations

import contextlib
import http.client
import os
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

from aftercare.base.settings import ROOT, settings
from aftercare.training.train import environment

READY_WITHIN = 120.0
STOP_WITHIN = 10.0
# A process that dies is started again, at most this often in a row before we wait longer.
RESTART_AFTER = (0.5, 1.0, 2.0, 5.0, 10.0)
SETTLED_AFTER = 30.0


class LaunchError(Exception):
    """A process cannot start; the message says what to do."""


@dataclass
class Service:
    """One of the three processes."""

    name: str
    command: list[str]
    port: int
    health: str
    extra: Mapping[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    failures: int = 0
    again_at: float = 0.0

    @property
    def log(self) -> Path:
        """Where its output goes."""
        return settings().var_dir / "log" / f"{self.name}.log"

    def start(self) -> None:
        """Start it in a process group of its own, so that Ctrl-C reaches only the launcher."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(  # noqa: S603
                self.command,
                cwd=ROOT,
                env={**environment(), **self.extra},
                stdout=log,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )
        self.started = time.monotonic()

    def alive(self) -> bool:
        """Whether the process runs."""
        return self.process is not None and self.process.poll() is None

    def ready(self) -> bool:
        """Whether it answers its health check."""
        address = urlsplit(self.health)
        connection = http.client.HTTPConnection(address.hostname or "127.0.0.1", address.port, timeout=2)
        try:
            connection.request("GET", address.path or "/")
            return connection.getresponse().status == 200
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
    python = sys.executable
    near = "127.0.0.1" if s.bind_host == "0.0.0.0" else s.bind_host  # noqa: S104
    rasa = [python, "-m", "aftercare.run.rasa", *([str(model)] if model else [])]
    actions = [python, "-m", "rasa_sdk", "--actions", "actions", "--port", str(s.actions_port)]
    return [
        Service("actions", actions, s.actions_port, f"{s.actions_url}/health", {"SANIC_HOST": "127.0.0.1"}),
        Service("rasa", rasa, s.rasa_port, f"{s.rasa_url}/"),
        Service("desk", [python, "-m", "aftercare.run.desk"], s.desk_port, f"http://{near}:{s.desk_port}/healthz"),
    ]


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

    def run(self, on_ready: Callable[[], None]) -> None:
        """Start, wait until ready, watch, stop on Ctrl-C or SIGTERM.

        Raises:
            LaunchError: a process ended before it was ready.
        """
        check_ports(self.services)
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._on_signal)
        try:
            for service in self.services:
                service.start()
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
                if time.monotonic() - began > READY_WITHIN:
                    names = ", ".join(service.name for service in waiting)
                    raise LaunchError(f"{names} did not answer within {READY_WITHIN:.0f} s; see {waiting[0].log}.")
                status.update(f"Servers: waiting for {', '.join(s.name for s in waiting)} …")
                time.sleep(0.2)

    def _watch(self) -> None:
        now = time.monotonic()
        for service in self.services:
            if service.alive():
                if now - service.started > SETTLED_AFTER:
                    service.failures = 0
                continue
            if not service.again_at:
                delay = RESTART_AFTER[min(service.failures, len(RESTART_AFTER) - 1)]
                service.failures += 1
                service.again_at = now + delay
                self.console.print(f"[yellow]{service.name} ended; starting it again in {delay:g} s[/] ({service.log})")
            elif now >= service.again_at:
                service.again_at = 0.0
                service.start()

    def stop(self) -> None:
        """Stop everything; what does not stop in time is ended."""
        for service in reversed(self.services):
            service.stop()
        deadline = time.monotonic() + STOP_WITHIN
        while time.monotonic() < deadline and any(service.alive() for service in self.services):
            time.sleep(0.1)
        for service in self.services:
            service.kill()
