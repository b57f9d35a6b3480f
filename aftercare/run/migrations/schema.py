"""Brings the desk's database to the present schema; the desk does this each time it starts."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from sqlalchemy.engine import Connection, Engine

import aftercare.staff.access.tables
import aftercare.telegram.tables  # noqa: F401

_LOCK = 7_402_215_908  # any number of our own: PostgreSQL keeps two desks that start together from migrating together


def config(connection: Connection) -> Config:
    """Alembic's configuration for the desk, working on an open connection."""
    result = Config()
    result.set_main_option("script_location", str(Path(__file__).parent))
    result.attributes["connection"] = connection
    return result


def migrate(engine: Engine) -> None:
    """Apply the migrations that are missing; none when all are there."""
    with engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(sa.text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        command.upgrade(config(connection), "head")
