"""The one reading of stored conversations: events in order, and how each message of a traveller was understood.

The inbox's index, the figures, the annotation queue and the test scripts all see a conversation through this.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from aftercare.conversations.tables import event

FALLBACK = "nlu_fallback"
LOW = 0.5  # a message understood with less is worth a look


@dataclass(frozen=True)
class Understood:
    """What the stored turn of a message says; what is missing there is empty here."""

    intent: str | None  # the one the assistant acted on: FALLBACK where it was too unsure of any
    confidence: float | None
    ranking: tuple[tuple[str, float], ...] = ()  # the likeliest first, FALLBACK left out
    entities: tuple[Mapping[str, Any], ...] = ()
    actions: tuple[str, ...] = ()

    @classmethod
    def of(cls, turn: Mapping[str, Any] | None) -> Understood:
        """Reads a turn as the assistant's channel gave it."""
        turn = turn or {}
        intent, confidence = turn.get("intent") or None, _number(turn.get("confidence"))
        ranking = tuple(
            (str(each["name"]), _number(each.get("confidence")) or 0.0)
            for each in turn.get("ranking") or ()
            if each.get("name") and each["name"] != FALLBACK
        )
        if not ranking and intent and intent != FALLBACK:
            ranking = ((intent, confidence or 0.0),)
        return cls(
            intent=intent,
            confidence=confidence,
            ranking=ranking,
            entities=tuple(each for each in turn.get("entities") or () if each.get("entity")),
            actions=tuple(str(action) for action in turn.get("actions") or ()),
        )

    @property
    def unsure(self) -> bool:
        """Whether the assistant was too unsure to act on any intent."""
        return self.intent == FALLBACK

    @property
    def low(self) -> bool:
        """Whether the message was understood badly or not at all."""
        return self.unsure or (self.confidence is not None and self.confidence < LOW)

    @property
    def certainty(self) -> float | None:
        """The confidence; none of it when nothing was recognised, whatever the fallback itself claims."""
        return 0.0 if self.unsure else self.confidence

    @property
    def likeliest(self) -> tuple[str, float] | None:
        """The likeliest intent and its confidence, also where the assistant was too unsure to act on it."""
        if self.intent is None or not self.ranking:
            return None
        return self.ranking[0] if self.unsure else (self.intent, self.confidence or 0.0)


@dataclass(frozen=True)
class Said:
    """One stored event; the columns of the table `event` under the same names."""

    seq: int
    at: datetime
    kind: str
    sender: str
    text: str
    image: str | None = None
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

    @property
    def understood(self) -> Understood | None:
        """How the assistant understood a typed message; None when it did not read it, or made nothing of it at all."""
        reading = Understood.of(self.turn) if self.turn and self.typed else None
        return reading if reading and reading.likeliest else None


@dataclass(frozen=True)
class Exchange:
    """A traveller's message and everything that came before the next one."""

    message: Said
    answers: Sequence[Said] = field(default_factory=list)

    @property
    def names(self) -> list[str]:
        """What the assistant's answers mean."""
        return [answer.name for answer in self.answers if answer.name and answer.sender == "assistant"]


def exchanges(events: Sequence[Said]) -> Iterator[Exchange]:
    """The traveller's messages with their answers, in order."""
    at = [index for index, event in enumerate(events) if event.sender == "traveller" and event.kind == "message"]
    for start, end in zip(at, [*at, len(events)][1:], strict=True):
        yield Exchange(events[start], events[start + 1 : end])


def chosen_intent(message: Said) -> str | None:
    """The intent behind a chosen button, when it is one: "/request_refund"."""
    payload = message.payload or ""
    name = payload.removeprefix("/")
    return name if payload.startswith("/") and name.replace("_", "").isalnum() else None


_COLUMNS = [event.c[name] for name in Said.__dataclass_fields__]
# built once: building a statement takes SQLAlchemy longer than SQLite takes to run it
_OF_MANY = (
    sa.select(event.c.conversation_id, *_COLUMNS)
    .where(event.c.conversation_id.in_(sa.bindparam("ids", expanding=True)))
    .order_by(event.c.conversation_id, event.c.seq)
)
_OF_ONE = (
    sa.select(*_COLUMNS)
    .where(event.c.conversation_id == sa.bindparam("id"), event.c.seq > sa.bindparam("after"))
    .order_by(event.c.seq)
    .limit(sa.bindparam("limit"))
)


def read(connection: Connection, ids: Sequence[str]) -> dict[str, list[Said]]:
    """The events of conversations, by their id."""
    found: dict[str, list[Said]] = defaultdict(list)
    for row in connection.execute(_OF_MANY, {"ids": list(ids)}):
        found[row.conversation_id].append(Said(*row[1:]))
    return found


def read_on(connection: Connection, conversation_id: str, after: int, page: int = 500) -> Iterator[Said]:
    """The events of one conversation after event `after`, fetched `page` at a time."""
    while True:
        rows = connection.execute(_OF_ONE, {"id": conversation_id, "after": after, "limit": page}).all()
        for row in rows:
            yield Said(*row)
        if len(rows) < page:
            return
        after = rows[-1].seq


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, (int, float)) else None
