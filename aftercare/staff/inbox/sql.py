"""Statements worded alike for SQLite and PostgreSQL."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection

_INSERT = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


def insert(connection: Connection, table: sa.Table) -> Any:
    """The INSERT of this database that knows ON CONFLICT."""
    return _INSERT[connection.dialect.name](table)


@lru_cache(maxsize=16)
def _insert_unless_there(dialect: str, table: sa.Table) -> Any:
    return _INSERT[dialect](table).on_conflict_do_nothing()


def insert_unless_there(connection: Connection, table: sa.Table) -> Any:
    """The INSERT that leaves rows alone which are there already; built once, since that takes longer than running."""
    return _insert_unless_there(connection.dialect.name, table)
