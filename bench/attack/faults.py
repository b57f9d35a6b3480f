"""Faults of one stack: killed, hung and locked parts, while travellers write."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp

from bench.attack.fault_traveller import Writer
from bench.attack.target import ROOT, Outcome, Target, free_port, process_of

MODULES = ("aftercare.run.rasa", "aftercare.run.actions", "aftercare.run.desk")
_TRAVELLERS = 6
_ASKING = 21
_ABOUT_THE_ORDER = ("how much data is left", "when does my plan end", "is my order paid")


async def killed(target: Target) -> Outcome:
    """SIGKILL of each part in turn."""
    return await _while_they_write(target, "killed rasa, actions, desk", MODULES, signal.SIGKILL)


async def hung(target: Target) -> Outcome:
    """SIGSTOP of each part in turn: the launcher has to notice it."""
    return await _while_they_write(target, "hung rasa, actions, desk (SIGSTOP)", MODULES, signal.SIGSTOP)


async def _while_they_write(target: Target, name: str, modules: tuple[str, ...], number: int) -> Outcome:
    """Send the signal to each of the processes while travellers write, and wait until all is well again."""
    writers = [Writer(target.http, [target.desk], n) for n in range(_TRAVELLERS)]
    seconds: dict[str, float] = {}
    for writer in writers:
        await writer.open()
    for module in modules:
        writing = asyncio.gather(*(writer.write(4) for writer in writers))
        await asyncio.sleep(1)
        os.kill(process_of(target.process.pid, module), number)
        began = time.monotonic()
        await _recovered(target, began)
        seconds[module.rpartition(".")[2]] = time.monotonic() - began
        await writing
    each = ", ".join(f"{part} {took:.1f} s" for part, took in seconds.items())
    note = f"{each}; load average {os.getloadavg()[0]:.0f}"
    return await outcome_of(name, writers, max(seconds.values()), _database(target), note=note)


async def _recovered(target: Target, began: float) -> None:
    """Until the fault has shown and every part answers again."""
    shown = False
    while time.monotonic() - began < 120:
        try:
            async with target.http.get(f"{target.desk}/readyz", timeout=aiohttp.ClientTimeout(total=5)) as response:
                if response.status == 200 and (shown or time.monotonic() - began > 3):
                    return
                shown = shown or response.status != 200
        except (aiohttp.ClientError, TimeoutError):
            shown = True
        await asyncio.sleep(0.2)
    raise TimeoutError("the stack did not recover by itself")


async def outcome_of(
    name: str, writers: list[Writer], recovery: float, database: str, refused: int = 0, note: str = ""
) -> Outcome:
    """What came of all that was acknowledged."""
    told = [await each.told(database) for each in writers]
    sent = sum(each.sent for each in told)
    lost, doubled = (sum(getattr(each, kind) for each in told) for kind in ("lost", "doubled"))
    return Outcome(name, sent, refused, 0, note, lost=lost, doubled=doubled, recovery=recovery)


async def orders_locked(target: Target) -> Outcome:
    """The order database locked for eight seconds, while travellers ask about their order."""
    database = _database(target)
    writers = [Writer(target.http, [target.desk], n) for n in range(_ASKING)]
    for each in writers:
        await each.open()
        await each.say("where is my order NZ10000003 emma@example.com")
    for each in writers:
        await each.answered(database)
    *asking, probe = writers
    lock = sqlite3.connect(target.var / "orders.db", isolation_level=None)
    lock.execute("BEGIN IMMEDIATE")
    try:
        await asyncio.gather(*(each.say(text) for each in asking for text in _ABOUT_THE_ORDER))
        await asyncio.sleep(8)
    finally:
        lock.execute("ROLLBACK")
        lock.close()
    began = time.monotonic()
    await probe.say("how much data is left")
    await probe.answered(database)
    recovery = time.monotonic() - began
    answers = [said for each in writers for said in (await each.told(database)).answers[1:]]
    asked_again = sum("order number" in said for said in answers)
    note = f"{asked_again} were asked for their order number again"
    return await outcome_of("order database locked for 8 s", writers, recovery, database, note=note)


async def two_starts(_target: Target) -> Outcome:
    """Four programs that make and fill the same new databases at once."""
    with tempfile.TemporaryDirectory(prefix="aftercare-starts-") as folder:
        environment = {**os.environ, "AFTERCARE_VAR": folder}
        command = [sys.executable, "-m", "aftercare.run.cli", "seed"]
        starts = [
            await asyncio.create_subprocess_exec(
                *command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
            )
            for _ in range(4)
        ]
        said = [(await each.communicate())[0].decode() for each in starts]
    failed = [text for each, text in zip(starts, said, strict=True) if each.returncode]
    return Outcome("four starts at once on new databases", 4, 0, 0, f"{len(failed)} failed", lost=len(failed))


async def full_disk(target: Target) -> Outcome:
    """A desk of its own whose database fills a small file system; needs root to mount it."""
    with tempfile.TemporaryDirectory(prefix="aftercare-disk-") as folder:
        mount = ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", folder]
        if os.getuid() != 0 or subprocess.run(mount, capture_output=True).returncode:
            return Outcome("full disk", 0, 0, 0, "skipped: only root can mount a small file system")
        try:
            database = f"sqlite:///{folder}/desk.db"
            async with _desk(target, DESK_DATABASE_URL=database) as desk:
                writer = Writer(target.http, [desk], 0)
                await writer.open()
                await writer.write(2)
                filler = Path(folder, "filler")
                _fill(filler)
                refused = 0
                for _ in range(60):
                    refused += not await writer.try_to_say("what is an eSIM? " + "x" * 900)
                filler.unlink()
                began = time.monotonic()
                await writer.write(1)
                await writer.answered(database)
                recovery = time.monotonic() - began
                return await outcome_of("full disk", [writer], recovery, database, refused)
        finally:
            subprocess.run(["umount", "-l", folder], check=False)


def _fill(filler: Path) -> None:
    with filler.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(b"x" * 4096)


def _database(target: Target) -> str:
    return f"sqlite:///{target.var}/desk.db"


@asynccontextmanager
async def _desk(target: Target, **own: str) -> AsyncIterator[str]:
    """A second desk in front of the same Rasa; its address."""
    port = free_port()
    environment = {**target.environment, **own, "DESK_PORT": str(port), "RASA_URL": target.rasa}
    environment["ACTIONS_URL"] = target.actions
    process = subprocess.Popen(
        [sys.executable, "-m", "aftercare.run.desk"], cwd=ROOT, env=environment,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        url = f"http://127.0.0.1:{port}"
        for _ in range(600):
            with contextlib.suppress(aiohttp.ClientError):
                async with target.http.get(f"{url}/healthz"):
                    break
            await asyncio.sleep(0.1)
        yield url
    finally:
        process.terminate()
        process.wait(30)


FAULTS: tuple[Callable[[Target], Awaitable[Outcome]], ...] = (killed, hung, orders_locked, full_disk, two_starts)
