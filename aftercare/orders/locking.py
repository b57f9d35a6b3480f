"""What makes two chats at once safe on the order database."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from aftercare.base.sql import insert_or_ignore, rows_changed
from aftercare.orders.tables import OrdersBase, Purchase

MIGRATING_OR_SEEDING = 0x65_53_49_4D  # the advisory lock of what changes the whole database


def insert_unless_there(session: Session, table: type[OrdersBase], **values: Any) -> bool:
    """Insert a row unless a unique constraint says it exists; True when inserted. Waits for a rival transaction."""
    return bool(rows_changed(session.execute(insert_or_ignore(session.get_bind(), table).values(**values))))


def lock_order(session: Session, number: str) -> None:
    """Let no other transaction decide on or change this order until ours ends.

    A write that changes nothing takes the row lock of PostgreSQL and the write lock of SQLite, which has no FOR UPDATE.
    """
    session.execute(
        sa.update(Purchase)
        .where(Purchase.number == number)
        .values(status=Purchase.status)
        .execution_options(synchronize_session=False)
    )
