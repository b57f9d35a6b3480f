"""Two desks, two Rasa servers and two action servers on PostgreSQL and Redis; one of each dies for good."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import secrets
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import sqlalchemy as sa

from aftercare.base.settings import SECRETS
from bench.attack.fault_traveller import Writer
from bench.attack.faults import outcome_of
from bench.attack.target import ROOT, Outcome, Target, free_port
from tests.support.postgres_server import postgres_server
from tests.support.rabbit_server import redis_server

CONVERSATIONS = int(os.environ.get("ATTACK_CONVERSATIONS", "300"))
MESSAGES = 8
AT_ONCE = 24


async def several_desks(target: Target) -> Outcome:
    """300 conversations of eight messages that alternate between the desks; one desk and one Rasa are killed midway."""
    async with _cluster(target) as (desks, processes, server):
        desk_url, tracker_url = f"{server}/desk", f"{server}/tracker"
        writers = [Writer(target.http, desks, number) for number in range(CONVERSATIONS)]
        places, midway = asyncio.Semaphore(AT_ONCE), asyncio.Event()
        done = 0

        async def talk(writer: Writer) -> None:
            nonlocal done
            async with places:
                await writer.open()
                await writer.write(MESSAGES)
                await writer.answered(desk_url, 300)
                done += 1
                if done >= CONVERSATIONS // 3:
                    midway.set()

        talking = asyncio.gather(*map(talk, writers))
        await midway.wait()
        for name in ("desk-0", "rasa-0"):
            processes[name].send_signal(signal.SIGKILL)
        began = time.monotonic()
        probe = Writer(target.http, desks[1:], CONVERSATIONS)
        await probe.open()
        await probe.say("what is an eSIM?")
        await probe.answered(desk_url)
        recovery = time.monotonic() - began
        for each in writers:
            each.desks = desks[1:]
        await talking
        outcome = await outcome_of("two desks and rasas, one of each killed", writers, recovery, desk_url)
        twice = _turns_twice(tracker_url)
        return Outcome(
            outcome.attack,
            outcome.tries,
            0,
            0,
            f"{twice} turns twice",
            lost=outcome.lost,
            doubled=outcome.doubled + twice,
            recovery=recovery,
        )


def _turns_twice(url: str) -> int:
    """Messages of which Rasa has stored two turns."""
    engine = sa.create_engine(url)
    with engine.connect() as connection:
        rows = connection.execute(sa.text("SELECT data FROM events WHERE type_name = 'user'")).scalars()
        seen = Counter(json.loads(row).get("message_id") for row in rows)
    engine.dispose()
    return sum(number - 1 for number in seen.values())


@asynccontextmanager
async def _cluster(target: Target) -> AsyncIterator[tuple[list[str], dict[str, subprocess.Popen[bytes]], str]]:
    """The addresses of the desks, the processes by name, and the PostgreSQL server."""
    processes: dict[str, subprocess.Popen[bytes]] = {}
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(postgres_server())
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="aftercare-cluster-")))
        redis = stack.enter_context(redis_server(folder))
        engine = sa.create_engine(f"{server}/postgres", isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            for name in ("orders", "desk", "tracker"):
                connection.execute(sa.text(f"CREATE DATABASE {name}"))
        engine.dispose()
        shared = {**target.environment, "LOCK_STORE_URL": redis, "AFTERCARE_VAR": str(folder / "shared")}
        shared |= {f"{name.upper()}_SECRET": secrets.token_hex(20) for name in SECRETS}
        shared |= {f"{name.upper()}_DATABASE_URL": f"{server}/{name}" for name in ("orders", "desk", "tracker")}
        subprocess.run([sys.executable, "-m", "aftercare.run.cli", "seed"], cwd=ROOT, env=shared, check=True)
        ports = {name: [free_port(), free_port()] for name in ("ACTIONS_PORT", "RASA_PORT", "DESK_PORT")}
        rasas = [f"http://127.0.0.1:{port}" for port in ports["RASA_PORT"]]
        try:
            for number in range(2):
                own = {name: str(both[number]) for name, both in ports.items()}
                own |= {"AFTERCARE_VAR": str(folder / str(number)), "RASA_URL": rasas[number]}
                own |= {"ACTIONS_URL": f"http://127.0.0.1:{own['ACTIONS_PORT']}"}
                own |= {"RASA_FALLBACK_URLS": rasas[1 - number]}
                for part in ("actions", "rasa", "desk"):
                    model = [target.model] if part == "rasa" and target.model else []
                    with (folder / f"{part}-{number}.log").open("wb") as log:
                        processes[f"{part}-{number}"] = subprocess.Popen(
                            [sys.executable, "-m", f"aftercare.run.{part}", *model],
                            cwd=ROOT, env={**shared, **own}, stdout=log, stderr=log,
                        )  # fmt: skip
            desks = [f"http://127.0.0.1:{port}" for port in ports["DESK_PORT"]]
            for desk in desks:
                await _ready(target.http, desk, folder)
            yield desks, processes, server
        finally:
            for process in processes.values():
                process.terminate()
            for process in processes.values():
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(20)
                process.kill()


async def _ready(http: aiohttp.ClientSession, desk: str, folder: Path) -> None:
    end = time.monotonic() + 300
    while time.monotonic() < end:
        with contextlib.suppress(aiohttp.ClientError, TimeoutError):
            async with http.get(f"{desk}/readyz") as response:
                if response.status == 200:
                    return
        await asyncio.sleep(1)
    logs = "\n".join(f"{path.name}: {path.read_text()[-400:]}" for path in folder.glob("*.log"))
    raise SystemExit(f"{desk} is not ready\n{logs}")
