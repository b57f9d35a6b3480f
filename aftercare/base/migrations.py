"""Brings a database to the schema this release expects, with the Alembic scripts of the package that owns it."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy.engine import URL, Connection

from aftercare.base.sql import exclusive_transaction


def upgrade(url: str | URL, scripts: Path, lock: int) -> None:
    """Upgrade the database at `url` to the newest revision in the folder `scripts`; doing it again changes nothing.

    It happens wholly or not at all; of two processes that start at once the second waits and finds nothing to do.
    `lock` is a number that nothing else on this database locks.

    Raises:
        sqlalchemy.exc.SQLAlchemyError: the database cannot be reached or refuses.
    """
    with exclusive_transaction(url, lock, rebuilding=True) as connection:
        command.upgrade(alembic_config(scripts, connection), "head")


def alembic_config(scripts: Path, connection: Connection) -> Config:
    """Alembic's configuration for the scripts in a folder, whose env.py works on an open connection."""
    config = Config()
    config.set_main_option("script_location", str(scripts))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config
