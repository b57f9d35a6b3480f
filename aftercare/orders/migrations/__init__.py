"""Brings an order database to the schema this release expects."""

from __future__ import annotations

from pathlib import Path

from aftercare.base.migrations import upgrade
from aftercare.orders.locking import MIGRATING_OR_SEEDING


def migrate(url: str) -> None:
    """Apply the migrations that are missing from the database at `url`.

    Raises:
        sqlalchemy.exc.SQLAlchemyError: the database cannot be reached or refuses.
    """
    upgrade(url, Path(__file__).parent, MIGRATING_OR_SEEDING)
