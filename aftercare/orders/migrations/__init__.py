"""Brings an order database to the schema this release expects."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config

from aftercare.orders.exclusive import exclusive


def migrate(url: str) -> None:
    """Upgrade the database at `url` to the newest revision; doing it again changes nothing.

    It happens wholly or not at all; of two processes that start at once the second waits and finds nothing to do.

    Raises:
        sqlalchemy.exc.SQLAlchemyError: the database cannot be reached or refuses.
    """
    config = Config(Path(__file__).with_name("alembic.ini"))
    with exclusive(url) as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
