"""Brings the desk's database to the present schema; the desk does this each time it starts."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy.engine import Engine

from aftercare.base.migrations import upgrade

SCRIPTS = Path(__file__).parent
_LOCK = 7_402_215_908  # the advisory lock of desks that start together


def migrate(engine: Engine) -> None:
    """Apply the migrations that are missing; none when all are there.

    Raises:
        sqlalchemy.exc.SQLAlchemyError: the database cannot be reached or refuses.
    """
    upgrade(engine.url, SCRIPTS, _LOCK)
