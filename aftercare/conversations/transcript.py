"""Reads stored conversations for staff: events in order, with how each message of a traveller was understood.

Used by the index of the inbox, the figures, the annotation queue and the export of test scripts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from aftercare.conversations.reading import TurnReading
from aftercare.conversations.tables import event


@dataclass(frozen=True)
class TranscriptMessage:
    """A stored message with what only staff see; the columns of the table `event` under the same names."""

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
    def answers(self) -> int | None:
        """How many answers its turn gave; None where that was not stored."""
        return (self.turn or {}).get("answers")

    @property
    def reading(self) -> TurnReading | None:
        """How the assistant understood a typed message; None when it did not read it, or made nothing of it at all."""
        reading = TurnReading.from_json(self.turn) if self.turn and self.typed else None
        return reading if reading and reading.likeliest else None


@dataclass(frozen=True)
class Exchange:
    """A traveller's message, its answers, and what else came before the next one."""

    message: TranscriptMessage
    answers: Sequence[TranscriptMessage] = field(default_factory=list)

    @property
    def names(self) -> list[str]:
        """What the assistant's answers mean."""
        return [answer.name for answer in self.answers if answer.name and answer.sender == "assistant"]


def exchanges(events: Sequence[TranscriptMessage]) -> Iterator[Exchange]:
    """The traveller's messages with their answers, in order.

    Who writes on before the answer gets the answers to both after the second message: turns are answered one after the
    other, so the first ones belong to the first.
    """
    at = [index for index, event in enumerate(events) if event.sender == "traveller" and event.kind == "message"]
    answers = [index for index, event in enumerate(events) if event.sender == "assistant" and event.kind == "message"]
    of: dict[int, int] = {}  # which message an event belongs to, by their places
    counted = 0
    for place in at:
        while counted < len(answers) and answers[counted] < place:
            counted += 1
        number = events[place].answers or 0
        of |= dict.fromkeys(answers[counted : counted + number], place)
        counted += number
    for start, end in zip(at, [*at, len(events)][1:], strict=True):
        for index in range(start + 1, end):
            of.setdefault(index, start)
    belonging: dict[int, list[TranscriptMessage]] = {place: [] for place in at}
    for index in sorted(of):
        belonging[of[index]].append(events[index])
    for place in at:
        yield Exchange(events[place], belonging[place])


def chosen_intent(message: TranscriptMessage) -> str | None:
    """The intent behind a chosen button, when it is one: "/request_refund"."""
    payload = message.payload or ""
    name = payload.removeprefix("/")
    return name if payload.startswith("/") and name.replace("_", "").isalnum() else None


_COLUMNS = [event.c[name] for name in TranscriptMessage.__dataclass_fields__]
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


def read(connection: Connection, ids: Sequence[str]) -> dict[str, list[TranscriptMessage]]:
    """The events of conversations, by their id."""
    found: dict[str, list[TranscriptMessage]] = defaultdict(list)
    for row in connection.execute(_OF_MANY, {"ids": list(ids)}):
        found[row.conversation_id].append(TranscriptMessage(*row[1:]))
    return found


def read_on(connection: Connection, conversation_id: str, after: int, page: int = 500) -> Iterator[TranscriptMessage]:
    """The events of one conversation after event `after`, fetched `page` at a time."""
    while True:
        rows = connection.execute(_OF_ONE, {"id": conversation_id, "after": after, "limit": page}).all()
        for row in rows:
            yield TranscriptMessage(*row)
        if len(rows) < page:
            return
        after = rows[-1].seq
