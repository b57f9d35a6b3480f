"""The desk as operators meet it: its start, its stop, and PostgreSQL behind it."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.support.chat_client import ChatClient

ROOT = Path(__file__).parents[3]


def start(var: Path, **environment: Any) -> subprocess.Popen[str]:
    variables = os.environ | {"AFTERCARE_VAR": str(var)}
    variables |= {name: str(value) for name, value in environment.items()}
    return subprocess.Popen(
        [sys.executable, "-m", "aftercare.run.desk"], cwd=ROOT, env=variables, text=True, stderr=subprocess.PIPE
    )


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({"DESK_DATABASE_URL": "postgresql://me:hush@127.0.0.1:9/desk"}, "DESK_DATABASE_URL"),
        ({"DESK_PORT": "many"}, "DESK_PORT"),
    ],
)
def test_what_the_operator_can_put_right_is_said_in_one_line(
    tmp_path: Path, environment: dict[str, str], words: str
) -> None:
    process = start(tmp_path, **{"DESK_PORT": "0", **environment})
    _, said = process.communicate(timeout=60)
    assert process.returncode == 1
    assert words in said
    assert "Traceback" not in said
    assert "hush" not in said


def test_a_taken_port_is_said(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        _, said = start(tmp_path, DESK_PORT=port).communicate(timeout=60)
    assert f"127.0.0.1:{port}" in said
    assert "Traceback" not in said


async def test_it_stops_at_once_although_streams_are_open(tmp_path: Path, http: aiohttp.ClientSession) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = start(tmp_path, DESK_PORT=port, RASA_URL="http://127.0.0.1:9")
    try:
        client = ChatClient(http, f"http://127.0.0.1:{port}")
        for _ in range(300):
            try:
                await client.open()
                break
            except aiohttp.ClientError:
                await asyncio.sleep(0.1)
        stream = await http.get(f"{client.base}/api/chat/events", headers=client.headers)
        await client.say("hello")
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        _, said = await asyncio.to_thread(process.communicate, timeout=30)
        assert time.monotonic() - began < 6
        assert process.returncode == 0, said
        stream.close()
    finally:
        process.kill()


async def test_the_chat_works_on_postgresql(
    start_desk: Callable[..., Awaitable[Any]], http: aiohttp.ClientSession, postgres_url: str
) -> None:
    desk = await start_desk(DESK_DATABASE_URL=postgres_url)
    clients = [ChatClient(http, desk.url) for _ in range(5)]
    for client in clients:
        await client.open()

    async def talk(client: ChatClient) -> None:
        for number in range(6):
            await asyncio.gather(*(client.post(id=str(number), text=f"text {number}") for _ in range(3)))
        await client.until(lambda e: e["text"] == "echo text 5")
        assert [e["text"] for e in client.events if e["from"] == "assistant"] == [f"echo text {n}" for n in range(6)]
        assert [e["seq"] for e in client.events] == list(range(1, 13))

    await asyncio.gather(*(talk(client) for client in clients))
