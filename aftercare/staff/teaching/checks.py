"""Conversation tests played with a model, in the database: those that run, and their results."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine, Row
from sqlalchemy.exc import IntegrityError

from aftercare.base.sql import inserted_id
from aftercare.staff.teaching.tables import model, model_check

LOST_AFTER = timedelta(seconds=20)  # without a sign of life the desk that plays them is gone


class Busy(Exception):
    """Something is being trained or checked already."""


@dataclass(frozen=True)
class Failure:
    """A script that failed: the conversation, what was expected at its end, and whether the model in use passes."""

    name: str
    said: str
    wanted: str
    before: str | None  # passed, failed, or None where it was not played

    @property
    def worse(self) -> bool:
        """Whether the model in use passes it, as far as is known."""
        return self.before != "failed"


@dataclass(frozen=True)
class Check:
    """Conversation tests played once."""

    id: int
    model_id: int
    part: str
    state: str
    by: str
    started_at: datetime
    finished_at: datetime | None
    passed: tuple[str, ...]
    failures: tuple[Failure, ...]


@dataclass(frozen=True)
class CheckResult:
    """Each script's latest outcome, over all that was played with a model."""

    passed: frozenset[str] = frozenset()
    failures: tuple[Failure, ...] = ()

    @property
    def played(self) -> int:
        """How many scripts; each counts once per language."""
        return len(self.passed) + len(self.failures)

    @property
    def worse(self) -> bool:
        """Whether something fails that does not with the model it is compared with."""
        return any(each.worse for each in self.failures)


def start(database: Engine, model_id: int, part: str, by: str, now: datetime) -> int:
    """Enter that the tests of a part begin; the number of the check.

    Raises:
        Busy: a desk trains or checks.
    """
    values = {"model_id": model_id, "part": part, "state": "running", "by": by, "started_at": now, "beat_at": now}
    try:
        with database.begin() as connection:
            made = connection.execute(sa.insert(model_check).values(passed=[], failures=[], **values))
            if connection.execute(sa.select(model.c.id).where(model.c.state == "training")).first():
                raise Busy
    except IntegrityError:
        raise Busy from None
    return inserted_id(made)


def running(connection: Connection) -> bool:
    """Whether some desk plays them now."""
    return connection.execute(sa.select(model_check.c.id).where(model_check.c.state == "running")).first() is not None


def heartbeat(database: Engine, check_id: int, now: datetime) -> None:
    """Note that the check still runs."""
    with database.begin() as connection:
        connection.execute(sa.update(model_check).where(model_check.c.id == check_id).values(beat_at=now))


def finish(database: Engine, check_id: int, state: str, result: dict[str, Any] | None, now: datetime) -> None:
    """Keep what came out; one that was marked as interrupted meanwhile stays so."""
    with database.begin() as connection:
        connection.execute(
            sa.update(model_check)
            .where(model_check.c.id == check_id, model_check.c.state == "running")
            .values(state=state, finished_at=now, **(result or {}))
        )


def sweep(database: Engine, now: datetime) -> None:
    """Mark those without a sign of life as interrupted."""
    lost = (model_check.c.state == "running", model_check.c.beat_at < now - LOST_AFTER)
    with database.connect() as connection:
        if connection.execute(sa.select(model_check.c.id).where(*lost)).first() is None:
            return
    with database.begin() as connection:
        connection.execute(sa.update(model_check).where(*lost).values(state="interrupted", finished_at=now))


def latest(connection: Connection, model_id: int) -> Check | None:
    """The check of a model that was begun last."""
    query = sa.select(model_check).where(model_check.c.model_id == model_id)
    row = connection.execute(query.order_by(model_check.c.id.desc()).limit(1)).first()
    return None if row is None else _check(row)


def outcomes(connection: Connection, model_ids: Sequence[int]) -> dict[int, CheckResult]:
    """What the tests say of models, by their number; those never played are missing."""
    query = sa.select(model_check).where(model_check.c.model_id.in_(model_ids), model_check.c.state == "done")
    failures: dict[int, dict[str, Failure]] = {}
    passed: dict[int, set[str]] = {}
    for row in connection.execute(query.order_by(model_check.c.id)):
        found = _check(row)
        bad, good = failures.setdefault(found.model_id, {}), passed.setdefault(found.model_id, set())
        for name in found.passed:
            good.add(name)
            bad.pop(name, None)
        for failure in found.failures:
            bad[failure.name] = failure
            good.discard(failure.name)
    return {key: CheckResult(frozenset(passed[key]), tuple(bad.values())) for key, bad in failures.items()}


def _check(row: Row[Any]) -> Check:
    return Check(
        id=row.id, model_id=row.model_id, part=row.part, state=row.state, by=row.by, started_at=row.started_at,
        finished_at=row.finished_at, passed=tuple(row.passed), failures=tuple(Failure(**each) for each in row.failures),
    )  # fmt: skip
