"""Many travellers at once on bad networks, against the whole stack, while desk and rasa are killed under them.

`.venv/bin/python bench/load.py --clients 200 --messages 50` starts a stack of its own with databases in a temporary
folder. A client posts again until it has an answer to its post, often posts twice, and its event stream breaks at
random. In the end desk, tracker and what each client saw must tell the same story: each message stored once, turned
into one turn, answered once, in order. Ends with 1 when they do not.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import sqlalchemy as sa

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from aftercare.base.database import open_engine  # noqa: E402
from tests.support.running_stack import Stack, running_stack  # noqa: E402

# questions of any traveller; none of them asks for a person, who would silence the assistant
QUESTIONS = (
    "what is an eSIM?", "eSIM是什么", "can I share it by hotspot", "开热点可以吗？", "can I make calls with it?",
    "有什么优惠吗", "how do I install it?", "怎么安装", "when does my plan start?", "套餐什么时候开始算",
    "what are your support hours?", "客服几点上班", "hello", "你好", "thanks",
)  # fmt: skip
LIMITS = {"CHAT_RATE": "100000", "ADDRESS_RATE": "10000000"}


@dataclass
class Client:
    """One traveller. `seen` are the stored events as they came; `counts` says what went wrong on the way."""

    http: aiohttp.ClientSession
    url: str
    random: random.Random
    losses: random.Random  # drawn from once a post, so that a seed loses the same ones however long answers take
    messages: int
    counts: Counter[str]
    token: str = ""
    conversation_id: str = ""
    said: list[str] = field(default_factory=list)
    seqs: list[int] = field(default_factory=list)
    seen: list[dict[str, Any]] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)
    news: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def headers(self) -> dict[str, str]:
        """What opens the conversation."""
        return {"Authorization": f"Bearer {self.token}"}

    @property
    def answered(self) -> bool:
        """Whether something of the assistant follows the last message that was accepted."""
        return bool(self.seen) and self.seen[-1]["from"] == "assistant" and self.seen[-1]["seq"] > max(self.seqs)

    async def talk(self) -> None:
        """Say everything, mostly one after the other; `read` goes on until it is cancelled."""
        while len(self.said) < self.messages:
            for _ in range(min(self.random.choice((1, 1, 1, 1, 3)), self.messages - len(self.said))):
                await self._say(self.random.choice(QUESTIONS))
            began = time.monotonic()
            while not self.answered:
                self.news.clear()
                await self.news.wait()
            self.waits.append(time.monotonic() - began)

    async def open(self) -> None:
        """Start the conversation."""
        while True:
            try:
                async with self.http.post(f"{self.url}/api/chat/sessions", json={"locale": "en"}) as response:
                    if response.status == 201:
                        body = await response.json()
                        self.token, self.conversation_id = body["token"], body["conversation_id"]
                        return
            except (TimeoutError, aiohttp.ClientError):
                pass
            await asyncio.sleep(0.2)

    async def _say(self, text: str) -> None:
        self.said.append(text)
        client_id = f"m{len(self.said)}"
        twice = self.losses.random() < 0.1
        self.counts["duplicated posts"] += twice
        seqs = await asyncio.gather(*(self._post(client_id, text) for _ in range(1 + twice)))
        if len(set(seqs)) != 1:
            self.counts["repetitions with another seq"] += 1
        self.seqs.append(seqs[0])

    async def _post(self, client_id: str, text: str) -> int:
        # one post in twenty loses its answer on the way back, so the client sends it again
        lost = self.losses.random() < 0.05
        while True:
            try:
                async with self.http.post(
                    f"{self.url}/api/chat/messages",
                    json={"id": client_id, "text": text},
                    headers=self.headers,
                    timeout=aiohttp.ClientTimeout(total=30),
                ) as response:
                    if response.status != 202:
                        self.counts[f"posts refused with {response.status}"] += 1
                    elif lost:
                        lost = False
                        self.counts["posts repeated"] += 1
                    else:
                        return int((await response.json())["seq"])
            except (TimeoutError, aiohttp.ClientError):
                self.counts["posts repeated"] += 1
            await asyncio.sleep(self.random.uniform(0.05, 0.3))

    async def read(self) -> None:
        """Read events over streams that break."""
        while True:
            try:
                await asyncio.wait_for(self._stream(), self.random.uniform(1, 20))
            # aiohttp says RuntimeError where it reads on after the desk was killed
            except (TimeoutError, aiohttp.ClientError, RuntimeError):
                self.counts["streams broken"] += 1
            await asyncio.sleep(self.random.uniform(0.05, 0.3))

    async def _stream(self) -> None:
        headers = {**self.headers, "Last-Event-ID": str(self.seen[-1]["seq"] if self.seen else 0)}
        timeout = aiohttp.ClientTimeout(total=None, sock_read=60)
        async with self.http.get(f"{self.url}/api/chat/events", headers=headers, timeout=timeout) as response:
            async for line in response.content:
                if line.startswith(b"data: ") and (event := json.loads(line[6:]))["seq"]:
                    self.seen.append(event)
                    self.news.set()


def resident(pid: int) -> float:
    """Megabytes of memory a process holds."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmRSS")).split()[1]) / 1024


PROCESSES = {"desk": "aftercare.run.desk", "rasa": "aftercare.run.rasa"}


async def trouble(stack: Stack, clients: list[Client], memory: dict[str, float]) -> None:
    """Kill the desk after a third of the messages and rasa after two thirds; the launcher starts them again."""
    total = sum(client.messages for client in clients)
    for share, name in ((1 / 3, "desk"), (2 / 3, "rasa")):
        while sum(len(client.seqs) for client in clients) < share * total:
            await asyncio.sleep(0.1)
        pid = stack.pid_of(PROCESSES[name])
        memory[f"{name} before it is killed"] = resident(pid)
        os.kill(pid, signal.SIGKILL)


async def all_read(stack: Stack, clients: list[Client]) -> None:
    """Until every message is answered, Rasa has its turn, and every client has read to the end."""
    desk = open_engine(f"sqlite:///{stack.var}/desk.db")
    pending = sa.text("SELECT count(*) FROM event WHERE status = 'pending'")
    last = sa.text("SELECT id, last_seq FROM conversation")
    while True:
        with desk.connect() as connection:
            waiting = connection.execute(pending).scalar_one()
            ends = {row.id: row.last_seq for row in connection.execute(last)}
        if not waiting and all(client.seen[-1]["seq"] == ends[client.conversation_id] for client in clients):
            break
        await asyncio.sleep(0.5)
    desk.dispose()


def check(stack: Stack, clients: list[Client]) -> list[str]:
    """What does not fit between clients, desk and Rasa; empty when all is well."""
    desk, rasa = open_engine(f"sqlite:///{stack.var}/desk.db"), open_engine(f"sqlite:///{stack.var}/tracker.db")
    faults: list[str] = []

    def expect(what: str, client: Client, found: Any, wanted: Any) -> None:
        if found != wanted:
            faults.append(f"{what} in {client.conversation_id}:\n  found  {found}\n  wanted {wanted}")

    with desk.connect() as stored, rasa.connect() as tracked:
        for client in clients:
            key = {"key": client.conversation_id}
            rows = stored.execute(
                sa.text("SELECT seq, sender, text, status FROM event WHERE conversation_id = :key ORDER BY seq"), key
            ).all()
            turns = [
                json.loads(data)
                for (data,) in tracked.execute(
                    sa.text("SELECT data FROM events WHERE sender_id = :key ORDER BY id"), key
                )
            ]
            mine = [row for row in rows if row.sender == "traveller"]
            theirs = [row.text for row in rows if row.sender == "assistant"]
            asked = [f"{client.conversation_id}-{row.seq}" for row in mine]
            expect("events without a gap", client, [row.seq for row in rows], list(range(1, len(rows) + 1)))
            expect("messages in order", client, [row.text for row in mine], client.said)
            expect("acknowledged seqs", client, client.seqs, [row.seq for row in mine])
            expect("all answered", client, {row.status for row in mine}, {"answered"})
            expect("one turn each", client, [t["message_id"] for t in turns if t["event"] == "user"], asked)
            expect("answers as Rasa gave them", client, theirs, [t["text"] or "" for t in turns if t["event"] == "bot"])
            expect("what the client saw", client, [e["seq"] for e in client.seen], [row.seq for row in rows])
    desk.dispose()
    rasa.dispose()
    return faults


async def load(stack: Stack, clients: int, messages: int, seed: int, seconds: float) -> dict[str, Any]:
    """Run it; counts, times, memory and faults.

    Raises:
        asyncio.TimeoutError: not everything was answered within `seconds`.
    """
    counts: Counter[str] = Counter()
    memory = {f"{name} at the start": resident(stack.pid_of(module)) for name, module in PROCESSES.items()}
    began = time.monotonic()
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as http:
        travellers = [
            Client(
                http,
                stack.desk_url,
                random.Random(f"{seed}-{number}"),
                random.Random(f"losses-{seed}-{number}"),
                messages,
                counts,
            )
            for number in range(clients)
        ]
        await asyncio.gather(*(client.open() for client in travellers))
        reading = [asyncio.create_task(client.read()) for client in travellers]
        talking = [client.talk() for client in travellers]
        await asyncio.wait_for(asyncio.gather(trouble(stack, travellers, memory), *talking), seconds)
        await asyncio.wait_for(all_read(stack, travellers), seconds)
        for task in reading:
            task.cancel()
    took = time.monotonic() - began
    memory |= {f"{name} at the end": resident(stack.pid_of(module)) for name, module in PROCESSES.items()}
    waits = sorted(wait for client in travellers for wait in client.waits)
    faults = check(stack, travellers)
    return {
        "clients": clients,
        "messages sent": sum(len(client.said) for client in travellers),
        "answers seen": sum(event["from"] == "assistant" for client in travellers for event in client.seen),
        **dict(sorted(counts.items())),
        "seconds": round(took, 1),
        "messages per second": round(clients * messages / took, 1),
        "seconds to the answer, p50 and p95": [round(waits[int(len(waits) * p)], 2) for p in (0.5, 0.95)],
        "memory in MB": {name: round(value) for name, value in memory.items()},
        "faults": len(faults),
        "first faults": faults[:3],
    }


def main() -> int:
    """Start a stack, load it, print what came of it as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clients", type=int, default=200)
    parser.add_argument("--messages", type=int, default=50, help="per client")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=1800, help="after which it is given up")
    given = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="aftercare-load-") as folder,
        running_stack(Path(folder), **LIMITS) as stack,
    ):
        result = asyncio.run(load(stack, given.clients, given.messages, given.seed, given.seconds))
    print(json.dumps(result, indent=1, ensure_ascii=False))
    return 1 if result["faults"] else 0


if __name__ == "__main__":
    sys.exit(main())
