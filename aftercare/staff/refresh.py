"""Reads conversations that changed since it last ran, and keeps the figures and the annotation queue up to date."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine, Row
from sqlalchemy.exc import SQLAlchemyError

from aftercare.base.database import utc_now
from aftercare.base.sql import try_advisory_lock
from aftercare.conversations.tables import conversation, rating
from aftercare.conversations.transcript import TranscriptMessage, read
from aftercare.conversations.worker import Worker
from aftercare.orders.tables import Plan, Purchase, RefundRequest, Ticket, Verification
from aftercare.staff.analytics.facts import facts_of
from aftercare.staff.analytics.tables import conversation_fact, feedback_fact, intent_fact, step_fact
from aftercare.staff.teaching.queue import worth_a_look
from aftercare.staff.teaching.tables import annotation

log = logging.getLogger(__name__)

BATCH = 50  # conversations per transaction
PAUSE = 0.1  # seconds between two batches, so that catching up with a long history leaves the chat its time
EVERY = 15.0  # seconds between two runs


class Refresher:
    """Keeps the figures of a desk up to date while it runs."""

    def __init__(self, database: Engine, orders: Engine, zone: ZoneInfo) -> None:
        self._database = database
        self._orders = orders
        self._zone = zone
        self._worker = Worker(database)  # beside the chat's own thread

    async def run(self) -> None:
        """Run until cancelled."""
        while True:
            try:
                while await self._worker.run(refresh, self._database, self._orders, self._zone, utc_now()) == BATCH:
                    await asyncio.sleep(PAUSE)
            except SQLAlchemyError as error:  # its message may quote the traveller, so only its kind is logged
                log.error("The figures are not kept up to date: %s", type(error).__name__)
            except Exception:
                log.exception("The figures are not kept up to date")
            await asyncio.sleep(EVERY)

    def close(self) -> None:
        """Wait for running work to end."""
        self._worker.close()


def refresh(database: Engine, orders: Engine, zone: ZoneInfo, now: datetime, limit: int = BATCH) -> int:
    """Read up to `limit` conversations that were continued or rated since; returns how many.

    One desk at a time does it: of two, the slower would put back what the other has read later.
    """
    with database.connect() as connection:
        if not try_advisory_lock(connection, "figures"):
            return 0
        return _refresh(connection, orders, zone, now, limit)


def _refresh(connection: Connection, orders: Engine, zone: ZoneInfo, now: datetime, limit: int) -> int:
    found = connection.execute(_CHANGED.limit(limit)).all()
    ids = [row.id for row in found]
    events = read(connection, ids)
    ratings = _ratings(connection, ids)
    erased = connection.execute(sa.select(annotation.c.id).where(_ERASED).limit(1)).first()
    if not found and not erased:
        return 0
    about = _order_and_ticket(orders, ids)
    refreshed = [
        _Refreshed(row, events.get(row.id, []), ratings.get(row.id), *about.get(row.id, (None, None, False)), zone)
        for row in found
    ]
    # SQLite's write lock is taken with the first deletion, and the chat waits for it: nothing is computed from here on
    _replace(connection, ids, refreshed, now)
    connection.execute(sa.delete(annotation).where(_ERASED))
    connection.commit()
    return len(found)


class _Refreshed:
    """What one conversation adds to the figures and the queue."""

    def __init__(
        self,
        row: Row[Any],
        events: list[TranscriptMessage],
        score: int | None,
        provider: str | None,
        ticket: str | None,
        decided: bool,
        zone: ZoneInfo,
    ) -> None:
        facts = facts_of(events, zone, ticket, decided=decided)
        day = row.started_at.astimezone(zone).date()
        self.key = row.id
        self.fact = {
            "read_until": row.last_seq, "day": day, "language": row.language, "channel": row.channel,
            "provider": provider, "messages": facts.messages, "outcome": facts.outcome,
            "handoff_reason": facts.handoff_reason, "handoff_at": facts.handoff_at,
            "first_reply_seconds": facts.first_reply_seconds, "resolution_seconds": facts.resolution_seconds,
            "rating": score, "deflected": facts.deflected, "resolved": facts.resolved, "abandoned": facts.abandoned,
            "reopened": facts.reopened,
        }  # fmt: skip
        self.intents = [
            {
                "conversation_id": row.id, "day": on, "intent": name, "messages": number, "confidence": total,
                "language": row.language, "channel": row.channel, "provider": provider,
            }
            for (on, name), (number, total) in facts.intents.items()
        ]  # fmt: skip
        self.steps = [
            {"conversation_id": row.id, "step": step, "day": on, "outcome": outcome}
            for step, (on, outcome) in facts.steps.items()
        ]
        self.feedback = [
            {"conversation_id": row.id, "about": about, "day": on, "language": language, "helpful": helpful}
            for about, (on, language, helpful) in facts.feedback.items()
        ]
        self.queue = worth_a_look(events, score, row.language)


def _replace(connection: Connection, ids: Sequence[str], refreshed: Sequence[_Refreshed], now: datetime) -> None:
    """Replace the stored figures by the present ones, many rows per statement because each statement costs time."""
    rows = {
        conversation_fact: [{"conversation_id": each.key, "read_at": now, **each.fact} for each in refreshed],
        intent_fact: [row for each in refreshed for row in each.intents],
        step_fact: [row for each in refreshed for row in each.steps],
        feedback_fact: [row for each in refreshed for row in each.feedback],
    }
    for table, values in rows.items():
        connection.execute(sa.delete(table).where(table.c.conversation_id.in_(ids)))
        if values:
            connection.execute(sa.insert(table), values)
    _queue(connection, ids, [{"conversation_id": each.key, **row} for each in refreshed for row in each.queue])


# The text of a conversation that was erased goes as well, unless it was decided to be a sentence.
_ERASED = annotation.c.conversation_id.is_(None) & (annotation.c.state != "accepted")
_rated_at = sa.select(sa.func.max(rating.c.at)).where(rating.c.conversation_id == conversation.c.id).scalar_subquery()
_CHANGED = (
    sa.select(
        conversation.c.id, conversation.c.language, conversation.c.channel, conversation.c.started_at,
        conversation.c.last_seq,
    )
    .outerjoin(conversation_fact, conversation_fact.c.conversation_id == conversation.c.id)
    .where(
        sa.or_(
            conversation_fact.c.read_until.is_(None),
            conversation_fact.c.read_until < conversation.c.last_seq,
            conversation_fact.c.read_at <= _rated_at,
        ),
        conversation.c.last_seq > 0,
    )
    .order_by(conversation.c.updated_at)
)  # fmt: skip


def _ratings(connection: Connection, ids: Sequence[str]) -> dict[str, int]:
    """The latest rating of each conversation."""
    query = sa.select(rating.c.conversation_id, rating.c.score).where(rating.c.conversation_id.in_(ids))
    return {row.conversation_id: row.score for row in connection.execute(query.order_by(rating.c.at))}


def _order_and_ticket(orders: Engine, ids: Sequence[str]) -> dict[str, tuple[str | None, str | None, bool]]:
    """Provider of the order, reason of the latest ticket, and whether staff decided a request, by conversation."""
    if not ids:
        return {}
    with orders.connect() as connection:
        providers = {
            row.conversation_id: row.provider_id
            for row in connection.execute(
                sa.select(Verification.conversation_id, Plan.provider_id)
                .join(Purchase, Purchase.id == Verification.purchase_id)
                .join(Plan, Plan.id == Purchase.plan_id)
                .where(Verification.conversation_id.in_(ids))
                .order_by(Verification.verified_at)
            )
        }
        reasons = {
            row.conversation_id: row.reason
            for row in connection.execute(
                sa.select(Ticket.conversation_id, Ticket.reason)
                .where(Ticket.conversation_id.in_(ids))
                .order_by(Ticket.created_at)
            )
        }
        decided = set(
            connection.execute(
                sa.select(RefundRequest.conversation_id).where(
                    RefundRequest.conversation_id.in_(ids), RefundRequest.decided_by.is_not(None)
                )
            ).scalars()
        )
    found = {*providers, *reasons, *decided}
    return {each: (providers.get(each), reasons.get(each), each in decided) for each in found if each}


def _queue(connection: Connection, ids: Sequence[str], rows: Sequence[dict[str, Any]]) -> None:
    """Add what is new to the annotation queue; what staff decided stays, an open entry follows what is known now."""
    columns = (annotation.c.id, annotation.c.conversation_id, annotation.c.seq, annotation.c.state, annotation.c.reason)
    query = sa.select(*columns).where(annotation.c.conversation_id.in_(ids))
    known = {(row.conversation_id, row.seq): row for row in connection.execute(query)}
    new = [row for row in rows if (row["conversation_id"], row["seq"]) not in known]
    if new:
        connection.execute(sa.insert(annotation), [{"state": "open", **row} for row in new])
    for row in rows:
        earlier = known.get((row["conversation_id"], row["seq"]))
        if earlier is not None and earlier.state == "open" and earlier.reason != row["reason"]:
            connection.execute(
                sa.update(annotation)
                .where(annotation.c.id == earlier.id)
                .values(reason=row["reason"], suggestion=row["suggestion"])
            )
