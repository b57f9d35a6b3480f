"""Reads one conversation as staff see it: every event with how it was understood, notes and flags in their places."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, ClassVar

import sqlalchemy as sa
from sqlalchemy.engine import Engine, Row

from aftercare.conversations.reading import TurnReading
from aftercare.conversations.tables import conversation, event, rating
from aftercare.staff.inbox.tables import flag, note, tag

PAGE = 100
_MOST = 1000  # events from a linked message to the end that are shown at once
_ARTICLE = "utter_article"  # says the answer of an article
_BEFORE = 10  # events shown before a linked one


@dataclass(frozen=True)
class ThreadMessage:
    """One event of a conversation; `turn` is what Rasa made of a traveller's message."""

    is_note: ClassVar[bool] = False

    seq: int
    at: datetime
    kind: str
    sender: str
    text: str
    choices: Sequence[Mapping[str, str]]
    cards: Sequence[Mapping[str, Any]]
    image: str | None
    name: str | None
    agent: str | None
    state: str | None
    payload: str | None
    status: str | None
    turn: Mapping[str, Any] | None
    flag: str | None
    answered_from: str | None = None
    """The question of a help article that the answer was taken from, as "article.question"."""

    @property
    def reading(self) -> TurnReading | None:
        """How a traveller's message was understood; None for events that were not read."""
        return None if self.turn is None else TurnReading.from_json(self.turn)


@dataclass(frozen=True)
class Note:
    """A note among colleagues; travellers never see it."""

    is_note: ClassVar[bool] = True

    id: int
    after_seq: int
    text: str
    author: str
    at: datetime


@dataclass(frozen=True)
class Thread:
    """A conversation, or the part of it from event `first` to `last` (None: its end)."""

    conversation: Row[Any]
    events: Sequence[ThreadMessage]
    notes: Sequence[Note]
    first: int = 1
    last: int | None = None
    tags: Sequence[str] = ()
    ratings: Sequence[Row[Any]] = field(default_factory=tuple)

    @property
    def earlier(self) -> bool:
        """Whether there is more before the first event."""
        return self.first > 1

    @property
    def later(self) -> bool:
        """Whether there is more after the last event."""
        return self.last is not None and self.last < self.conversation.last_seq

    @property
    def items(self) -> list[ThreadMessage | Note]:
        """Events and notes in the order in which they were written."""
        low = self.first if self.earlier else 0
        high = self.conversation.last_seq if self.last is None else self.last
        notes = [each for each in self.notes if low <= each.after_seq <= high]
        return sorted(
            [*self.events, *notes],
            key=lambda item: (item.after_seq, 1, item.id) if isinstance(item, Note) else (item.seq, 0, 0),
        )


class ThreadQueries:
    """The reads of a conversation's page. They block: call them from a worker thread."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def latest(self, conversation_id: str, reach: int | None = None) -> Thread | None:
        """The end of a conversation, with event `reach` in it; None when the conversation does not exist.

        Where `reach` is too far from the end, it is the part around it.
        """
        return self._read(conversation_id, lambda last_seq: _around(last_seq, reach))

    def since(self, conversation_id: str, first: int) -> Thread | None:
        """What was said from event `first` on."""
        return self._read(conversation_id, lambda last_seq: (max(first, last_seq - _MOST), None))

    def before(self, conversation_id: str, seq: int) -> Thread | None:
        """The part that ends before event `seq`."""
        return self._read(conversation_id, lambda _: (max(1, seq - PAGE), seq - 1))

    def part(self, conversation_id: str, first: int, size: int) -> Thread | None:
        """`size` events from event `first` on."""
        return self._read(conversation_id, lambda _: (first, first + size - 1))

    def marked(self, conversation_id: str) -> list[int]:
        """Numbers of the messages that are flagged or were understood badly."""
        with self._engine.connect() as connection:
            asked = sa.select(event.c.seq, event.c.turn).where(
                event.c.conversation_id == conversation_id, event.c.sender == "traveller", event.c.turn.is_not(None)
            )
            low = {row.seq for row in connection.execute(asked) if TurnReading.from_json(row.turn).low}
            flagged = sa.select(flag.c.seq).where(flag.c.conversation_id == conversation_id)
            return sorted(low.union(connection.execute(flagged).scalars()))

    def _read(self, conversation_id: str, part: Callable[[int], tuple[int, int | None]]) -> Thread | None:
        with self._engine.connect() as connection:
            found = connection.execute(
                sa.select(conversation).where(conversation.c.id == conversation_id)
            ).one_or_none()
            if found is None:
                return None
            first, last = part(found.last_seq)
            events = connection.execute(_events(conversation_id, first, last)).all()
            notes = connection.execute(
                sa.select(note).where(note.c.conversation_id == conversation_id).order_by(note.c.id)
            ).all()
            tags = connection.execute(
                sa.select(tag.c.name).where(tag.c.conversation_id == conversation_id).order_by(tag.c.name)
            ).scalars()
            ratings = connection.execute(
                sa.select(rating).where(rating.c.conversation_id == conversation_id).order_by(rating.c.chapter)
            ).all()
            messages = _with_articles([_message(row) for row in events])
            return Thread(found, messages, [_note(row) for row in notes], first, last, list(tags), ratings)

    def state(self, conversation_id: str) -> str | None:
        """The state of a conversation; None when it does not exist."""
        with self._engine.connect() as connection:
            found = sa.select(conversation.c.state).where(conversation.c.id == conversation_id)
            state: str | None = connection.execute(found).scalar_one_or_none()
            return state


def _around(last_seq: int, reach: int | None) -> tuple[int, int | None]:
    end = max(1, last_seq - PAGE + 1)
    if reach is None or reach >= end:
        return end, None
    if reach > last_seq - _MOST:
        return max(1, reach - _BEFORE), None
    return max(1, reach - _BEFORE), reach - _BEFORE + PAGE


def _events(conversation_id: str, first: int, last: int | None) -> Any:
    found = (
        sa.select(event, flag.c.reason.label("flag"))
        .outerjoin(flag, sa.and_(flag.c.conversation_id == event.c.conversation_id, flag.c.seq == event.c.seq))
        .where(event.c.conversation_id == conversation_id, event.c.seq >= first)
        .order_by(event.c.seq)
    )
    return found if last is None else found.where(event.c.seq <= last)


def _message(row: Row[Any]) -> ThreadMessage:
    return ThreadMessage(
        seq=row.seq,
        at=row.at,
        kind=row.kind,
        sender=row.sender,
        text=row.text,
        choices=row.choices or (),
        cards=row.cards or (),
        image=row.image,
        name=row.name,
        agent=row.agent,
        state=row.state,
        payload=row.payload,
        status=row.status,
        turn=row.turn,
        flag=row.flag,
    )


def _with_articles(messages: Sequence[ThreadMessage]) -> list[ThreadMessage]:
    """The messages, those of the traveller with the question of an article that answered them."""
    found: list[ThreadMessage] = []
    by_article = False
    for message in reversed(messages):
        if message.sender == "traveller":
            found.append(replace(message, answered_from=_answered_from(message)) if by_article else message)
            by_article = False
        else:
            found.append(message)
            by_article = by_article or message.name == _ARTICLE
    return found[::-1]


def _answered_from(message: ThreadMessage) -> str | None:
    """The question that was kept as told, else the likeliest one."""
    kept = ((message.turn or {}).get("slots") or {}).get("focus") or {}
    read = message.reading.in_context if message.reading else None
    if kept.get("unit"):
        return str(kept["unit"])
    return read.units[0][0] if read and read.units else None


def _note(row: Row[Any]) -> Note:
    return Note(row.id, row.after_seq, row.text, row.author, row.at)
