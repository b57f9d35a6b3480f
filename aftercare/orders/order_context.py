"""The order behind a conversation, as support staff look at it: everything of it that is on record."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from aftercare.orders.facts import OrderFacts
from aftercare.orders.lookup import order_facts
from aftercare.orders.tables import Customer, Esim, Plan, Purchase, RefundRequest, Ticket, Verification
from aftercare.orders.usage import UsageSummary, summary

MOST_ORDERS = 10


@dataclass(frozen=True)
class OrderContext:
    """The order last proven in a conversation.

    `requests` are that order's and those made in the conversation for another (the second charge of a double one);
    `others` are (number, status, time bought) of the same customer.
    """

    facts: OrderFacts
    usage: UsageSummary | None
    customer_id: int
    email: str
    name: str
    phone: str | None
    eid: str | None
    imei: str | None
    verified_at: datetime
    verified_until: datetime
    requests: tuple[RefundRequest, ...]
    others: tuple[tuple[str, str, datetime], ...]


_LINK = (
    sa.select(Purchase.number, Plan.provider_id, Purchase.customer_id, Customer.name)
    .join(Verification, Verification.purchase_id == Purchase.id)
    .join(Plan, Purchase.plan_id == Plan.id)
    .join(Customer, Purchase.customer_id == Customer.id)
    .where(Verification.conversation_id == sa.bindparam("conversation_id"))
    .order_by(Verification.verified_at.desc(), Verification.id.desc())
    .limit(1)
)


def link_of(session: Session, conversation_id: str) -> tuple[str, str, int, str] | None:
    """Order number, provider, customer and the customer's name of the order last proven in a conversation.

    Also when the proof has expired: it ended the traveller's access, not what the conversation was about.
    """
    row = session.execute(_LINK, {"conversation_id": conversation_id}).first()
    return None if row is None else (row.number, row.provider_id, row.customer_id, row.name)


def order_context(session: Session, conversation_id: str, now: datetime) -> OrderContext | None:
    """The order behind a conversation at the aware time `now`; None when none was proven in it."""
    linked = session.execute(
        sa.select(Verification, Purchase, Customer, Esim)
        .join(Purchase, Verification.purchase_id == Purchase.id)
        .join(Customer, Purchase.customer_id == Customer.id)
        .outerjoin(Esim, Esim.purchase_id == Purchase.id)
        .where(Verification.conversation_id == conversation_id)
        .order_by(Verification.verified_at.desc(), Verification.id.desc())
        .limit(1)
    ).first()
    if linked is None:
        return None
    proof, purchase, customer, esim = linked
    facts = order_facts(session, purchase.number, now)
    if facts is None:
        return None
    requests = session.execute(
        sa.select(RefundRequest)
        .where(sa.or_(RefundRequest.purchase_id == purchase.id, RefundRequest.conversation_id == conversation_id))
        .options(joinedload(RefundRequest.purchase))
        .order_by(RefundRequest.requested_at.desc(), RefundRequest.id.desc())
    ).scalars()
    others = session.execute(
        sa.select(Purchase.number, Purchase.status, Purchase.bought_at)
        .where(Purchase.customer_id == customer.id, Purchase.id != purchase.id)
        .order_by(Purchase.bought_at.desc())
        .limit(MOST_ORDERS)
    ).all()
    return OrderContext(
        facts=facts,
        usage=summary(session, purchase.number, now),
        customer_id=customer.id,
        email=customer.email,
        name=customer.name,
        phone=customer.phone,
        eid=esim.eid if esim else None,
        imei=esim.imei if esim else None,
        verified_at=proof.verified_at,
        verified_until=proof.until,
        requests=tuple(requests),
        others=tuple(tuple(row) for row in others),
    )


def tickets_of(session: Session, conversation_id: str) -> tuple[Ticket, ...]:
    """Every ticket of a conversation, the latest first."""
    return tuple(
        session.execute(
            sa.select(Ticket)
            .where(Ticket.conversation_id == conversation_id)
            .order_by(Ticket.created_at.desc(), Ticket.id.desc())
        ).scalars()
    )


def steps_of(ticket: Ticket) -> list[Any]:
    """The steps that were tried before a ticket was made."""
    found = ticket.summary or {}
    return [*(found.get("steps_tried") or []), *(found.get("steps_given") or [])]
