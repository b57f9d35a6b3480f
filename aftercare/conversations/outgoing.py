"""Has other systems told of conversations: reads what was stored, and puts an event for each into the outbox.

How far each conversation was told is kept beside it and moves on after the outbox has the events; each has a key of its
own. So none is lost when a desk stops in between, and none is told twice.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Engine, Row
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from aftercare.base.database import utc_now
from aftercare.base.sql import begin_to_write, insert
from aftercare.base.tasks import Repeated
from aftercare.conversations.context import Desk
from aftercare.conversations.tables import announced, conversation, event, rating
from aftercare.orders.announcements import EventType, announce
from aftercare.orders.outbox import Outbox
from aftercare.orders.tables import OrdersSwitch

log = logging.getLogger(__name__)

LOOK_EVERY = 1.0
_LOOK_BACK = timedelta(hours=1)
"""What the first look has not found is newer than this at each later one."""
_MOST = 200
_SINCE = "outgoing_events"  # the name of the switch that says since when conversations are told
_BECAME = {"waiting": "line", "agent": "agent", "assistant": "assistant"}


@dataclass(frozen=True)
class _News:
    """An event to be told: `about` makes it one of its kind."""

    kind: EventType
    about: str
    data: dict[str, object]
    at: datetime


class ConversationEvents:
    """Looks for what was stored and not told yet, while OUTGOING_WEBHOOKS names anybody."""

    def __init__(self, desk: Desk, look_every: float = LOOK_EVERY) -> None:
        self._engine: Engine = desk.store.engine
        self._orders = desk.orders
        self._outbox: Outbox = desk.outbox
        self._since: datetime | None = None
        self._looked_at: datetime | None = None
        self._loop = Repeated("Events of conversations for other systems", self._announce_new, look_every)

    def start(self) -> None:
        """Begin to look."""
        self._loop.start()

    async def stop(self) -> None:
        """Stop; what was not announced is announced after the next start."""
        await self._loop.stop()

    async def _announce_new(self) -> None:
        if await asyncio.to_thread(self.look):
            self._outbox.wake()

    def look(self) -> int:
        """Put what is new into the outbox; how many conversations had news. Blocks."""
        now = utc_now()
        if self._since is None:
            self._since = _begun(self._orders, now)
        since = self._since if self._looked_at is None else max(self._since, self._looked_at - _LOOK_BACK)
        announced_here = 0
        while found := self._with_news(since):
            for row in found:
                self._announce(row)
            announced_here += len(found)
            if len(found) < _MOST:
                break
        self._looked_at = now
        return announced_here

    def _with_news(self, since: datetime) -> Sequence[Row[Any]]:
        known = announced.c
        chosen = sa.select(
            conversation.c.id, conversation.c.channel, conversation.c.language, conversation.c.last_seq,
            sa.func.coalesce(known.seq, 0).label("seq"), sa.func.coalesce(known.is_open, sa.false()).label("is_open"),
            known.rated_at,
        ).outerjoin(announced, known.conversation_id == conversation.c.id)  # fmt: skip
        changed = chosen.where(
            conversation.c.updated_at >= since, conversation.c.last_seq > sa.func.coalesce(known.seq, 0)
        )
        rated = chosen.join(rating, rating.c.conversation_id == conversation.c.id).where(
            rating.c.at >= since, sa.or_(known.rated_at.is_(None), rating.c.at > known.rated_at)
        )
        with self._engine.connect() as connection:
            found = {row.id: row for each in (changed, rated) for row in connection.execute(each.limit(_MOST))}
        return list(found.values())[:_MOST]

    def _announce(self, row: Row[Any]) -> None:
        assert self._since is not None
        events = sa.select(event.c.seq, event.c.at, event.c.kind, event.c.sender, event.c.state).where(
            event.c.conversation_id == row.id, event.c.seq > row.seq, event.c.at >= self._since
        )
        ratings = sa.select(rating.c.chapter, rating.c.score, rating.c.at).where(
            rating.c.conversation_id == row.id, rating.c.at >= self._since
        )
        if row.rated_at is not None:
            ratings = ratings.where(rating.c.at > row.rated_at)
        with self._engine.connect() as connection:
            stored = connection.execute(events.order_by(event.c.seq)).all()
            scores = connection.execute(ratings.order_by(rating.c.at)).all()
        reader = _Reader(row.id, row.channel, row.language, bool(row.is_open))
        news = [each for one in stored for each in reader.read(one)]
        news += [reader.rated(score) for score in scores]
        with Session(self._orders, future=True) as session, session.begin():
            for each in news:
                announce(session, each.kind, each.about, each.data, each.at)
        values = {
            "seq": stored[-1].seq if stored else row.last_seq,
            "is_open": reader.is_open,
            "rated_at": scores[-1].at if scores else row.rated_at,
        }
        with self._engine.connect() as connection:
            begin_to_write(connection)
            if connection.execute(sa.select(conversation.c.id).where(conversation.c.id == row.id)).first() is None:
                return  # it was deleted meanwhile
            connection.execute(
                insert(connection, announced)
                .values(conversation_id=row.id, **values)
                .on_conflict_do_update(index_elements=["conversation_id"], set_=values)
            )
            connection.commit()


@dataclass
class _Reader:
    """Reads the events of a conversation in their order; `is_open` is whether it was told as opened."""

    conversation_id: str
    channel: str
    language: str
    is_open: bool

    def read(self, row: Row[Any]) -> Iterator[_News]:
        """What an event is for others; messages are told without their text."""
        if row.kind == "message":
            if row.sender == "traveller" and not self.is_open:
                self.is_open = True
                yield self._news("conversation.opened", row, channel=self.channel, language=self.language)
            yield self._news("message", row, **{"from": row.sender})
        elif row.state == "closed":
            self.is_open = False
            yield self._news("conversation.resolved", row)
        elif row.state in _BECAME:
            yield self._news("conversation.handed_over", row, to=_BECAME[row.state])

    def rated(self, row: Row[Any]) -> _News:
        """The event of a rating; its comment may be personal and is not told."""
        data = {"conversation_id": self.conversation_id, "score": row.score, "chapter": row.chapter}
        return _News("rating", f"{self._mark}:{row.chapter}:{row.at.timestamp():.6f}", data, row.at)

    def _news(self, kind: EventType, row: Row[Any], **more: object) -> _News:
        data = {"conversation_id": self.conversation_id, "seq": row.seq, **more}
        return _News(kind, f"{self._mark}:{row.seq}", data, row.at)

    @property
    def _mark(self) -> str:
        return hashlib.sha256(self.conversation_id.encode()).hexdigest()[:24]


def _begun(orders: Engine, now: datetime) -> datetime:
    """Since when conversations are told: the first time that anybody was to be."""
    with Session(orders, future=True) as session, session.begin():
        switch = session.get(OrdersSwitch, _SINCE)
        if switch is None:
            switch = OrdersSwitch(name=_SINCE, on=True, by="desk", at=now)
            session.add(switch)
        elif not switch.on:
            switch.on, switch.at = True, now
        return switch.at


def stop_announcing(orders: Engine) -> None:
    """Nobody is told any more: what is said until somebody is again, is told to nobody."""
    try:
        with Session(orders, future=True) as session, session.begin():
            switch = session.get(OrdersSwitch, _SINCE)
            if switch is not None and switch.on:
                switch.on, switch.at = False, utc_now()
    except SQLAlchemyError as error:  # it may not be there yet
        log.info("The order database is not asked since when others are told: %s", type(error).__name__)
