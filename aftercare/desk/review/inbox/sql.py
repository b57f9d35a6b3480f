"""Statements worded alike for SQLite and PostgreSQL."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection

_INSERT = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


def insert(connection: Connection, table: sa.Table) -> Any:
    """The INSERT of this database that knows ON CONFLICT."""
    return _INSERT[connection.dialect.name](table)


def begin_to_write(connection: Connection) -> None:
    """Take SQLite's only write lock now: it must not find out at the first write that it waits."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("BEGIN IMMEDIATE")
