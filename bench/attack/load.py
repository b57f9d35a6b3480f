"""Attacks on what the desk has little of: connections, places in the line, memory, disk; and on its parsers."""

from __future__ import annotations

import asyncio
import contextlib
import io
import random
import socket
import time
import zlib
from urllib.parse import urlsplit

import aiohttp
from PIL import Image

from aftercare.conversations.limits import Rate, TooMany
from bench.attack.target import Outcome, Target, Traveller


async def silent_connections(target: Target) -> Outcome:
    """Connections that never say anything. All come from this machine, whose proxy is believed: only time ends them."""
    address, held = urlsplit(target.desk), []
    for _ in range(1200):
        with contextlib.suppress(OSError):
            connection = socket.create_connection((address.hostname or "", address.port or 0), timeout=5)
            connection.setblocking(False)
            held.append(connection)
    answered = await Traveller(target, "203.0.113.120").open() == 201
    await asyncio.sleep(15)
    ended = 0
    for connection in held:
        with contextlib.suppress(BlockingIOError):
            try:
                ended += connection.recv(1) == b""
            except ConnectionError:
                ended += 1
        connection.close()
    note = f"{ended} of {len(held)} were ended within 15 s; a traveller {'got' if answered else 'DID NOT GET'} in"
    return Outcome("silent connections", len(held), ended, 0, note)


async def many_addresses(_target: Target) -> Outcome:
    """The table of the rate limiter with many keys, in this process."""
    rate, refused = Rate(3000, burst=1500), 0
    for key in range(30_000):
        rate.take(str(key))
    began = time.monotonic()
    for turn in range(20_000):
        try:
            rate.take("one")
        except TooMany:
            refused += 1
        if turn % 4 == 0:
            rate.take(f"more {turn}")
    per_second = 25_000 / (time.monotonic() - began)
    return Outcome("rate limiter with 30,000 keys", 25_000, refused, 0, f"{per_second:,.0f} requests/s")


async def handoffs(target: Target) -> Outcome:
    """Requests for a person from one address, each in a conversation of its own."""

    async def one() -> str:
        traveller = Traveller(target, "203.0.113.130")
        await traveller.open()
        return await traveller.ask("let me talk to a human agent please")

    answers = await asyncio.gather(*(one() for _ in range(30)))
    queued = sum("ticket" in answer.lower() and "network" not in answer for answer in answers)
    return Outcome("requests for a person from one address", 30, 30 - queued, 0, f"{queued} tickets and places in line")


def _png(size: tuple[int, int]) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", size, (9, 120, 90)).save(buffer, "PNG")
    return buffer.getvalue()


def _noise() -> bytes:
    buffer = io.BytesIO()
    small = Image.frombytes("RGB", (500, 400), random.Random(7).randbytes(600_000))
    small.resize((2000, 1600)).save(buffer, "WEBP", quality=20)
    return buffer.getvalue()


async def pictures(target: Target) -> Outcome:
    """Small files that unfold to hundreds of megabytes, and ones that grow when they are kept."""
    bomb, large, noise = _png((12_000, 12_000)), _png((4000, 3000)), _noise()
    uploads = [bomb] * 12 + [large] * 6 + [noise] * 6

    async def upload(number: int, raw: bytes) -> int:
        url = f"{target.desk}/api/chat/pictures?id=p{number}"
        with contextlib.suppress(aiohttp.ClientError, TimeoutError):
            async with target.http.post(url, data=raw, headers=traveller.headers) as response:
                return response.status
        return 0

    traveller = Traveller(target, "203.0.113.140")
    await traveller.open()
    statuses = await asyncio.gather(*(upload(number, raw) for number, raw in enumerate(uploads)))
    kept = statuses.count(202)
    note = (
        f"{len(bomb) // 1024} KB of 144 megapixels, 12 megapixels, noise: {kept} kept, others {sorted(set(statuses))}"
    )
    return Outcome("pictures at once", len(uploads), sum(400 <= s < 500 for s in statuses), 0, note)


async def malformed(target: Target) -> Outcome:
    """Requests that no browser sends."""
    traveller = Traveller(target, "203.0.113.150")
    await traveller.open()
    json_type, token = {"Content-Type": "application/json"}, traveller.headers
    surrogate = b'{"id": "a", "text": "\\ud800"}'
    tries: list[tuple[str, str, dict[str, str], bytes | None]] = [
        ("POST", "/api/chat/sessions", {"Origin": "http://["}, b"{}"),
        ("GET", "/desk/login", {"Origin": "http://["}, None),
        ("POST", "/desk/login", {"Origin": "http://["}, b"a=b"),
        ("POST", "/api/chat/sessions", {"Content-Encoding": "deflate", **json_type}, b"\x00not deflate"),
        ("POST", "/api/chat/sessions", {"Content-Encoding": "gzip", **json_type}, zlib.compress(b"{}")),
        ("POST", "/api/chat/messages", {**json_type, **token}, surrogate),
        ("POST", "/api/chat/sessions", json_type, b'{"identity": "\\ud800"}'),
        ("POST", "/api/chat/sessions", json_type, b'{"resume": "\\udfff"}'),
        ("POST", "/api/chat/sessions", json_type, b'{"locale": "\\ud800"}'),
        ("POST", "/api/chat/sessions", json_type, b"[" * 50_000),
        ("POST", "/api/chat/sessions", json_type, b'{"locale": ' + b"9" * 5000 + b"}"),
        ("POST", "/api/chat/rating", {**json_type, **token}, b'{"score": 1e400}'),
        ("GET", "/api/chat/events?after=99999999999999999999", token, None),
        ("GET", "/api/chat/conversation?zone=../../etc/passwd", token, None),
        ("GET", "/api/chat/conversation?format=page&zone=A", token, None),
        ("GET", "/desk/audit?first=0001-01-01&last=9999-12-31", {}, None),
        ("GET", "/desk/analytics?from=0001-01-01&to=9999-12-31", {}, None),
        ("GET", "/media/%00", {}, None),
        ("GET", "/media/" + "x" * 7000, {}, None),
        ("GET", "/desk/people/99999999999999999999", {}, None),
    ]
    statuses = []
    for method, path, headers, body in tries:
        async with target.http.request(method, target.desk + path, headers=headers, data=body) as response:
            statuses.append(response.status)
    faults = [f"{tries[n][0]} {tries[n][1][:40]}" for n, status in enumerate(statuses) if status >= 500]
    note = "none answered with 5xx" if not faults else "5xx: " + "; ".join(faults)
    return Outcome("malformed requests", len(tries), sum(400 <= s < 500 for s in statuses), 0, note)
