"""A traveller who goes on through every fault: repeats what was not acknowledged, and is asked what came of it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
import uuid
from collections import Counter
from dataclasses import dataclass
from typing import Any

import aiohttp
import sqlalchemy as sa

from aftercare.base.database import open_engine
from aftercare.conversations.tables import event

_TEXTS = ("what is an eSIM?", "which phones can use it", "how do I install it", "can I use a hotspot")
_TIMEOUT = aiohttp.ClientTimeout(total=30)


@dataclass(frozen=True)
class Told:
    """What came of what one traveller sent."""

    sent: int
    lost: int
    """Acknowledged messages that are not stored or have no answer, and gaps in what is streamed."""
    doubled: int
    """Messages stored twice, and answers that stand there twice."""
    answers: list[str]


class Writer:
    """Writes to each of the desks in turn."""

    def __init__(self, http: aiohttp.ClientSession, desks: list[str], number: int) -> None:
        self._http = http
        self.desks = desks
        self._number = number
        self._turn = number
        self._token = ""
        self.conversation_id = ""
        self._acknowledged: list[str] = []

    @property
    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._token}", "X-Forwarded-For": f"198.51.100.{20 + self._number % 200}"}

    def _desk(self) -> str:
        self._turn += 1
        return self.desks[self._turn % len(self.desks)]

    async def open(self) -> None:
        """Begin a conversation."""
        while True:
            with contextlib.suppress(aiohttp.ClientError, TimeoutError):
                url = f"{self._desk()}/api/chat/sessions"
                async with self._http.post(url, json={"locale": "en"}, headers=self._headers) as response:
                    if response.status == 201:
                        opened = await response.json()
                        self._token, self.conversation_id = opened["token"], opened["conversation_id"]
                        return
            await asyncio.sleep(0.2)

    async def try_to_say(self, text: str, key: str = "") -> bool:
        """Send a message once; whether it was acknowledged."""
        body = {"id": key or uuid.uuid4().hex, "text": text}
        with contextlib.suppress(aiohttp.ClientError, TimeoutError):
            url = f"{self._desk()}/api/chat/messages"
            async with self._http.post(url, json=body, headers=self._headers, timeout=_TIMEOUT) as response:
                if response.status == 202:
                    self._acknowledged.append(text)
                    return True
        return False

    async def say(self, text: str) -> None:
        """Send a message until it is acknowledged, always under the same id."""
        key = uuid.uuid4().hex
        while not await self.try_to_say(text, key):
            await asyncio.sleep(0.2)

    async def write(self, count: int) -> None:
        """Send so many messages, one after the other."""
        for _ in range(count):
            await self.say(_TEXTS[len(self._acknowledged) % len(_TEXTS)])
            await asyncio.sleep(0.05)

    async def answered(self, database: str, within: float = 120.0) -> None:
        """Wait until nothing of the conversation is unanswered in the desk's database, at most `within` seconds."""
        end = time.monotonic() + within
        while time.monotonic() < end:
            if not await asyncio.to_thread(_unanswered, database, self.conversation_id):
                return
            await asyncio.sleep(0.2)

    async def streamed(self, stored: int) -> list[dict[str, Any]]:
        """All that a client sees, from the first event on; what there is when nothing more comes."""
        events: list[dict[str, Any]] = []
        for _ in range(5):
            headers = {**self._headers, "Last-Event-ID": str(events[-1]["seq"] if events else 0)}
            with contextlib.suppress(aiohttp.ClientError, TimeoutError):
                url = f"{self._desk()}/api/chat/events"
                async with self._http.get(url, headers=headers, timeout=aiohttp.ClientTimeout(total=10)) as response:
                    async for line in response.content:
                        if line.startswith(b"data: ") and (one := json.loads(line[6:]))["seq"]:
                            events.append(one)
                        if len(events) >= stored:
                            return events
        return events

    async def told(self, database: str) -> Told:
        """Check everything that was acknowledged, against the desk's database and what a client sees."""
        await self.answered(database)
        stored = await asyncio.to_thread(_stored, database, self.conversation_id)
        seen = await self.streamed(len(stored))
        asked = [row for row in stored if row.sender == "traveller"]
        heard = [row for row in stored if row.sender == "assistant" and row.kind == "message"]
        expected = sum((row.turn or {}).get("answers") or 0 for row in asked)
        acknowledged, kept = Counter(self._acknowledged), Counter(row.text for row in asked)
        unanswered = sum(row.status != "answered" for row in asked)
        unseen = len({row.seq for row in stored} - {one["seq"] for one in seen})
        return Told(
            len(self._acknowledged),
            sum((acknowledged - kept).values()) + unanswered + unseen + max(0, expected - len(heard)),
            sum((kept - acknowledged).values()) + len(seen) - len({one["seq"] for one in seen})
            + max(0, len(heard) - expected),
            [row.text for row in heard],
        )  # fmt: skip


def _unanswered(database: str, conversation_id: str) -> int:
    wanted = sa.select(sa.func.count()).where(event.c.conversation_id == conversation_id, event.c.status == "pending")
    return int(_read(database, wanted)[0][0])


def _stored(database: str, conversation_id: str) -> list[Any]:
    return _read(database, sa.select(event).where(event.c.conversation_id == conversation_id).order_by(event.c.seq))


def _read(database: str, wanted: Any) -> list[Any]:
    engine = open_engine(database, timeout=10)
    try:
        with engine.connect() as connection:
            return list(connection.execute(wanted).all())
    finally:
        engine.dispose()
