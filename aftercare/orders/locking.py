"""Statements that make concurrent changes of an order safe, the same way on SQLite and PostgreSQL."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from aftercare.orders.tables import OrdersBase, Purchase

_INSERT = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


def insert(session: Session, table: type[OrdersBase]) -> postgresql.Insert | sqlite.Insert:
    """The INSERT of this session's database that knows ON CONFLICT.

    Not a savepoint and IntegrityError: released as the first write of a pysqlite transaction, a savepoint commits it.
    """
    return _INSERT[session.get_bind().dialect.name](table)


def insert_unless_there(session: Session, table: type[OrdersBase], **values: Any) -> bool:
    """Insert a row unless a unique constraint says it exists; True when inserted. Waits for a rival transaction."""
    return bool(session.execute(insert(session, table).values(**values).on_conflict_do_nothing()).rowcount)


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


def serialise(session: Session, *keys: str) -> None:
    """Let transactions that name one of the same keys run one after the other on PostgreSQL.

    SQLite has a single writer, so there a transaction's first write does the same.
    """
    if session.get_bind().dialect.name == "postgresql":
        for key in sorted(keys):  # sorted, so that two transactions cannot deadlock
            session.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtextextended(key, 0))))
