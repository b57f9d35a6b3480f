"""What the desk adds to a message: the way through chat API, store and event stream against calling Rasa directly.

Run it beside a running stack: `python bench/desk_overhead.py`. Both ways are taken in turn, so that the machine's mood
strikes them alike; each way has its own conversation and says the same things.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import time
import uuid
from typing import Any

import aiohttp

from aftercare.settings import settings


async def direct(client: aiohttp.ClientSession, rasa: str, secret: str, sender: str, text: str) -> float:
    """Seconds of one turn asked of Rasa's desk channel."""
    body = {
        "sender": sender,
        "text": text,
        "message_id": uuid.uuid4().hex,
        "metadata": {"payload": False, "channel": "web", "locale": "en"},
    }
    began = time.perf_counter()
    async with client.post(f"{rasa}/webhooks/desk/webhook", json=body, headers={"X-Engine-Secret": secret}) as response:
        response.raise_for_status()
        await response.json()
    return time.perf_counter() - began


class Traveller:
    """A chat client that measures from sending to the last line of the answer."""

    def __init__(self, client: aiohttp.ClientSession, desk: str) -> None:
        self._client = client
        self._desk = desk
        self._headers: dict[str, str] = {}
        self._stream: aiohttp.ClientResponse | None = None

    async def open(self) -> None:
        """Start a conversation and its event stream."""
        async with self._client.post(f"{self._desk}/api/chat/sessions", json={}) as response:
            response.raise_for_status()
            self._headers = {"Authorization": f"Bearer {(await response.json())['token']}"}
        self._stream = await self._client.get(f"{self._desk}/api/chat/events", headers=self._headers)

    async def ask(self, text: str) -> float:
        """Seconds until the answer is here."""
        assert self._stream is not None
        body = {"id": uuid.uuid4().hex, "text": text}
        began = time.perf_counter()
        async with self._client.post(f"{self._desk}/api/chat/messages", json=body, headers=self._headers) as response:
            response.raise_for_status()
        while True:
            line = await self._stream.content.readline()
            if line.startswith(b"data: "):
                event: dict[str, Any] = json.loads(line[6:])
                if event["kind"] == "message" and event["from"] == "assistant":
                    return time.perf_counter() - began


async def measure(desk: str, rasa: str, secret: str, turns: int, text: str) -> dict[str, float]:
    """Milliseconds: p50 of both ways and of the difference of neighbouring turns, and its p95."""
    async with aiohttp.ClientSession() as client:
        traveller, sender = Traveller(client, desk), uuid.uuid4().hex
        await traveller.open()
        pairs = []
        for number in range(turns + 5):
            pair = (await direct(client, rasa, secret, sender, text), await traveller.ask(text))
            if number >= 5:
                pairs.append(pair)
            await asyncio.sleep(0.01)
    added = sorted(through - alone for alone, through in pairs)
    return {
        "direct_p50": 1000 * statistics.median(alone for alone, _ in pairs),
        "desk_p50": 1000 * statistics.median(through for _, through in pairs),
        "added_p50": 1000 * statistics.median(added),
        "added_p95": 1000 * added[int(0.95 * len(added))],
    }


def main() -> None:
    """Measure the stack that the settings name."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--turns", type=int, default=10, help="more than CHAT_RATE allows at once needs a higher rate")
    parser.add_argument("--text", default="hello")
    given = parser.parse_args()
    conf = settings()
    result = asyncio.run(measure(conf.public_url, conf.rasa_url, conf.secret("engine"), given.turns, given.text))
    print(json.dumps({name: round(value, 2) for name, value in result.items()}, indent=1))


if __name__ == "__main__":
    main()
