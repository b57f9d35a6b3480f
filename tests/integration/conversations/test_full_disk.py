"""A full disk refuses messages for as long as it is full, and nothing has to be done when there is space again."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.support.chat_client import ChatClient
from tests.support.requirements import missing
from tests.support.waiting import eventually

StartDesk = Callable[..., Awaitable[Any]]
MEGABYTES = 3


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of a few megabytes."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={MEGABYTES}m", "tmpfs", str(folder)]
    if os.getuid() != 0 or subprocess.run(mount, capture_output=True).returncode != 0:
        missing("a small file system can only be mounted by root")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def fill(folder: Path) -> Path:
    """Take all the space that is left."""
    filler = folder / "filler"
    with filler.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(b"x" * 4096)
        except OSError:
            return filler


async def readiness(http: aiohttp.ClientSession, desk: Any) -> tuple[int, Any]:
    async with http.get(f"{desk.url}/readyz") as response:
        return response.status, (await response.json())["parts"]


async def test_after_space_is_back_the_next_message_goes_through(
    start_desk: StartDesk, http: aiohttp.ClientSession, small_disk: Path
) -> None:
    desk = await start_desk(DESK_DATABASE_URL=f"sqlite:///{small_disk}/desk.db")
    traveller = ChatClient(http, desk.url)
    await traveller.open(locale="en")
    await traveller.ask("before")
    filler = fill(small_disk)
    statuses, number = [], 0
    while statuses.count(503) < 3:  # a few still fit into pages that are there
        status, body = await traveller.post(id=f"m{number}", text=f"{number} " + "x" * 900)
        assert status in (202, 503), body
        statuses.append(status)
        number += 1
        assert number < 200
    status, parts = await readiness(http, desk)
    assert (status, parts["desk_database"]) == (503, "failing")
    filler.unlink()
    status, body = await traveller.post(id="after", text="after")
    assert status == 202, body
    await traveller.until(lambda event: event["text"] == "echo after", seconds=20)
    # what was acknowledged is answered, what was refused was not stored
    stored = [event["text"] for event in traveller.events if event["from"] == "traveller"]
    answers = [event["text"] for event in traveller.events if event["from"] == "assistant"]
    assert len(stored) == statuses.count(202) + 2
    assert answers == [f"echo {text}" for text in stored]

    async def ready() -> bool:
        return (await readiness(http, desk))[1]["desk_database"] == "ok"

    await eventually(ready)
