"""What the desk adds to a message: the way through chat API, store and event stream against calling Rasa directly.

`python bench/desk_overhead.py` starts a stack of its own with databases in a temporary folder. All ways are taken in
turn, so that the machine's mood strikes them alike; each way has its own conversation and says the same things. A
conversation is left after some turns, since Rasa takes longer the more was said.

Rasa is asked through its own REST channel and through the desk's channel, both until the turn is stored, and through
the desk's channel until the answer is there, which is what the desk shows.
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

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.support.running_stack import running_stack

WARM_UP, PER_CONVERSATION = 5, 20  # turns
PAUSE = 0.03  # seconds in which what is done after an answer ends
DIRECT = ("desk channel", "desk channel, first line", "rest channel")
LIMITS = {"CHAT_RATE": "100000", "ADDRESS_RATE": "10000000"}


class Rasa:
    """Calls one of Rasa's channels."""

    def __init__(self, client: aiohttp.ClientSession, rasa: str, secret: str, way: str) -> None:
        self._client = client
        self._channel = f"{rasa}/webhooks/{'rest' if way == 'rest channel' else 'desk'}/webhook"
        self._headers = {"X-Engine-Secret": secret}
        if way == "desk channel, first line":
            self._headers["Accept"] = "application/x-ndjson"
        self._sender = uuid.uuid4().hex

    async def ask(self, text: str) -> float:
        """Seconds of one turn, or until its first line."""
        body = {
            "sender": self._sender,
            "text": text,
            "message": text,  # the REST channel's name for it
            "message_id": uuid.uuid4().hex,
            "metadata": {"payload": False, "channel": "web", "locale": "en"},
        }
        began = time.perf_counter()
        async with self._client.post(self._channel, json=body, headers=self._headers) as response:
            response.raise_for_status()
            json.loads(await response.content.readline())
            took = time.perf_counter() - began
            await response.read()
        return took


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
    """Milliseconds: quantiles of each way, and of the desk's difference to a direct one of the same turn."""
    took: dict[str, list[float]] = {way: [] for way in ("desk", *DIRECT)}
    async with aiohttp.ClientSession(read_bufsize=2**20) as client:
        while len(took["desk"]) < turns:
            traveller = Traveller(client, desk)
            await traveller.open()
            ways: dict[str, Traveller | Rasa] = {
                "desk": traveller,
                **{way: Rasa(client, rasa, secret, way) for way in DIRECT},
            }
            for number in range(WARM_UP + PER_CONVERSATION):
                names = list(ways)
                first = number % len(names)  # whoever comes second finds the processor's caches warm
                for name in names[first:] + names[:first]:
                    seconds = await ways[name].ask(text)
                    if number >= WARM_UP:
                        took[name].append(1000 * seconds)
                    await asyncio.sleep(PAUSE)
            traveller.close()
    result: dict[str, float] = {"turns": len(took["desk"])}
    for way, times in took.items():
        result |= {f"{way} p50": median(times), f"{way} p95": quantiles(times, n=20)[18]}
    for way in DIRECT:
        result[f"desk over {way} p50"] = median(took["desk"]) - median(took[way])
    return result


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
