"""The annotation queue in the database: what is open, what was decided, and undoing it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Engine, Row

from aftercare.staff.teaching.queue import grouped
from aftercare.staff.teaching.sentences import Sentence
from aftercare.staff.teaching.tables import REASONS, annotation
from aftercare.staff.ui.masking import Span

# The most helpful ones first.
_ORDER = sa.case({reason: place for place, reason in enumerate(REASONS)}, value=annotation.c.reason)
_GROUPED_AT_MOST = 400


class NotDecidable(Exception):
    """Somebody else decided it meanwhile, or it is gone."""


@dataclass(frozen=True)
class Item:
    """A message in the queue; text and spans are masked."""

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
    state: str
    label: str | None
    decided_by: str | None
    decided_at: datetime | None
    written_at: datetime | None

    @property
    def proposal(self) -> str | None:
        """The intent to begin with: what the traveller chose, else what was understood."""
        return self.suggestion or self.intent

    @property
    def sentence(self) -> Sentence:
        """The item as a training sentence."""
        return Sentence(self.id, self.language, self.text, self.label or "", self.spans)


@dataclass(frozen=True)
class Decision:
    """What a member makes of an item."""

    state: str  # accepted, skipped or refused
    label: str | None = None
    spans: tuple[Span, ...] = ()


def next_item(engine: Engine, reason: str | None = None, language: str | None = None) -> Item | None:
    """The open item to look at now."""
    query = sa.select(annotation).where(annotation.c.state == "open", annotation.c.conversation_id.isnot(None))
    if reason:
        query = query.where(annotation.c.reason == reason)
    if language:
        query = query.where(annotation.c.language == language)
    with engine.connect() as connection:
        row = connection.execute(query.order_by(_ORDER, annotation.c.id.desc()).limit(1)).first()
    return None if row is None else _item(row)


def get_item(engine: Engine, item_id: int) -> Item | None:
    """An item, whatever its state."""
    with engine.connect() as connection:
        row = connection.execute(sa.select(annotation).where(annotation.c.id == item_id)).first()
    return None if row is None else _item(row)


def open_counts(engine: Engine) -> dict[str, int]:
    """Number of open items by reason."""
    query = (
        sa.select(annotation.c.reason, sa.func.count())
        .where(annotation.c.state == "open", annotation.c.conversation_id.isnot(None))
        .group_by(annotation.c.reason)
    )
    with engine.connect() as connection:
        return {row[0]: row[1] for row in connection.execute(query)}


def groups(engine: Engine, language: str | None = None) -> list[list[Item]]:
    """Open out-of-scope items, similar ones together, the largest group first; the latest few hundred are looked at."""
    query = sa.select(annotation).where(
        annotation.c.state == "open", annotation.c.reason == "out_of_scope", annotation.c.conversation_id.isnot(None)
    )
    if language:
        query = query.where(annotation.c.language == language)
    with engine.connect() as connection:
        rows = connection.execute(query.order_by(annotation.c.id.desc()).limit(_GROUPED_AT_MOST)).all()
    items = [_item(row) for row in rows]
    found: dict[int, list[Item]] = {}
    for item, group in zip(items, grouped([item.text for item in items]), strict=True):
        found.setdefault(group, []).append(item)
    return sorted(found.values(), key=len, reverse=True)


def decide(engine: Engine, item_ids: Sequence[int], decision: Decision, by: str, now: datetime) -> None:
    """Decide open items; one whose spans are not given keeps its own.

    Raises:
        NotDecidable: one of them is not open any more; then none is changed.
    """
    values: dict[str, Any] = {"state": decision.state, "label": decision.label, "decided_by": by, "decided_at": now}
    if len(item_ids) == 1:
        values["spans"] = [list(span) for span in decision.spans]
    with engine.begin() as connection:
        done = connection.execute(
            sa.update(annotation).where(annotation.c.id.in_(item_ids), annotation.c.state == "open").values(**values)
        )
        if done.rowcount != len(item_ids):
            raise NotDecidable


def undo(engine: Engine, by: str, item_id: int | None = None) -> Item | None:
    """Open what the member decided last, or the given item; None when there is nothing to undo.

    Similar messages that were decided together are opened together. What already stands in data/nlu stays.
    """
    decided = (annotation.c.state != "open", annotation.c.written_at.is_(None))
    query = sa.select(annotation.c.id, annotation.c.decided_at).where(*decided)
    mine = annotation.c.decided_by == by if item_id is None else annotation.c.id == item_id
    with engine.begin() as connection:
        found = connection.execute(
            query.where(mine).order_by(annotation.c.decided_at.desc(), annotation.c.id.desc()).limit(1)
        ).first()
        if found is None:
            return None
        together = sa.and_(mine, *decided, annotation.c.decided_at == found.decided_at)
        connection.execute(
            sa.update(annotation)
            .where(together if item_id is None else annotation.c.id == found.id)
            .values(state="open", label=None, decided_by=None, decided_at=None)
        )
    return get_item(engine, found.id)


def accepted(engine: Engine) -> list[Item]:
    """Accepted sentences that are not in data/nlu yet, oldest first."""
    query = sa.select(annotation).where(annotation.c.state == "accepted", annotation.c.written_at.is_(None))
    with engine.connect() as connection:
        return [_item(row) for row in connection.execute(query.order_by(annotation.c.id))]


def mark_written(engine: Engine, item_ids: Sequence[int], now: datetime) -> None:
    """The sentences stand in data/nlu now."""
    with engine.begin() as connection:
        connection.execute(sa.update(annotation).where(annotation.c.id.in_(item_ids)).values(written_at=now))


def _item(row: Row) -> Item:
    values = dict(row._mapping)
    values["spans"] = tuple(Span(*span) for span in values["spans"])
    values["ranking"] = tuple((name, chance) for name, chance in values["ranking"])
    return Item(**values)
