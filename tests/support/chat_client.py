"""A small chat client for tests: opens a session, sends, reads events until a condition holds."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import AsyncIterator, Callable
from typing import Any

import aiohttp

Event = dict[str, Any]


class ChatClient:
    """One traveller. `events` are all stored events seen so far, in order of arrival."""

    def __init__(self, session: aiohttp.ClientSession, base: str) -> None:
        self.session = session
        self.base = base.rstrip("/")
        self.token = ""
        self.conversation_id = ""
        self.events: list[Event] = []

    async def open(self, **body: Any) -> dict[str, Any]:
        async with self.session.post(f"{self.base}/api/chat/sessions", json=body) as response:
            assert response.status == 201, await response.text()
            result: dict[str, Any] = await response.json()
        self.token, self.conversation_id = result["token"], result["conversation_id"]
        return result

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    async def post(self, **body: Any) -> tuple[int, dict[str, Any]]:
        body.setdefault("id", uuid.uuid4().hex)
        async with self.session.post(f"{self.base}/api/chat/messages", json=body, headers=self.headers) as response:
            return response.status, await response.json()

    async def say(self, text: str) -> int:
        status, body = await self.post(text=text)
        assert status == 202, body
        return int(body["seq"])

    async def stream(self, after: int = 0) -> AsyncIterator[Event]:
        """Events as they come, live ones too."""
        headers = {**self.headers, "Last-Event-ID": str(after)}
        timeout = aiohttp.ClientTimeout(total=None, sock_read=30)
        url = f"{self.base}/api/chat/events"
        async with self.session.get(url, headers=headers, timeout=timeout) as response:
            assert response.status == 200, await response.text()
            async for line in response.content:
                if line.startswith(b"data: "):
                    yield json.loads(line[6:])

    async def until(self, condition: Callable[[Event], bool], seconds: float = 10) -> Event:
        """The first event from here on that fulfils the condition."""

        async def read() -> Event:
            after = self.events[-1]["seq"] if self.events else 0
            async for event in self.stream(after):
                if event["seq"]:
                    self.events.append(event)
                if condition(event):
                    return event
            raise AssertionError(f"the stream ended; events: {self.events}")

        return await asyncio.wait_for(read(), seconds)

    async def answer(self, seconds: float = 10) -> Event:
        """The assistant's next message."""
        return await self.until(lambda e: e["kind"] == "message" and e["from"] == "assistant", seconds)

    async def ask(self, text: str) -> Event:
        await self.say(text)
        return await self.answer()
