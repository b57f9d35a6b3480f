"""Finds purchases that were charged twice by mistake: same customer, plan and amount within minutes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from aftercare.orders.tables import OPEN_REQUEST_STATES, Purchase, RefundRequest

TWICE_WITHIN = timedelta(minutes=10)
_CHARGED = ("paid", "delivered")


def duplicate_charge(session: Session, number: str) -> Purchase | None:
    """The other purchase of a double charge, or None: neither was refunded nor is a refund of either under way."""
    twins = _twins(session, number)
    return twins[0] if twins else None


def first_of_duplicate(session: Session, number: str) -> str | None:
    """Number of the earlier purchase if `number` is the second charge for it; None for the first and for singles."""
    earliest = next(iter(_twins(session, number)), None)
    if earliest is None:
        return None
    own = session.execute(sa.select(Purchase.bought_at, Purchase.id).where(Purchase.number == number)).one()
    return str(earliest.number) if (earliest.bought_at, earliest.id) < (own.bought_at, own.id) else None


def _twins(session: Session, number: str) -> Sequence[Any]:
    """Purchases like this one, earliest first."""
    own = session.execute(sa.select(Purchase).where(Purchase.number == number)).scalar_one_or_none()
    if own is None or own.status not in _CHARGED or own.amount_minor == 0:
        return ()
    twin = aliased(Purchase)
    returning = sa.select(RefundRequest.id).where(
        RefundRequest.purchase_id == twin.id, RefundRequest.state.in_((*OPEN_REQUEST_STATES, "paid"))
    )
    rows = session.execute(
        sa.select(twin)
        .where(
            twin.customer_id == own.customer_id,
            twin.plan_id == own.plan_id,
            twin.amount_minor == own.amount_minor,
            twin.currency == own.currency,
            twin.bought_at.between(own.bought_at - TWICE_WITHIN, own.bought_at + TWICE_WITHIN),
            twin.id != own.id,
            twin.status.in_(_CHARGED),
            ~returning.exists(),
        )
        .order_by(twin.bought_at, twin.id)
    )
    return tuple(rows.scalars())
