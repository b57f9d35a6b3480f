"""Cases for a person: one open ticket per conversation and reason, with all they need to know."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from aftercare.base.sql import rows_changed
from aftercare.orders.locking import insert_unless_there
from aftercare.orders.support_hours import read_by
from aftercare.orders.tables import Purchase, Ticket

HANDOFF = "handoff"  # the reason of a ticket whose traveller wants to talk to a person


def open_ticket(
    session: Session,
    conversation_id: str,
    reason: str,
    language: str,
    summary: dict[str, Any],
    now: datetime,
    number: str | None = None,
    promised: datetime | None = None,
) -> tuple[Ticket, bool]:
    """Open a ticket, or give the one that is open for this conversation and reason and False.

    `number` must be an order the conversation may see; `read_by` of the ticket is when people will have read it: as
    `promised`, or as the support hours say.
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
        read_by=promised or read_by(now),
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


def asked_at(session: Session, conversation_id: str) -> datetime | None:
    """Since when a ticket that nobody has taken asks for a person's work.

    One for a hand-over asks for a talk: whether the traveller still waits for that, the conversation itself says.
    """
    wanted = (Ticket.conversation_id == conversation_id, Ticket.state == "open", Ticket.reason != HANDOFF)
    found: datetime | None = session.execute(sa.select(sa.func.min(Ticket.created_at)).where(*wanted)).scalar_one()
    return found


def conversations_with_open_tickets(session: Session) -> tuple[str, ...]:
    """Conversations in which a ticket asks for a person's work."""
    wanted = sa.select(Ticket.conversation_id).where(Ticket.state == "open", Ticket.reason != HANDOFF).distinct()
    return tuple(session.execute(wanted).scalars())


def set_state(session: Session, conversation_id: str, state: str, reason: str | None = None) -> int:
    """Bring the conversation's tickets that nobody has closed to `state` (open, claimed, closed); how many changed.

    With `reason`, only the ticket for it.
    """
    changed = session.execute(
        sa.update(Ticket)
        .where(
            Ticket.conversation_id == conversation_id,
            Ticket.state.not_in(("closed", state)),
            *([] if reason is None else [Ticket.reason == reason]),
        )
        .values(state=state)
        .execution_options(synchronize_session=False)
    )
    return rows_changed(changed)
