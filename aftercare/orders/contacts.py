"""Looks a customer up by e-mail address or order, with no more of them than another system needs to know them by."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from aftercare.base.identifiers import normalise_order_number
from aftercare.orders.ownership import normalise_email
from aftercare.orders.tables import Customer, Purchase

MOST_ORDERS = 50


@dataclass(frozen=True)
class Contact:
    """A customer; `orders` are (number, status, time bought), the latest first, at most `MOST_ORDERS`."""

    id: int
    name: str
    email: str
    language: str
    orders: tuple[tuple[str, str, datetime], ...]


def by_email(session: Session, email: str) -> Contact | None:
    """The customer with this e-mail address, in whatever case."""
    return _contact(session, Customer.email == normalise_email(email))


def by_order(session: Session, number: str) -> Contact | None:
    """The buyer of an order, by its number as people write it, or that of the whole order in the shop."""
    number = normalise_order_number(number) or number.strip()
    bought = sa.select(Purchase.customer_id).where(sa.or_(Purchase.number == number, Purchase.shop_number == number))
    return _contact(session, Customer.id == bought.limit(1).scalar_subquery())


def _contact(session: Session, which: sa.ColumnElement[Any]) -> Contact | None:
    found = session.execute(sa.select(Customer).where(which)).scalar_one_or_none()
    if found is None:
        return None
    orders = session.execute(
        sa.select(Purchase.number, Purchase.status, Purchase.bought_at)
        .where(Purchase.customer_id == found.id)
        .order_by(Purchase.bought_at.desc(), Purchase.id.desc())
        .limit(MOST_ORDERS)
    )
    return Contact(found.id, found.name, found.email, found.language, tuple(tuple(row) for row in orders))
