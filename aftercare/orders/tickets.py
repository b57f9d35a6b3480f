"""Cases for a person: one open ticket per conversation and reason, with all they need to know."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from aftercare.orders.concurrency import insert_unless_there
from aftercare.orders.support_hours import read_by
from aftercare.orders.tables import Purchase, Ticket


def open_ticket(
    session: Session,
    conversation_id: str,
    reason: str,
    language: str,
    summary: dict[str, Any],
    now: datetime,
    number: str | None = None,
) -> tuple[Ticket, bool]:
    """Open a ticket, or give the one that is open for this conversation and reason and False.

    `number` must be an order the conversation may see; `read_by` of the ticket is when people will have read it.
    """
    purchase = sa.select(Purchase.id).where(Purchase.number == number).scalar_subquery()
    created = insert_unless_there(
        session,
        Ticket,
        conversation_id=conversation_id,
        purchase_id=None if number is None else purchase,
        reason=reason,
        language=language,
        summary=summary,
        state="open",
        created_at=now,
        read_by=read_by(now),
    )
    ticket = session.execute(
        sa.select(Ticket).where(
            Ticket.conversation_id == conversation_id, Ticket.reason == reason, Ticket.state != "closed"
        )
    ).scalar_one()
    return ticket, created


def open_tickets(session: Session, conversation_id: str) -> tuple[Ticket, ...]:
    """The conversation's tickets that nobody has closed, oldest first."""
    return tuple(
        session.execute(
            sa.select(Ticket)
            .where(Ticket.conversation_id == conversation_id, Ticket.state != "closed")
            .order_by(Ticket.created_at, Ticket.id)
        ).scalars()
    )


def add_to_summary(session: Session, conversation_id: str, reason: str, more: dict[str, Any]) -> None:
    """Tell whoever reads the conversation's open ticket for `reason` what has happened since; nothing without one."""
    for ticket in open_tickets(session, conversation_id):
        if ticket.reason == reason:
            ticket.summary = {**ticket.summary, **more}


def queue_position(session: Session, ticket: Ticket) -> int:
    """Place of a ticket's traveller among those who wait for a person, from 1; several tickets are one traveller."""
    before = sa.or_(
        Ticket.created_at < ticket.created_at,
        sa.and_(Ticket.created_at == ticket.created_at, Ticket.id < ticket.id),
    )
    others = sa.and_(Ticket.state == "open", Ticket.conversation_id != ticket.conversation_id)
    waiting = sa.select(sa.func.count(Ticket.conversation_id.distinct())).where(others, before)
    return int(session.execute(waiting).scalar_one()) + 1


def set_state(session: Session, conversation_id: str, state: str) -> int:
    """Bring the conversation's tickets that nobody has closed to `state` (open, claimed, closed); how many changed."""
    changed = session.execute(
        sa.update(Ticket)
        .where(Ticket.conversation_id == conversation_id, Ticket.state.not_in(("closed", state)))
        .values(state=state)
        .execution_options(synchronize_session=False)
    )
    return int(changed.rowcount)
