"""Brings an order database to the schema this release expects."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from sqlalchemy import event
from sqlalchemy.engine import Engine

from aftercare.database import open_engine

_LOCK = 0x65_53_49_4D  # any number that only our migrations use


def migrate(url: str, timeout: float = 60.0) -> None:
    """Upgrade the database at `url` to the newest revision; doing it again changes nothing.

    All of it is one transaction: it happens wholly or not at all, and of two processes that start at once the second
    waits, at most `timeout` seconds, and then finds nothing to do.

    Raises:
        sqlalchemy.exc.SQLAlchemyError: the database cannot be reached or refuses.
    """
    engine = open_engine(url, timeout)
    if engine.dialect.name == "sqlite":
        _lock_from_the_start(engine)
    config = Config(Path(__file__).with_name("alembic.ini"))
    try:
        with engine.begin() as connection:
            if engine.dialect.name == "postgresql":
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    finally:
        engine.dispose()


def _lock_from_the_start(engine: Engine) -> None:
    """Python's sqlite3 begins no transaction before DDL; ours begins at once and takes the write lock."""
    event.listen(engine, "connect", _leave_transactions_to_us)
    event.listen(engine, "begin", _begin)


def _leave_transactions_to_us(connection: Any, _record: Any) -> None:
    connection.isolation_level = None


def _begin(connection: sa.engine.Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")
