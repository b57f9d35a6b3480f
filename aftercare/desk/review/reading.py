"""A conversation as the teaching loop and the figures read it: its events in order, with how they were understood."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from aftercare.desk.tables import event

FALLBACK = "nlu_fallback"


@dataclass(frozen=True)
class Said:
    """One stored event; the columns of the table `event` under the same names."""

    seq: int
    at: datetime
    kind: str
    sender: str
    text: str
    name: str | None = None
    state: str | None = None
    payload: str | None = None
    status: str | None = None
    turn: dict[str, Any] | None = None
    custom: dict[str, Any] | None = None

    @property
    def typed(self) -> bool:
        """Whether a traveller wrote it, rather than chose it or sent a picture."""
        return self.sender == "traveller" and self.payload is None and bool(self.text.strip())


@dataclass(frozen=True)
class Exchange:
    """A traveller's message and everything that came before the next one."""

    message: Said
    answers: Sequence[Said] = field(default_factory=list)

    @property
    def names(self) -> list[str]:
        """What the assistant's answers mean."""
        return [answer.name for answer in self.answers if answer.name and answer.sender == "assistant"]


@dataclass(frozen=True)
class Understood:
    """How a message was understood; `intent` is the likeliest, also where the assistant was too unsure to act on it."""

    intent: str
    confidence: float
    ranking: list[tuple[str, float]]
    entities: list[dict[str, Any]]
    unsure: bool


def exchanges(events: Sequence[Said]) -> Iterator[Exchange]:
    """The traveller's messages with their answers, in order."""
    at = [index for index, event in enumerate(events) if event.sender == "traveller" and event.kind == "message"]
    for start, end in zip(at, [*at, len(events)][1:], strict=True):
        yield Exchange(events[start], events[start + 1 : end])


def understood(message: Said) -> Understood | None:
    """How a typed message was understood; None when the assistant did not read it."""
    turn = message.turn
    if not turn or not message.typed or not turn.get("intent"):
        return None
    ranking = [
        (str(entry["name"]), float(entry.get("confidence") or 0))
        for entry in turn.get("ranking") or []
        if entry.get("name") and entry["name"] != FALLBACK
    ]
    named = str(turn["intent"])
    unsure = named == FALLBACK
    if not ranking:
        ranking = [] if unsure else [(named, float(turn.get("confidence") or 0))]
    if not ranking:
        return None
    intent, confidence = ranking[0] if unsure else (named, float(turn.get("confidence") or 0))
    return Understood(intent, confidence, ranking, list(turn.get("entities") or []), unsure)


def chosen_intent(message: Said) -> str | None:
    """The intent behind a chosen button, when it is one: "/request_refund"."""
    payload = message.payload or ""
    name = payload.removeprefix("/")
    return name if payload.startswith("/") and name.replace("_", "").isalnum() else None


def read(connection: Connection, ids: Sequence[str]) -> dict[str, list[Said]]:
    """The events of conversations, by their id."""
    columns = (
        event.c.seq, event.c.at, event.c.kind, event.c.sender, event.c.text, event.c.name, event.c.state,
        event.c.payload, event.c.status, event.c.turn, event.c.custom,
    )  # fmt: skip
    query = sa.select(event.c.conversation_id, *columns).where(event.c.conversation_id.in_(ids))
    found: dict[str, list[Said]] = defaultdict(list)
    for row in connection.execute(query.order_by(event.c.conversation_id, event.c.seq)):
        found[row.conversation_id].append(Said(*row[1:]))
    return found
