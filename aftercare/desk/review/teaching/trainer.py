"""Trains one candidate at a time in a process beside the desk, and keeps its log; a stopped desk leaves no orphan."""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import json
import logging
import os
import signal
import sys
from asyncio.subprocess import PIPE, STDOUT
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from aftercare.database import utc_now
from aftercare.desk.review.teaching import models
from aftercare.desk.review.teaching.items import Item
from aftercare.desk.review.teaching.models import Model
from aftercare.desk.review.teaching.sentences import Draft
from aftercare.desk.review.teaching.tables import model
from aftercare.desk.worker import Worker
from aftercare.settings import ROOT
from aftercare.training import environment

log = logging.getLogger(__name__)

BEAT = 5.0  # seconds between two signs of life
LOST_AFTER = timedelta(seconds=20)  # without a sign of life a training was interrupted
STAGES = ("check", "train", "measure", "compare")
CONVERSATIONS = ROOT / "tests" / "conversations"


class Busy(Exception):
    """Something is being trained or checked already."""


@dataclass
class Progress:
    """How far the work of this desk is; `lines` are the last ones of the log."""

    model_id: int
    stage: str = STAGES[0]
    lines: deque[str] = field(default_factory=lambda: deque(maxlen=12))
    cancelled: bool = False


class Trainer:
    """The one place of this desk where models are made and checked."""

    def __init__(self, database: Engine, worker: Worker, var_dir: Path) -> None:
        self._database = database
        self._worker = worker
        self._folder = var_dir / "training"
        self._task: asyncio.Task[None] | None = None
        self._process: asyncio.subprocess.Process | None = None
        self.progress: Progress | None = None
        # followed by the folder of the job
        self.command = [sys.executable, "-W", "ignore", "-m", "aftercare.evaluation.candidate"]

    @property
    def busy(self) -> bool:
        """Whether this desk trains or checks."""
        return self._task is not None and not self._task.done()

    def log_path(self, name: str) -> Path:
        """The log of a model's training."""
        return self._folder / name / "log.txt"

    async def start(
        self, draft: Draft, items: Sequence[Item], messages: Sequence[tuple[str, str]], by: str, now: datetime
    ) -> Model:
        """Begin to train a candidate of the present data and the drafted sentences; `messages` are (text, language).

        Raises:
            Busy: this desk or another one is at it.
        """
        if self.busy:
            raise Busy
        await self._worker.run(sweep, self._database, now)
        current = await self._worker.run(models.note_active, self._database, now)
        name = f"candidate-{now:%Y%m%d-%H%M%S}"
        job = {
            "name": name,
            "reviewed": draft.texts,
            "sentences": [[each.text, each.language, each.label] for each in items],
            "messages": [list(each) for each in messages],
            "current": current.file if current else None,
        }
        made = await self._worker.run(_enter, self._database, job, by, now)
        folder = self._folder / name
        await asyncio.to_thread(_write_job, folder, job)
        self.progress = Progress(made.id)
        self._task = asyncio.get_running_loop().create_task(self._train(folder, self.progress))
        return made

    async def check(self, candidate: Model, part: str) -> None:
        """Run the conversation tests of one folder, or all of them with "all", against a model of its own stack.

        Raises:
            Busy: this desk trains or checks already.
        """
        if self.busy:
            raise Busy
        self.progress = Progress(candidate.id, "conversations")
        self._task = asyncio.get_running_loop().create_task(self._converse(candidate, part, self.progress))

    async def cancel(self, model_id: int) -> bool:
        """End the work on a model; whether there was any here."""
        if not self.busy or self.progress is None or self.progress.model_id != model_id:
            return False
        self.progress.cancelled = True
        self._kill()
        assert self._task is not None
        await asyncio.wait([self._task])
        return True

    async def stop(self) -> None:
        """End the work because the desk stops: it is marked as interrupted."""
        if self._task is not None:
            self._kill()
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            await self._worker.run(_interrupt_own, self._database, self.progress.model_id if self.progress else 0)

    def _kill(self) -> None:
        if self._process is not None and self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)

    async def _train(self, folder: Path, progress: Progress) -> None:
        beating = asyncio.get_running_loop().create_task(self._beat(progress.model_id))
        result: dict[str, Any] | None = None
        try:
            code = await self._run([*self.command, str(folder)], folder / "log.txt", progress)
            if code == 0:
                result = json.loads(await asyncio.to_thread((folder / "result.json").read_text, "utf-8"))
        except asyncio.CancelledError:
            raise
        except Exception:
            log.exception("A training broke off")
        finally:
            beating.cancel()
        state = "ready" if result is not None else "cancelled" if progress.cancelled else "failed"
        await self._worker.run(_finish, self._database, progress.model_id, state, result, utc_now())
        await self._worker.run(models.forget_old, self._database)

    async def _run(self, command: list[str], log_file: Path, progress: Progress, **extra: str) -> int:
        """Run a command with its output going to the log; its exit status."""
        if progress.cancelled:
            return -1
        self._process = await asyncio.create_subprocess_exec(
            *command, cwd=ROOT, env={**environment(), **extra}, stdin=PIPE, stdout=PIPE, stderr=STDOUT,
            start_new_session=True, limit=1 << 20,
        )  # fmt: skip
        assert self._process.stdout is not None
        try:
            with log_file.open("w", encoding="utf-8") as kept:
                async for raw in self._process.stdout:
                    line = raw.decode(errors="replace").rstrip()
                    if line.startswith("@ "):
                        progress.stage = line[2:]
                    progress.lines.append(line)
                    kept.write(line + "\n")
                    kept.flush()
            return await self._process.wait()
        finally:
            self._kill()
            await self._process.wait()

    async def _beat(self, model_id: int) -> None:
        while True:
            try:
                await self._worker.run(_sign_of_life, self._database, model_id, utc_now())
            except SQLAlchemyError as error:
                log.warning("A sign of life of the training was not stored: %s", type(error).__name__)
            await asyncio.sleep(BEAT)

    async def _converse(self, candidate: Model, part: str, progress: Progress) -> None:
        folder = self._folder / candidate.name
        await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
        report = folder / "conversations.xml"
        report.unlink(missing_ok=True)
        command = conversation_tests(part, report)
        await self._run(command, folder / "conversations.txt", progress, CANDIDATE_MODEL=str(candidate.path))
        found = await asyncio.to_thread(_outcome, report)
        if found is not None and not progress.cancelled:
            checks = {**found, "part": part, "at": utc_now().isoformat()}
            await self._worker.run(_store_checks, self._database, candidate.id, checks)


def conversation_parts() -> list[str]:
    """The folders of conversation tests; none where tests are not installed."""
    if not CONVERSATIONS.is_dir() or importlib.util.find_spec("pytest") is None:
        return []
    return sorted(path.name for path in CONVERSATIONS.iterdir() if path.is_dir() and any(path.glob("*.yml")))


def conversation_tests(part: str, report: Path) -> list[str]:
    """The command that plays the scripts of a folder, or "all", and writes a JUnit report."""
    command = [sys.executable, "-W", "ignore", "-m", "pytest", "tests/conversations", f"--junitxml={report}"]
    return command if part == "all" else [*command, "-k", f"{part}:"]  # a script's name begins with its folder


def sweep(database: Engine, now: datetime) -> None:
    """Mark trainings without a sign of life as interrupted: their desk was killed, and they ended with it."""
    with database.begin() as connection:
        connection.execute(
            sa.update(model)
            .where(model.c.state == "training", model.c.beat_at < now - LOST_AFTER)
            .values(state="interrupted", finished_at=now)
        )


def _enter(database: Engine, job: dict[str, Any], by: str, now: datetime) -> Model:
    file = f"candidates/{job['name']}.tar.gz"
    try:
        with database.begin() as connection:
            connection.execute(
                sa.insert(model).values(
                    file=file, state="training", made_by=by, started_at=now, sentences=len(job["sentences"]), fits=[],
                    base=job["current"], beat_at=now,
                )
            )  # fmt: skip
    except IntegrityError:
        raise Busy from None
    made = models.by_file(database, file)
    assert made is not None
    return made


def _write_job(folder: Path, job: dict[str, Any]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "job.json").write_text(json.dumps(job, ensure_ascii=False), encoding="utf-8")


def _sign_of_life(database: Engine, model_id: int, now: datetime) -> None:
    with database.begin() as connection:
        connection.execute(sa.update(model).where(model.c.id == model_id).values(beat_at=now))


def _finish(database: Engine, model_id: int, state: str, result: dict[str, Any] | None, now: datetime) -> None:
    values = {"state": state, "result": result, "finished_at": now}
    if result is not None:
        values["fits"] = result.pop("fits")
    with database.begin() as connection:
        connection.execute(sa.update(model).where(model.c.id == model_id).values(**values))


def _interrupt_own(database: Engine, model_id: int) -> None:
    with database.begin() as connection:
        connection.execute(
            sa.update(model)
            .where(model.c.id == model_id, model.c.state == "training")
            .values(state="interrupted", finished_at=utc_now())
        )


def _store_checks(database: Engine, model_id: int, checks: dict[str, Any]) -> None:
    with database.begin() as connection:
        connection.execute(sa.update(model).where(model.c.id == model_id).values(checks=checks))


def _outcome(report: Path) -> dict[str, Any] | None:
    """Numbers of a JUnit report, and the names of what failed; None when there is no report."""
    from xml.etree import ElementTree

    try:
        cases = list(ElementTree.parse(report).getroot().iter("testcase"))  # noqa: S314  written by our own pytest
    except (OSError, ElementTree.ParseError):
        return None
    failed = [
        str(case.get("name")) for case in cases if case.find("failure") is not None or case.find("error") is not None
    ]
    skipped = sum(case.find("skipped") is not None for case in cases)
    return {"passed": len(cases) - len(failed) - skipped, "failed": len(failed), "names": failed[:50]}
