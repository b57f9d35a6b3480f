"""The stack that is attacked, a traveller, and one who only wants to chat meanwhile."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import time
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

ROOT = Path(__file__).resolve().parents[2]
IDENTITY_SECRET = "the key of the seller's site, for the attack"
READY_WITHIN = 600.0


@dataclass(frozen=True)
class Outcome:
    """What came of one attack: a line of the report."""

    attack: str
    tries: int
    refused: int
    disclosed: int
    """Answers that told something of somebody else's order, or let in who must stay out."""
    note: str = ""
    lost: int = 0
    """Acknowledged messages that were not stored, not answered or not shown."""
    doubled: int = 0
    """Messages stored, turns taken or answers shown twice."""
    recovery: float | None = None
    """Seconds from the fault until everything worked again, without hands."""


@dataclass
class Target:
    """A running stack that believes us about addresses, as it would a proxy."""

    var: Path
    desk: str
    rasa: str
    actions: str
    environment: dict[str, str]
    process: subprocess.Popen[bytes]
    model: str | None
    http: aiohttp.ClientSession = field(init=False)

    @property
    def desk_pid(self) -> int:
        """Process id of the desk."""
        return process_of(self.process.pid, "aftercare.run.desk")

    def memory(self) -> tuple[int, int]:
        """Megabytes of the desk that are in memory now: its share, and with all that it shares with others.

        A fork has the pages of the nursery, with Rasa in them, whether it uses them or not: they count by their share.
        """
        lines = Path(f"/proc/{self.desk_pid}/smaps_rollup").read_text().splitlines()
        found = {line.split()[0]: int(line.split()[1]) // 1024 for line in lines if line.endswith(" kB")}
        return found["Pss:"], found["Rss:"]


def process_of(launcher: int, module: str) -> int:
    """The process that a launcher runs for a module.

    Raises:
        LookupError: it does not run.
    """
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError, ValueError):
            parent = int((entry.parent / "stat").read_text().rsplit(")", 1)[1].split()[1])
            if parent == launcher and module.encode() in entry.read_bytes():
                return int(entry.parent.name)
    raise LookupError(f"{module} does not run")


def free_port() -> int:
    """A port nobody listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def started(var: Path, model: str | None) -> Iterator[Target]:
    """`aftercare up` on free ports of the loopback, with demo orders and databases of its own."""
    ports = {name: str(free_port()) for name in ("DESK_PORT", "RASA_PORT", "ACTIONS_PORT")}
    environment = {**os.environ, **ports, "AFTERCARE_VAR": str(var), "TRUSTED_PROXIES": "127.0.0.1"}
    environment |= {"IDENTITY_SECRET": IDENTITY_SECRET, "TELEGRAM_TOKEN": "", "DEMO_ORDERS": "true"}
    command = [sys.executable, "-m", "aftercare.run.cli", "up", *(["--model", model] if model else [])]
    var.mkdir(parents=True, exist_ok=True)
    with (var / "up.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)
    urls = [f"http://127.0.0.1:{ports[name]}" for name in ("DESK_PORT", "RASA_PORT", "ACTIONS_PORT")]
    try:
        yield Target(var, *urls, environment, process, model)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            process.kill()


@asynccontextmanager
async def ready(target: Target) -> AsyncIterator[Target]:
    """Wait until it answers; its HTTP client is open meanwhile."""
    timeout = aiohttp.ClientTimeout(total=60)
    async with aiohttp.ClientSession(timeout=timeout, connector=aiohttp.TCPConnector(limit=0)) as target.http:
        end = time.monotonic() + READY_WITHIN
        while True:
            with contextlib.suppress(aiohttp.ClientError, TimeoutError):
                async with target.http.get(f"{target.desk}/readyz") as response:
                    if response.status == 200:
                        break
            if target.process.poll() is not None or time.monotonic() > end:
                raise SystemExit((target.var / "up.log").read_text()[-2000:])
            await asyncio.sleep(1)
        yield target


class Traveller:
    """Somebody who chats from an address."""

    def __init__(self, target: Target, address: str) -> None:
        self.target = target
        self.address = address
        self.token = ""
        self.conversation_id = ""
        self.seq = 0

    @property
    def headers(self) -> dict[str, str]:
        """Of every request."""
        token = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        return {"X-Forwarded-For": self.address, **token}

    async def open(self, **body: Any) -> int:
        """Begin a conversation; the status."""
        url = f"{self.target.desk}/api/chat/sessions"
        async with self.target.http.post(url, json=body, headers=self.headers) as response:
            if response.status == 201:
                opened = await response.json()
                self.token, self.conversation_id = opened["token"], opened["conversation_id"]
            return response.status

    async def say(self, text: str) -> int:
        """Send a message; the status."""
        url, body = f"{self.target.desk}/api/chat/messages", {"id": uuid.uuid4().hex, "text": text}
        async with self.target.http.post(url, json=body, headers=self.headers) as response:
            if response.status == 202:
                self.seq = (await response.json())["seq"]
            return response.status

    async def answers(self, within: float = 40.0) -> str:
        """What the assistant says to the last message, until nothing more comes for a moment."""
        said: list[str] = []
        headers = {**self.headers, "Last-Event-ID": str(self.seq)}
        async with self.target.http.get(f"{self.target.desk}/api/chat/events", headers=headers) as response:
            end = time.monotonic() + within
            while time.monotonic() < end:
                patience = 0.4 if said else end - time.monotonic()
                try:
                    line = await asyncio.wait_for(response.content.readline(), patience)
                except TimeoutError:
                    break
                if not line:
                    break
                if line.startswith(b"data: "):
                    event = json.loads(line[6:])
                    if event["kind"] == "message" and event["from"] != "traveller":
                        said.append(event["text"])
        return "\n".join(said)

    async def ask(self, text: str) -> str:
        """Send a message and read what the assistant answers."""
        await self.say(text)
        return await self.answers()


class Bystander:
    """Another traveller, who writes all the time and measures how long the first word of an answer takes."""

    def __init__(self, target: Target) -> None:
        self._traveller = Traveller(target, "198.51.100.7")
        self._target = target
        self.seconds: list[float] = []
        self.memory = (0, 0)
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Bystander:
        await self._traveller.open()
        self._tasks = [asyncio.create_task(self._chat()), asyncio.create_task(self._watch())]
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _chat(self) -> None:
        while True:
            began = time.monotonic()
            try:
                if await self._traveller.say("what is an eSIM?") == 202:
                    await self._first_word()
                    self.seconds.append(time.monotonic() - began)
            except (aiohttp.ClientError, TimeoutError):
                self.seconds.append(time.monotonic() - began)
            await asyncio.sleep(1)

    async def _first_word(self) -> None:
        headers = {**self._traveller.headers, "Last-Event-ID": str(self._traveller.seq)}
        async with self._target.http.get(f"{self._target.desk}/api/chat/events", headers=headers) as response:
            async for line in response.content:
                if line.startswith(b"data: ") and json.loads(line[6:])["kind"] == "message":
                    return

    async def _watch(self) -> None:
        while True:
            with contextlib.suppress(LookupError, OSError):
                now = self._target.memory()
                self.memory = max(self.memory[0], now[0]), max(self.memory[1], now[1])
            await asyncio.sleep(0.3)

    @property
    def p95(self) -> float:
        """Seconds; the 95th percentile of all answers so far."""
        return statistics.quantiles(self.seconds, n=20)[-1] if len(self.seconds) > 1 else float("nan")
