"""Cases for a person: one open ticket per conversation and reason, with all they need to know."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, joinedload

from aftercare.base.sql import rows_changed
from aftercare.orders.announcements import announce
from aftercare.orders.locking import insert_unless_there
from aftercare.orders.support_hours import read_by
from aftercare.orders.tables import Purchase, Ticket

# requests for a person from one network whose tickets are open at the same time; a hotel's guests share an address
MOST_OF_ORIGIN = 10
ORIGIN_WITHIN = timedelta(hours=1)
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
    origin: str = "",
) -> tuple[Ticket, bool]:
    """Open a ticket, or give the one that is open for this conversation and reason and False.

    From one network (`origin`, a hash) come at most `MOST_OF_ORIGIN` requests for a person within the hour: further
    ones are counted on the latest of their tickets, which then is of another conversation.

    `number` must be an order the conversation may see; `read_by` of the ticket is when people will have read it: as
    `promised`, or as the support hours say.
    """
    if reason == HANDOFF and (other := _merged(session, conversation_id, origin, now)) is not None:
        return other, False
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
        origin=origin,
    )
    ticket = session.execute(
        sa.select(Ticket).where(
            Ticket.conversation_id == conversation_id, Ticket.reason == reason, Ticket.state != "closed"
        )
    ).scalar_one()
    if created:
        content = {"ticket": ticket.id, "reason": reason, "language": language, "order": number}
        announce(session, "ticket.opened", ticket.id, {**content, "conversation_id": conversation_id}, now)
    return ticket, created


def _merged(session: Session, conversation_id: str, origin: str, now: datetime) -> Ticket | None:
    """The ticket that one more request from this network is counted on; None while it may have one of its own."""
    if not origin or any(ticket.reason == HANDOFF for ticket in open_tickets(session, conversation_id)):
        return None
    of_origin = list(
        session.execute(
            sa.select(Ticket)
            .where(
                Ticket.origin == origin,
                Ticket.reason == HANDOFF,
                Ticket.state != "closed",
                Ticket.created_at > now - ORIGIN_WITHIN,
            )
            .order_by(Ticket.created_at.desc(), Ticket.id.desc())
            .limit(MOST_OF_ORIGIN)
        ).scalars()
    )
    if len(of_origin) < MOST_OF_ORIGIN:
        return None
    latest = of_origin[0]
    latest.summary = {
        **latest.summary,
        "more_from_same_network": int(latest.summary.get("more_from_same_network") or 0) + 1,
    }
    return latest


def all_open(session: Session, most: int = 2000) -> tuple[Ticket, ...]:
    """The tickets nobody has closed, oldest first."""
    wanted = sa.select(Ticket).where(Ticket.state != "closed").order_by(Ticket.created_at, Ticket.id).limit(most)
    return tuple(session.execute(wanted).scalars())


def close(session: Session, number: int) -> bool:
    """Close one ticket; False when there is none of this number that is open."""
    changed = session.execute(
        sa.update(Ticket)
        .where(Ticket.id == number, Ticket.state != "closed")
        .values(state="closed")
        .execution_options(synchronize_session=False)
    )
    return bool(rows_changed(changed))


class OtherTicketOpen(Exception):
    """The conversation has another open ticket for the same reason; `number` is its."""

    def __init__(self, number: int) -> None:
        super().__init__(str(number))
        self.number = number


def reopen(session: Session, number: int) -> bool:
    """Open one closed ticket again; False when there is none of this number that is closed.

    Raises:
        OtherTicketOpen: nothing was changed.
    """
    ticket = session.get(Ticket, number)
    if ticket is None or ticket.state != "closed":
        return False
    try:
        with session.begin_nested():
            changed = session.execute(
                sa.update(Ticket)
                .where(Ticket.id == number, Ticket.state == "closed")
                .values(state="open")
                .execution_options(synchronize_session=False)
            )
    except IntegrityError:
        other = next(each for each in open_tickets(session, ticket.conversation_id) if each.reason == ticket.reason)
        raise OtherTicketOpen(other.id) from None
    return bool(rows_changed(changed))


def page(
    session: Session,
    most: int,
    before: int | None = None,
    state: str | None = None,
    reason: str | None = None,
    conversation_id: str | None = None,
) -> tuple[Ticket, ...]:
    """Tickets of whatever state, the newest first, `most` of them that are older than the number `before`."""
    wanted = sa.select(Ticket).options(joinedload(Ticket.purchase)).order_by(Ticket.id.desc()).limit(most)
    for column, value in ((Ticket.state, state), (Ticket.reason, reason), (Ticket.conversation_id, conversation_id)):
        wanted = wanted if value is None else wanted.where(column == value)
    wanted = wanted if before is None else wanted.where(Ticket.id < before)
    return tuple(session.execute(wanted).scalars())


def open_tickets(session: Session, conversation_id: str) -> tuple[Ticket, ...]:
    """The conversation's tickets that nobody has closed, oldest first."""
    return tuple(
        session.execute(
            sa.select(Ticket)
            .where(Ticket.conversation_id == conversation_id, Ticket.state != "closed")
            .order_by(Ticket.created_at, Ticket.id)
        ).scalars()
    )


def of_order(session: Session, number: str, most: int) -> tuple[Ticket, ...]:
    """The tickets about an order that nobody has closed, of whatever conversation, the newest first."""
    wanted = (
        sa.select(Ticket)
        .join(Ticket.purchase)
        .where(Purchase.number == number, Ticket.state != "closed")
        .order_by(Ticket.id.desc())
        .limit(most)
    )
    return tuple(session.execute(wanted).scalars())


def add_to_summary(session: Session, conversation_id: str, reason: str, more: dict[str, Any]) -> None:
    """Tell whoever reads the conversation's open ticket for `reason` what has happened since; nothing without one."""
    for ticket in open_tickets(session, conversation_id):
        if ticket.reason == reason:
            ticket.summary = {**ticket.summary, **more}


def add_to_list(session: Session, conversation_id: str, reason: str, name: str, more: Sequence[str]) -> None:
    """The same for what is told in several messages: a list that keeps what it has."""
    for ticket in open_tickets(session, conversation_id):
        if ticket.reason == reason:
            kept = dict.fromkeys([*(ticket.summary.get(name) or ()), *more])
            ticket.summary = {**ticket.summary, name: list(kept)}


def add_note(session: Session, number: int, text: str) -> None:
    """Add what the traveller says of a ticket to it, for whoever reads it."""
    ticket = session.get_one(Ticket, number)
    kept = dict.fromkeys([*(ticket.summary.get("said_since") or ()), text])
    ticket.summary = {**ticket.summary, "said_since": list(kept)}


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
