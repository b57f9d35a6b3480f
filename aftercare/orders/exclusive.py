"""One transaction at a time on an order database, for what must not run twice at once: migrating and seeding."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import Connection

from aftercare.base.database import open_engine

_LOCK = 0x65_53_49_4D  # the key of the advisory lock; no other lock uses it


@contextmanager
def exclusive(url: str, timeout: float = 60.0) -> Iterator[Connection]:
    """A connection in a transaction that no other `exclusive` one runs beside; commits at the end, all or nothing.

    Raises:
        sqlalchemy.exc.SQLAlchemyError: the database cannot be reached, or a rival took longer than `timeout` seconds.
    """
    engine = open_engine(url, timeout)
    if engine.dialect.name == "sqlite":
        # Python's sqlite3 begins no transaction before DDL; BEGIN IMMEDIATE does, and takes the write lock.
        event.listen(engine, "connect", _leave_transactions_to_us)
        event.listen(engine, "begin", _begin)
    try:
        with engine.begin() as connection:
            if engine.dialect.name == "postgresql":
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
            yield connection
    finally:
        engine.dispose()


def _leave_transactions_to_us(connection: Any, _record: Any) -> None:
    connection.isolation_level = None


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")
