"""What the desk adds to a message: the way through chat API, store and event stream against calling Rasa directly.

`python bench/desk_overhead.py` starts a stack of its own with databases in a temporary folder. Both ways are taken in
turn, so that the machine's mood strikes them alike; each way has its own conversation and says the same things. A
conversation is left after some turns, since Rasa takes longer the more was said.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
import time
import uuid
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import aiohttp

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from running_stack import running_stack

WARM_UP, PER_CONVERSATION = 5, 20  # turns
LIMITS = {"CHAT_RATE": "100000", "ADDRESS_RATE": "10000000"}


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

    def close(self) -> None:
        """End the event stream."""
        if self._stream is not None:
            self._stream.close()

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
    """Milliseconds: quantiles of both ways, and of the difference of neighbouring turns."""
    pairs: list[tuple[float, float]] = []
    async with aiohttp.ClientSession() as client:
        while len(pairs) < turns:
            traveller, sender = Traveller(client, desk), uuid.uuid4().hex
            await traveller.open()
            for number in range(WARM_UP + PER_CONVERSATION):
                if number % 2:  # whoever comes second finds the processor's caches warm
                    through, alone = await traveller.ask(text), await direct(client, rasa, secret, sender, text)
                else:
                    alone, through = await direct(client, rasa, secret, sender, text), await traveller.ask(text)
                if number >= WARM_UP:
                    pairs.append((alone, through))
                await asyncio.sleep(0.01)
            traveller.close()
    alone = [1000 * pair[0] for pair in pairs]
    through = [1000 * pair[1] for pair in pairs]
    added = [1000 * (pair[1] - pair[0]) for pair in pairs]
    return {
        "turns": len(pairs),
        "direct p50": median(alone),
        "desk p50": median(through),
        "difference of the p50": median(through) - median(alone),
        "added p50": median(added),
        "added p95": quantiles(added, n=20)[18],
        "ratio of the p50": median(through) / median(alone),
    }


def main() -> None:
    """Measure a stack of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--turns", type=int, default=200)
    parser.add_argument("--text", default="hello")
    given = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="aftercare-overhead-") as folder,
        running_stack(Path(folder), **LIMITS) as stack,
    ):
        secret = stack.secret("engine")
        result = asyncio.run(measure(stack.desk_url, stack.rasa_url, secret, given.turns, given.text))
    print(json.dumps({name: round(value, 2) for name, value in result.items()}, indent=1))


if __name__ == "__main__":
    main()
