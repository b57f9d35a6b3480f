"""Trains one candidate at a time in a process beside the desk, and keeps its log; a stopped desk leaves no orphan."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import signal
import sys
from asyncio.subprocess import PIPE, STDOUT
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from aiohttp import web
from sqlalchemy.engine import Engine
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from aftercare.base.database import utc_now
from aftercare.base.settings import ROOT
from aftercare.conversations.worker import Worker
from aftercare.staff.teaching import checks, conversation_tests, models
from aftercare.staff.teaching.checks import Busy
from aftercare.staff.teaching.examples import Draft
from aftercare.staff.teaching.models import Model
from aftercare.staff.teaching.tables import model
from aftercare.staff.teaching.turn_examples import TurnDraft
from aftercare.training.train import environment

log = logging.getLogger(__name__)

HEARTBEAT_SECONDS = 5.0  # seconds between two signs of life
STAGES = ("check", "train", "compare")  # of a training (aftercare.training.candidate)
ENDS_WITHIN = 30.0  # seconds a stack is given to stop


@dataclass
class Progress:
    """How far the work of this desk is; `lines` are the last ones of the log, the rest counts conversation tests."""

    model_id: int
    stage: str = STAGES[0]
    lines: deque[str] = field(default_factory=lambda: deque(maxlen=12))
    played: int = 0
    total: int = 0
    failed: list[str] = field(default_factory=list)
    cancelled: bool = False

    def read(self, line: str) -> None:
        """Take in a line of what runs: `@ STAGE`, `# {counts}`, or one for the log."""
        if line.startswith("@ "):
            self.stage = line[2:]
        elif line.startswith("# {"):
            counts = json.loads(line[2:])
            self.played, self.total, self.failed = counts["played"], counts["total"], counts["failed"]
        elif line:
            self.lines.append(line)


class Trainer:
    """Trains and checks the models of this desk, one at a time."""

    def __init__(self, database: Engine, worker: Worker, var_dir: Path) -> None:
        self._database = database
        self._worker = worker
        self._folder = var_dir / "training"
        self._starting = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None
        self._process: asyncio.subprocess.Process | None = None
        self._signal = signal.SIGKILL
        self.progress: Progress | None = None
        self.stopping = False  # the desk stops
        # each is followed by the folder of the job
        self.command = [sys.executable, "-W", "ignore", "-m", "aftercare.training.candidate"]
        self.check_command = [sys.executable, "-W", "ignore", "-m", "aftercare.training.conversations"]

    @property
    def busy(self) -> bool:
        """Whether this desk trains or checks a model now."""
        return self._task is not None and not self._task.done()

    def log_path(self, name: str, of: str = "log") -> Path:
        """What a model's training said, or the `conversations` played with it."""
        return self._folder / name / f"{of}.txt"

    async def start(
        self, sentences: Draft, turns: TurnDraft, messages: Sequence[tuple[str, str]], by: str, now: datetime
    ) -> Model:
        """Begin to train a candidate of the present data and what is drafted; `messages` are (text, language).

        Where the conversation tests are installed, the quick ones are played with it afterwards.

        Raises:
            Busy: this desk or another one is at it.
        """
        async with self._starting:
            if self.busy:
                raise Busy
            await self._worker.run(sweep, self._database, now)
            current = await self._worker.run(models.note_active, self._database, now)
            name = f"candidate-{now:%Y%m%d-%H%M%S}"
            job = {
                "name": name,
                "reviewed": sentences.texts,
                "turns": turns.texts,
                "sentences": [[each.text, each.language, each.intent] for each in sentences.added],
                "taught": len({each.id for each in sentences.added} | {each.id for each in turns.added}),
                "messages": [list(each) for each in messages],
                "current": current.file if current else None,
            }
            made = await self._worker.run(_enter, self._database, job, by, now)
            folder = self._folder / name
            await asyncio.to_thread(_write_job, folder / "job.json", job)
            self.progress = Progress(made.id)
            self._task = asyncio.get_running_loop().create_task(self._make(made, by, self.progress))
        return made

    async def check(self, candidate: Model, part: str, by: str, now: datetime) -> None:
        """Begin to play conversation tests (a folder, the quick ones or all) against a model on a stack of its own.

        Raises:
            Busy: this desk or another one trains or checks already.
        """
        async with self._starting:
            if self.busy:
                raise Busy
            await self._worker.run(sweep, self._database, now)
            number = await self._worker.run(checks.start, self._database, candidate.id, part, by, now)
            self.progress = Progress(candidate.id, "conversations")
            self._task = asyncio.get_running_loop().create_task(self._play(candidate, part, number, self.progress))

    async def cancel(self, model_id: int) -> bool:
        """End the work on a model; whether there was any here."""
        if not self.busy or self.progress is None or self.progress.model_id != model_id:
            return False
        self.progress.cancelled = True
        self._end()
        assert self._task is not None
        await asyncio.wait([self._task])
        return True

    async def stop(self) -> None:
        """End the work because the desk stops: it is marked as interrupted."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def _end(self) -> None:
        if self._process is not None and self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, self._signal)

    async def _make(self, made: Model, by: str, progress: Progress) -> None:
        if not await self._train(made, progress) or progress.cancelled or not conversation_tests.installed():
            return
        quick = conversation_tests.QUICK
        try:
            number = await self._worker.run(checks.start, self._database, made.id, quick, by, utc_now())
        except Busy:  # another desk is at it: somebody can begin it by hand
            return
        await self._play(made, quick, number, progress)

    async def _train(self, made: Model, progress: Progress) -> bool:
        folder = self._folder / made.name
        heartbeats = asyncio.get_running_loop().create_task(self._send_heartbeats(_heartbeat, made.id))
        result: dict[str, Any] | None = None
        state = "interrupted"
        try:
            self._signal = signal.SIGKILL
            if await self._run([*self.command, str(folder)], self.log_path(made.name), progress) == 0:
                result = json.loads(await asyncio.to_thread((folder / "result.json").read_text, "utf-8"))
            state = "ready" if result is not None else "cancelled" if progress.cancelled else "failed"
        except Exception:
            log.exception("A training broke off")
            state = "failed"
        finally:
            heartbeats.cancel()
            await self._worker.run(_finish, self._database, made.id, state, result, utc_now())
        await self._worker.run(models.forget_old, self._database)
        return state == "ready"

    async def _play(self, candidate: Model, part: str, number: int, progress: Progress) -> None:
        folder = self._folder / candidate.name
        heartbeats = asyncio.get_running_loop().create_task(self._send_heartbeats(checks.heartbeat, number))
        result: dict[str, Any] | None = None
        state = "interrupted"
        try:
            current = await self._worker.run(models.note_active, self._database, utc_now())
            base = str(current.path) if current and current.id != candidate.id else None
            chosen = sorted(conversation_tests.quick()) if part == conversation_tests.QUICK else []
            job = {"model": str(candidate.path), "part": part, "chosen": chosen, "base": base}
            await asyncio.to_thread(_write_job, folder / "check.json", job)
            self._signal = signal.SIGTERM  # it stops its stack
            if (
                await self._run(
                    [*self.check_command, str(folder)], self.log_path(candidate.name, "conversations"), progress
                )
                == 0
            ):
                result = json.loads(await asyncio.to_thread((folder / "check-result.json").read_text, "utf-8"))
            state = "done" if result is not None else "cancelled" if progress.cancelled else "failed"
        except Exception:
            log.exception("Conversation tests broke off")
            state = "failed"
        finally:
            heartbeats.cancel()
            await self._worker.run(checks.finish, self._database, number, state, result, utc_now())

    async def _run(self, command: list[str], log_file: Path, progress: Progress) -> int:
        """Run a command with its output going to the log; its exit status."""
        if progress.cancelled:
            return -1
        self._process = await asyncio.create_subprocess_exec(
            *command, cwd=ROOT, env=environment(), stdin=PIPE, stdout=PIPE, stderr=STDOUT,
            start_new_session=True, limit=1 << 20,
        )  # fmt: skip
        assert self._process.stdout is not None
        try:
            with log_file.open("w", encoding="utf-8") as kept:
                async for raw in self._process.stdout:
                    line = raw.decode(errors="replace").rstrip()
                    progress.read(line)
                    kept.write(line + "\n")
                    kept.flush()
            return await self._process.wait()
        finally:
            self._end()
            try:
                await asyncio.wait_for(self._process.wait(), ENDS_WITHIN)
            except TimeoutError:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(self._process.pid, signal.SIGKILL)
                await self._process.wait()

    async def _send_heartbeats(self, sign: Callable[[Engine, int, datetime], None], number: int) -> None:
        while True:
            try:
                await self._worker.run(sign, self._database, number, utc_now())
            except SQLAlchemyError as error:
                log.warning("A sign of life of the work on a model was not stored: %s", type(error).__name__)
            await asyncio.sleep(HEARTBEAT_SECONDS)


TRAINER = web.AppKey("trainer", Trainer)


def sweep(database: Engine, now: datetime) -> None:
    """Mark work without a sign of life as interrupted: its desk was killed, and it ended with it."""
    checks.sweep(database, now)
    with database.begin() as connection:
        connection.execute(
            sa.update(model)
            .where(model.c.state == "training", model.c.beat_at < now - checks.LOST_AFTER)
            .values(state="interrupted", finished_at=now)
        )


def _enter(database: Engine, job: dict[str, Any], by: str, now: datetime) -> Model:
    file = f"candidates/{job['name']}.tar.gz"
    try:
        with database.begin() as connection:
            if checks.running(connection):
                raise Busy
            connection.execute(
                sa.insert(model).values(
                    file=file, state="training", made_by=by, started_at=now, sentences=job["taught"], fits=[],
                    base=job["current"], beat_at=now,
                )
            )  # fmt: skip
    except IntegrityError:
        raise Busy from None
    made = models.by_file(database, file)
    assert made is not None
    return made


def _write_job(path: Path, job: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(job, ensure_ascii=False), encoding="utf-8")


def _heartbeat(database: Engine, model_id: int, now: datetime) -> None:
    with database.begin() as connection:
        connection.execute(sa.update(model).where(model.c.id == model_id).values(beat_at=now))


def _finish(database: Engine, model_id: int, state: str, result: dict[str, Any] | None, now: datetime) -> None:
    values = {"state": state, "result": result, "finished_at": now}
    if result is not None:
        values["fits"] = result.pop("fits")
    with database.begin() as connection:
        connection.execute(sa.update(model).where(model.c.id == model_id).values(**values))
