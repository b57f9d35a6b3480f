"""Finds purchases that were charged twice by mistake: same customer, plan and amount within minutes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Row
from sqlalchemy.orm import Session

from aftercare.orders.tables import OPEN_REQUEST_STATES, Purchase, RefundRequest

TWICE_WITHIN = timedelta(minutes=10)
_CHARGED = ("paid", "delivered")

_OWN = sa.select(
    Purchase.id,
    Purchase.customer_id,
    Purchase.plan_id,
    Purchase.amount_minor,
    Purchase.currency,
    Purchase.status,
    Purchase.bought_at,
).where(Purchase.number == sa.bindparam("number"))
_RETURNING = sa.select(RefundRequest.id).where(
    RefundRequest.purchase_id == Purchase.id, RefundRequest.state.in_((*OPEN_REQUEST_STATES, "paid"))
)
_TWINS = (
    sa.select(Purchase.id, Purchase.number, Purchase.bought_at)
    .where(
        Purchase.customer_id == sa.bindparam("customer_id"),
        Purchase.plan_id == sa.bindparam("plan_id"),
        Purchase.amount_minor == sa.bindparam("amount_minor"),
        Purchase.currency == sa.bindparam("currency"),
        Purchase.bought_at.between(sa.bindparam("earliest"), sa.bindparam("latest")),
        Purchase.id != sa.bindparam("id"),
        Purchase.status.in_(_CHARGED),
        ~_RETURNING.exists(),
    )
    .order_by(Purchase.bought_at, Purchase.id)
)


def duplicate_charge(session: Session, number: str) -> Purchase | None:
    """The other purchase of a double charge, or None: neither was refunded, nor is a refund of the other under way."""
    _, twins = _own_and_twins(session, number)
    return session.get(Purchase, twins[0].id) if twins else None


def first_of_duplicate(session: Session, number: str) -> str | None:
    """Number of the earlier purchase if `number` is the second charge for it; None for the first and for singles."""
    own, twins = _own_and_twins(session, number)
    if own is None or not twins or (own.bought_at, own.id) < (twins[0].bought_at, twins[0].id):
        return None
    return str(twins[0].number)


def _own_and_twins(session: Session, number: str) -> tuple[Row | None, Sequence[Row]]:
    """The purchase and those like it, earliest first."""
    own = session.execute(_OWN, {"number": number}).one_or_none()
    if own is None or own.status not in _CHARGED or own.amount_minor == 0:
        return own, ()
    span = {"earliest": own.bought_at - TWICE_WITHIN, "latest": own.bought_at + TWICE_WITHIN}
    return own, session.execute(_TWINS, {**own._mapping, **span}).all()
