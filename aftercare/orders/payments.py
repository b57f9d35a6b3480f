"""Finds purchases that were charged twice by mistake: same customer, plan and amount within minutes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Row
from sqlalchemy.orm import Session

from aftercare.orders.tables import OPEN_REQUEST_STATES, Purchase, RefundRequest

TWICE_WITHIN = timedelta(minutes=10)
_CHARGED = ("paid", "delivered")

_PURCHASE = sa.select(
    Purchase.id,
    Purchase.customer_id,
    Purchase.plan_id,
    Purchase.amount_minor,
    Purchase.currency,
    Purchase.status,
    Purchase.bought_at,
).where(Purchase.number == sa.bindparam("number"))
_REFUND_UNDER_WAY = sa.select(RefundRequest.id).where(
    RefundRequest.purchase_id == Purchase.id, RefundRequest.state.in_((*OPEN_REQUEST_STATES, "paid"))
)
_ALIKE = (
    sa.select(Purchase.id, Purchase.number, Purchase.bought_at)
    .where(
        Purchase.customer_id == sa.bindparam("customer_id"),
        Purchase.plan_id == sa.bindparam("plan_id"),
        Purchase.amount_minor == sa.bindparam("amount_minor"),
        Purchase.currency == sa.bindparam("currency"),
        Purchase.bought_at.between(sa.bindparam("earliest"), sa.bindparam("latest")),
        Purchase.id != sa.bindparam("id"),
    )
    .order_by(Purchase.bought_at, Purchase.id)
)
_DUPLICATES = _ALIKE.where(Purchase.status.in_(_CHARGED), ~_REFUND_UNDER_WAY.exists())
_RETURNED = _ALIKE.where(Purchase.status.in_((*_CHARGED, "refunded")), _REFUND_UNDER_WAY.exists())


def duplicate_charge(session: Session, number: str) -> Purchase | None:
    """The other purchase of a double charge, or None: neither was refunded, nor is a refund of the other under way."""
    _, duplicates = _own_and_duplicates(session, number)
    return session.get(Purchase, duplicates[0].id) if duplicates else None


def first_of_duplicate(session: Session, number: str) -> str | None:
    """Number of the earlier purchase if `number` is the second charge for it; None for the first and for singles."""
    own, duplicates = _own_and_duplicates(session, number)
    if own is None or not duplicates or (own.bought_at, own.id) < (duplicates[0].bought_at, duplicates[0].id):
        return None
    return str(duplicates[0].number)


def returned_duplicate(session: Session, number: str) -> str | None:
    """Number of the other purchase of a double charge whose money is on its way back, or back already; None else."""
    _, returned = _own_and_duplicates(session, number, _RETURNED)
    return str(returned[-1].number) if returned else None


def _own_and_duplicates(
    session: Session, number: str, wanted: sa.Select[Any] = _DUPLICATES
) -> tuple[Row[Any] | None, Sequence[Row[Any]]]:
    """The purchase and those that look like a second charge for it, earliest first."""
    own = session.execute(_PURCHASE, {"number": number}).one_or_none()
    if own is None or own.status not in _CHARGED or own.amount_minor == 0:
        return own, ()
    span = {"earliest": own.bought_at - TWICE_WITHIN, "latest": own.bought_at + TWICE_WITHIN}
    return own, session.execute(wanted, {**own._mapping, **span}).all()
