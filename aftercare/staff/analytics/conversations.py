"""The conversations behind a figure, to be opened one by one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine, Row

from aftercare.conversations.tables import event
from aftercare.staff.analytics.report import Selection
from aftercare.staff.analytics.tables import FLAGS, OUTCOMES, conversation_fact, intent_fact, step_fact
from aftercare.staff.ui.masking import mask

PAGE = 100
fact = conversation_fact.c


@dataclass(frozen=True)
class CountedConversation:
    """A conversation that a figure counts; `said` is what the traveller wrote first, masked."""

    conversation_id: str
    day: date
    language: str
    channel: str
    provider: str | None
    outcome: str | None
    flags: Sequence[str]
    rating: int | None
    said: str


def _of_intent(name: str, selection: Selection) -> Any:
    days = intent_fact.c.day.between(selection.first, selection.last)
    return fact.conversation_id.in_(sa.select(intent_fact.c.conversation_id).where(days, intent_fact.c.intent == name))


def _of_step(name: str, selection: Selection) -> Any:
    step, _, outcome = name.partition(":")
    days = step_fact.c.day.between(selection.first, selection.last)
    found = sa.select(step_fact.c.conversation_id).where(days, step_fact.c.step == step)
    return fact.conversation_id.in_(found.where(step_fact.c.outcome == outcome) if outcome else found)


def _of_figure(name: str, _selection: Selection) -> Any:
    if name in FLAGS:
        return fact[name]
    return fact.outcome == name if name in OUTCOMES else sa.true()


# what a figure can be of, and the condition for a value of it
_KINDS: Mapping[str, Callable[[str, Selection], Any]] = {
    "figure": _of_figure,
    "reason": lambda name, _: fact.handoff_reason == name,
    "rating": lambda score, _: fact.rating == (int(score) if score.isdigit() else 0),
    "intent": _of_intent,
    "step": _of_step,
}
# these count by the day of the message, not by that of the conversation's beginning
_BY_MESSAGE = frozenset({"intent", "step"})
KINDS = tuple(_KINDS)


def counted_conversations(
    engine: Engine, selection: Selection, kind: str, value: str, page: int = 0
) -> list[CountedConversation]:
    """A page of conversations that a figure of a selection counts, the latest first; one more than `PAGE` if there are.

    Raises:
        KeyError: there is no such kind of figure.
    """
    conditions = [_KINDS[kind](value, selection), *selection.of_conversations()]
    if kind not in _BY_MESSAGE:
        conditions += [fact.day.between(selection.first, selection.last), fact.outcome.is_not(None)]
    query = sa.select(conversation_fact).where(*conditions).order_by(fact.day.desc(), fact.conversation_id)
    with engine.connect() as connection:
        rows = connection.execute(query.limit(PAGE + 1).offset(PAGE * page)).all()
        first_texts = _first_texts(connection, [row.conversation_id for row in rows])
    return [_counted(row, first_texts.get(row.conversation_id, "")) for row in rows]


def _counted(row: Row[Any], first_text: str) -> CountedConversation:
    flags = [name for name in FLAGS if getattr(row, name)]
    named = (row.conversation_id, row.day, row.language, row.channel, row.provider, row.outcome)
    return CountedConversation(*named, flags=flags, rating=row.rating, said=first_text)


def _first_texts(connection: Connection, ids: Sequence[str]) -> dict[str, str]:
    first = sa.select(event.c.conversation_id, event.c.text).where(
        event.c.conversation_id.in_(ids), event.c.sender == "traveller", event.c.seq <= 5, event.c.text != ""
    )
    found: dict[str, str] = {}
    for row in connection.execute(first.order_by(event.c.conversation_id, event.c.seq)):
        found.setdefault(row.conversation_id, mask(row.text).text[:120])
    return found
