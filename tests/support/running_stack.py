"""The running stack for tests: `aftercare up` on free ports with databases of its own."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from aftercare.base.database import utc_now
from aftercare.orders.support_hours import read_by
from aftercare.training.conversations import environment as unshared
from aftercare.training.model_in_use import is_current

ROOT = Path(__file__).resolve().parents[2]
READY_WITHIN = 270  # seconds; a busy machine is no failure, and a test ends after 300


def free_port() -> int:
    """A TCP port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def request_json(method: str, url: str, body: Any = None, headers: dict[str, str] | None = None) -> tuple[int, Any]:
    """One HTTP request; status and decoded JSON (or text)."""
    address = urlsplit(url)
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=60)
    try:
        sent = {"Content-Type": "application/json", **(headers or {})}
        path = address.path + (f"?{address.query}" if address.query else "")
        connection.request(method, path, None if body is None else json.dumps(body), sent)
        answer = connection.getresponse()
        text = answer.read().decode()
        try:
            return answer.status, json.loads(text)
        except ValueError:
            return answer.status, text
    finally:
        connection.close()


@dataclass
class Stack:
    """Desk, rasa and actions, running."""

    var: Path
    desk_url: str
    rasa_url: str
    actions_url: str
    process: subprocess.Popen[bytes]
    in_line: set[str] = field(default_factory=set)
    """Conversations whose traveller waits for a person, as the desk would know."""

    @property
    def orders_url(self) -> str:
        """The order database."""
        return f"sqlite:///{self.var}/orders.db"

    def secret(self, name: str) -> str:
        """A secret the stack made for itself."""
        return (self.var / "secrets" / name).read_text().strip()

    def turn(
        self,
        sender: str,
        text: str,
        payload: bool = False,
        message_id: str | None = None,
        *,
        late: bool = False,
    ) -> dict[str, Any]:
        """One turn through the desk's channel of Rasa: `{messages, turn}`.

        `late`: the time is over by which a person should have read what somebody in the line wrote.
        """
        body = {
            "sender": sender,
            "text": text,
            "message_id": message_id or os.urandom(8).hex(),
            "metadata": {
                "payload": payload,
                "channel": "web",
                "locale": "en",
                "line": self._line(sender, late),
            },
        }
        status, answer = request_json(
            "POST", f"{self.rasa_url}/webhooks/desk/webhook", body, {"X-Engine-Secret": self.secret("engine")}
        )
        assert status == 200, answer
        if any((message.get("custom") or {}).get("handoff") for message in answer["messages"]):
            self.in_line.add(sender)
        if any((message.get("custom") or {}).get("leave_line") for message in answer["messages"]):
            self.in_line.discard(sender)
        return dict(answer)

    def _line(self, sender: str, late: bool) -> dict[str, Any]:
        """What the desk tells of the line for a person; nobody but this traveller is ever in it."""
        moment = read_by(utc_now()).isoformat()
        return {"place": 1, "read_by": moment, "waiting": sender in self.in_line, "late": late}

    def rest(self, sender: str, text: str) -> list[dict[str, Any]]:
        """One turn through Rasa's own REST channel."""
        status, answer = request_json(
            "POST", f"{self.rasa_url}/webhooks/rest/webhook", {"sender": sender, "message": text}
        )
        assert status == 200, answer
        return list(answer)

    def pid_of(self, module: str) -> int:
        """Process id of one of the three, by the module it runs (`rasa_sdk`, `aftercare.run.rasa` …)."""
        for entry in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                command = entry.read_bytes().replace(b"\0", b" ").decode()
                parent = int((entry.parent / "stat").read_text().rsplit(")", 1)[1].split()[1])
            except (OSError, ValueError):
                continue
            if parent == self.process.pid and module in command:
                return int(entry.parent.name)
        raise LookupError(module)

    def wait_until_ready(self, seconds: float = READY_WITHIN) -> None:
        """Until every part answers."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            assert self.process.poll() is None, (self.var / "up.log").read_text()[-3000:]
            try:
                if request_json("GET", f"{self.desk_url}/readyz")[0] == 200:
                    return
            except OSError:
                pass
            time.sleep(0.3)
        pytest.fail(f"the stack was not ready within {seconds} s:\n" + (self.var / "up.log").read_text()[-3000:])


def stack_environment(var: Path, root: Path, own: Mapping[str, str]) -> dict[str, str]:
    """What a stack of the project in `root` is told; `.env` and we lend it no database, no address and no token."""
    return {**unshared(os.environ), "PYTHONPATH": str(root), "AFTERCARE_VAR": str(var), **own}


@contextmanager
def running_stack(var: Path, root: Path = ROOT, **extra: str) -> Iterator[Stack]:
    """`aftercare up` with its own folder and free ports; stopped with SIGTERM at the end.

    The desk names a model it wants checked in CANDIDATE_MODEL; without it the one in use answers. `root` may be a copy
    of the project with a model of its own.
    """
    candidate = os.environ.get("CANDIDATE_MODEL")
    assert candidate or root != ROOT or is_current(), "train first: make train"
    desk, rasa, actions = int(extra.get("DESK_PORT") or free_port()), free_port(), free_port()
    ports = {"DESK_PORT": str(desk), "RASA_PORT": str(rasa), "ACTIONS_PORT": str(actions)}
    environment = stack_environment(var, root, {**ports, **extra})
    var.mkdir(parents=True, exist_ok=True)
    with (var / "up.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "aftercare.run.cli", "up", *(["--model", candidate] if candidate else [])],
            cwd=root,
            env=environment,
            stdout=log,
            stderr=log,
        )
    stack = Stack(var, f"http://127.0.0.1:{desk}", f"http://127.0.0.1:{rasa}", f"http://127.0.0.1:{actions}", process)
    try:
        stack.wait_until_ready()
        yield stack
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
