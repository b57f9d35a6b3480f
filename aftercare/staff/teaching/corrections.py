"""The annotation queue in the database: open messages, what staff made of them, and undoing it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Engine, Row

from aftercare.staff.teaching.examples import TrainingExample
from aftercare.staff.teaching.similar import grouped
from aftercare.staff.teaching.spans import plausible
from aftercare.staff.teaching.tables import REASONS, REPORTED, annotation
from aftercare.staff.teaching.turn_examples import TaughtTurn
from aftercare.staff.ui.masking import Span

# The most helpful ones first.
_ORDER = (
    annotation.c.reported_by.is_(None),
    sa.case({reason: place for place, reason in enumerate(REASONS)}, value=annotation.c.reason),
)
_GROUPED_AT_MOST = 400


class NotOpen(Exception):
    """A message is not open any more: somebody else annotated it, or it was erased."""


@dataclass(frozen=True)
class Correction:
    """A queued message with what was understood and what staff made of it; text and spans are masked."""

    id: int
    conversation_id: str | None
    seq: int
    at: datetime
    reason: str
    language: str
    text: str
    spans: tuple[Span, ...]
    intent: str | None
    confidence: float | None
    ranking: tuple[tuple[str, float], ...]
    suggestion: str | None
    reported_by: str | None
    proposed: str | None
    proposed_commands: tuple[str, ...]
    wanted_answer: str | None
    answered: str | None
    situation: str | None
    asked: str | None
    prompt: str | None
    read_commands: tuple[tuple[str, float], ...]
    state: str
    label: str | None
    commands: tuple[str, ...]
    decided_by: str | None
    decided_at: datetime | None
    written_at: datetime | None

    @property
    def proposal(self) -> str | None:
        """The intent to begin with: what a colleague proposes, the traveller chose, or else what was understood."""
        return self.proposed or self.suggestion or self.intent

    @property
    def example(self) -> TrainingExample | None:
        """The sentence it teaches; None when it teaches no intent."""
        return TrainingExample(self.id, self.language, self.text, self.label, self.spans) if self.label else None

    @property
    def turn(self) -> TaughtTurn | None:
        """The turn it teaches; None when it teaches no commands."""
        if not self.commands or self.situation is None:
            return None
        return TaughtTurn(self.id, self.language, self.situation, self.asked or "", self.text, self.commands)


@dataclass(frozen=True)
class Annotation:
    """What a member of staff makes of a queued message."""

    state: str  # accepted, skipped or refused
    label: str | None = None
    spans: tuple[Span, ...] = ()
    commands: tuple[str, ...] = ()


def next_correction(engine: Engine, reason: str | None = None, language: str | None = None) -> Correction | None:
    """The open message to annotate now."""
    query = sa.select(annotation).where(annotation.c.state == "open", annotation.c.conversation_id.isnot(None))
    if reason == REPORTED:
        query = query.where(annotation.c.reported_by.is_not(None))
    elif reason:
        query = query.where(annotation.c.reason == reason, annotation.c.reported_by.is_(None))
    if language:
        query = query.where(annotation.c.language == language)
    with engine.connect() as connection:
        row = connection.execute(query.order_by(*_ORDER, annotation.c.id.desc()).limit(1)).first()
    return None if row is None else _correction(row)


def get_correction(engine: Engine, correction_id: int) -> Correction | None:
    """A correction, whatever its state."""
    with engine.connect() as connection:
        row = connection.execute(sa.select(annotation).where(annotation.c.id == correction_id)).first()
    return None if row is None else _correction(row)


def open_counts(engine: Engine) -> dict[str, int]:
    """Number of open messages by reason; what staff reported counts as that alone."""
    reason = sa.case((annotation.c.reported_by.is_not(None), REPORTED), else_=annotation.c.reason)
    query = (
        sa.select(reason.label("why"), sa.func.count())
        .where(annotation.c.state == "open", annotation.c.conversation_id.isnot(None))
        .group_by("why")
    )
    with engine.connect() as connection:
        return {row[0]: row[1] for row in connection.execute(query)}


def groups(engine: Engine, language: str | None = None) -> list[list[Correction]]:
    """Open out-of-scope messages, similar ones together, the largest group first, of the latest few hundred."""
    query = sa.select(annotation).where(
        annotation.c.state == "open", annotation.c.reason == "out_of_scope", annotation.c.conversation_id.isnot(None)
    )
    if language:
        query = query.where(annotation.c.language == language)
    with engine.connect() as connection:
        rows = connection.execute(query.order_by(annotation.c.id.desc()).limit(_GROUPED_AT_MOST)).all()
    opened = [_correction(row) for row in rows]
    found: dict[int, list[Correction]] = {}
    for each, group in zip(opened, grouped([each.text for each in opened]), strict=True):
        found.setdefault(group, []).append(each)
    return sorted(found.values(), key=len, reverse=True)


def annotate(engine: Engine, correction_ids: Sequence[int], made: Annotation, by: str, now: datetime) -> None:
    """Annotate open messages; several at once keep the spans they have and teach no commands.

    Raises:
        NotOpen: one of them is not open any more; then none is changed.
    """
    values: dict[str, Any] = {"state": made.state, "label": made.label, "decided_by": by, "decided_at": now}
    if len(correction_ids) == 1:
        values["spans"] = [list(span) for span in made.spans]
        values["commands"] = list(made.commands)
    with engine.begin() as connection:
        done = connection.execute(
            sa.update(annotation)
            .where(annotation.c.id.in_(correction_ids), annotation.c.state == "open")
            .values(**values)
        )
        if done.rowcount != len(correction_ids):
            raise NotOpen


def undo(engine: Engine, by: str, correction_id: int | None = None) -> Correction | None:
    """Reopen what the member annotated last, or the given correction; None when there is nothing to undo.

    Messages that were annotated together are reopened together. What is in the training data already stays.
    """
    decided = (annotation.c.state != "open", annotation.c.written_at.is_(None))
    query = sa.select(annotation.c.id, annotation.c.decided_at).where(*decided)
    mine = annotation.c.decided_by == by if correction_id is None else annotation.c.id == correction_id
    with engine.begin() as connection:
        found = connection.execute(
            query.where(mine).order_by(annotation.c.decided_at.desc(), annotation.c.id.desc()).limit(1)
        ).first()
        if found is None:
            return None
        together = sa.and_(mine, *decided, annotation.c.decided_at == found.decided_at)
        connection.execute(
            sa.update(annotation)
            .where(together if correction_id is None else annotation.c.id == found.id)
            .values(state="open", label=None, commands=None, decided_by=None, decided_at=None)
        )
    return get_correction(engine, found.id)


def accepted(engine: Engine) -> list[Correction]:
    """Accepted corrections that are not in the training data yet, oldest first."""
    query = sa.select(annotation).where(annotation.c.state == "accepted", annotation.c.written_at.is_(None))
    with engine.connect() as connection:
        return [_correction(row) for row in connection.execute(query.order_by(annotation.c.id))]


def set_aside(engine: Engine, limit: int = 200) -> list[Correction]:
    """Messages that were skipped or refused, the latest decision first."""
    query = sa.select(annotation).where(annotation.c.state.in_(("skipped", "refused")))
    with engine.connect() as connection:
        return [
            _correction(row) for row in connection.execute(query.order_by(annotation.c.decided_at.desc()).limit(limit))
        ]


def reopen(engine: Engine, correction_ids: Sequence[int]) -> int:
    """Put skipped and refused messages back into the queue; how many."""
    with engine.begin() as connection:
        done = connection.execute(
            sa.update(annotation)
            .where(annotation.c.id.in_(correction_ids), annotation.c.state.in_(("skipped", "refused")))
            .values(state="open", label=None, commands=None, decided_by=None, decided_at=None)
        )
    return int(done.rowcount)


def mark_written(engine: Engine, correction_ids: Sequence[int], now: datetime) -> None:
    """Note that the examples are in the training data now."""
    with engine.begin() as connection:
        connection.execute(sa.update(annotation).where(annotation.c.id.in_(correction_ids)).values(written_at=now))


def _correction(row: Row[Any]) -> Correction:
    values = dict(row._mapping)
    values["spans"] = plausible((Span(*span) for span in values["spans"]), values["text"])
    values["proposed_commands"] = tuple(values["proposed_commands"] or ())
    values["ranking"] = tuple((name, chance) for name, chance in values["ranking"])
    values["read_commands"] = tuple((name, chance) for name, chance in values["read_commands"] or ())
    values["commands"] = tuple(values["commands"] or ())
    return Correction(**values)
