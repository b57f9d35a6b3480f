"""The models there are, which one answers, and who chose it: what the model server and the models page read."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import aiohttp
import sqlalchemy as sa
from sqlalchemy.engine import Engine, Row
from sqlalchemy.exc import IntegrityError

from aftercare.base.settings import Settings
from aftercare.staff.teaching import checks
from aftercare.staff.teaching.checks import CheckResult
from aftercare.staff.teaching.tables import model, model_use
from aftercare.training import inputs, model_in_use

# A held-out set of three thousand sentences moves by so much when nothing has changed.
TOLERANCE = 0.005
# Models made at the desk that are kept, beside the one in use and the one before it.
KEEP = 10
_LOAD_SECONDS = 120.0


class ActivationFailed(Exception):
    """The model was not taken into use; `key` names the text that says what to do."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


@dataclass(frozen=True)
class Model:
    """A model of the history."""

    id: int
    file: str
    state: str
    made_by: str
    started_at: datetime
    finished_at: datetime | None
    sentences: int
    fits: tuple[str, ...]
    base: str | None
    result: dict[str, Any] | None
    outcome: CheckResult | None  # of the conversation tests played with it

    @property
    def name(self) -> str:
        """As people call it."""
        return Path(self.file).name.removesuffix(".tar.gz")

    @property
    def path(self) -> Path:
        """Where it is."""
        return model_in_use.STATE.parent / self.file

    @property
    def usable(self) -> bool:
        """Whether it is whole and still on disk."""
        return self.state == "ready" and self.path.is_file()

    @property
    def figures(self) -> dict[str, float]:
        """Its accuracy by language, 0 to 1, where it was measured."""
        measured: dict[str, dict[str, float]] = (self.result or {}).get("accuracy") or {}
        return measured.get("candidate", {})

    @property
    def regressions(self) -> tuple[str, ...]:
        """Why it is not simply taken into use: languages where it does worse, "reviewed", "checks", or "unplayed"."""
        found = []
        result = self.result or {}
        for language, before in (result.get("accuracy") or {"current": {}})["current"].items():
            if self.figures.get(language, 0.0) < before - TOLERANCE:
                found.append(language)
        reviewed = result.get("reviewed") or {"current": 0, "candidate": 0}
        if reviewed["candidate"] < reviewed["current"]:
            found.append("reviewed")
        if self.outcome is not None and self.outcome.worse:
            found.append("checks")
        if self.outcome is None and self.result:
            found.append("unplayed")
        return tuple(found)


@dataclass(frozen=True)
class ModelUse:
    """A model was taken into use."""

    model: str
    before: str | None
    by: str
    at: datetime
    reason: str


def active_model() -> tuple[Path, str] | None:
    """The model in use and its ETag (SHA-256 of the file, in quotes); None before the first training."""
    path = model_in_use.current_model()
    if path is None:
        return None
    return path, _etag(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=4)
def _etag(path: Path, _changed: int) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while part := file.read(1 << 20):
            digest.update(part)
    return f'"{digest.hexdigest()}"'


def note_active(engine: Engine, now: datetime) -> Model | None:
    """The model in use, entered in the history when `aftercare train` made it."""
    path = model_in_use.current_model()
    if path is None:
        return None
    file = str(path.relative_to(model_in_use.STATE.parent))
    if (known := by_file(engine, file)) is None:
        values = {"file": file, "state": "ready", "made_by": "aftercare train", "started_at": now, "sentences": 0}
        try:
            with engine.begin() as connection:
                connection.execute(sa.insert(model).values(finished_at=now, fits=[], **values))
        except IntegrityError:  # another desk entered it
            pass
        known = by_file(engine, file)
    return known


def by_file(engine: Engine, file: str) -> Model | None:
    """A model by its path below models/."""
    return _one(engine, model.c.file == file)


def get_model(engine: Engine, model_id: int) -> Model | None:
    """A model by its number."""
    return _one(engine, model.c.id == model_id)


def history(engine: Engine, limit: int = 50) -> list[Model]:
    """The latest models, the newest first."""
    with engine.connect() as connection:
        rows = connection.execute(sa.select(model).order_by(model.c.id.desc()).limit(limit)).all()
        played = checks.outcomes(connection, [row.id for row in rows])
    return [_model(row, played.get(row.id)) for row in rows]


def uses(engine: Engine, limit: int = 50) -> list[ModelUse]:
    """The latest changes of the model in use, the newest first."""
    before = model.alias()
    query = (
        sa.select(model.c.file, before.c.file, model_use.c.by, model_use.c.at, model_use.c.reason)
        .join(model, model.c.id == model_use.c.model_id)
        .outerjoin(before, before.c.id == model_use.c.before_id)
        .order_by(model_use.c.id.desc())
        .limit(limit)
    )
    with engine.connect() as connection:
        return [ModelUse(*row) for row in connection.execute(query)]


def previous(engine: Engine) -> Model | None:
    """The model that was in use before the present one, if it can be used again."""
    query = sa.select(model_use.c.before_id).order_by(model_use.c.id.desc()).limit(1)
    with engine.connect() as connection:
        found = connection.execute(query).scalar_one_or_none()
    before = None if found is None else get_model(engine, found)
    return before if before is not None and before.usable else None


def record_use(engine: Engine, used: Model, before: Model | None, by: str, reason: str, now: datetime) -> None:
    """Make `used` the model of the next start as well, and enter it in the history."""
    model_in_use.use(used.path, inputs.fingerprint(), *used.fits)
    with engine.begin() as connection:
        connection.execute(
            sa.insert(model_use).values(
                model_id=used.id, before_id=before.id if before else None, by=by, at=now, reason=reason
            )
        )


def forget_old(engine: Engine) -> None:
    """Remove the files of old candidates; their figures stay in the history."""
    active = model_in_use.current_model()
    before = previous(engine)
    kept = {active, before.path if before else None}
    candidates = [each for each in history(engine, 1000) if each.file.startswith("candidates/") and each.usable]
    for old in candidates[KEEP:]:
        if old.path not in kept:
            old.path.unlink(missing_ok=True)


async def load_into_rasa(settings: Settings, path: Path) -> None:
    """Have the running Rasa answer with this model from now on; messages that come meanwhile wait at the desk.

    Raises:
        ActivationFailed: Rasa did not take it, and answers as before.
    """
    timeout = aiohttp.ClientTimeout(total=_LOAD_SECONDS, sock_connect=5)
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout) as client,
            client.put(
                f"{settings.rasa_url}/model",
                params={"token": settings.secret("rasa_api")},
                json={"model_file": str(path)},
            ) as response,
        ):
            if response.status != 204:
                raise ActivationFailed("rasa_refused")
    except (TimeoutError, aiohttp.ClientError):
        raise ActivationFailed("rasa_away") from None


def _one(engine: Engine, condition: Any) -> Model | None:
    with engine.connect() as connection:
        row = connection.execute(sa.select(model).where(condition)).first()
        return None if row is None else _model(row, checks.outcomes(connection, [row.id]).get(row.id))


def _model(row: Row[Any], outcome: CheckResult | None) -> Model:
    fits: Sequence[str] = row.fits or ()
    return Model(
        id=row.id, file=row.file, state=row.state, made_by=row.made_by, started_at=row.started_at,
        finished_at=row.finished_at, sentences=row.sentences, fits=tuple(fits), base=row.base, result=row.result,
        outcome=outcome,
    )  # fmt: skip
