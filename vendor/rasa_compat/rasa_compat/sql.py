"""The three places of Rasa's SQL tracker store that SQLAlchemy 2.0 no longer understands."""

from __future__ import annotations

import logging
import os
from types import ModuleType
from typing import Any
from urllib.parse import urlsplit

logger = logging.getLogger(__name__)


def speak_sqlalchemy_2(store: ModuleType) -> None:
    """Replace what Rasa says in the forms of SQLAlchemy 1.4; what it means stays."""
    import sqlalchemy as sa

    def ensure_schema_exists(session: Any) -> None:
        name = os.environ.get(store.POSTGRESQL_SCHEMA)
        if not name or not store.is_postgresql_url(session.get_bind().url):
            return
        found = sa.text("SELECT EXISTS (SELECT 1 FROM information_schema.schemata WHERE schema_name = :name)")
        if not session.execute(found, {"name": name}).scalar():
            raise ValueError(name)

    def get_db_url(
        dialect: str = "sqlite",
        host: str | None = None,
        port: int | None = None,
        db: str = "rasa.db",
        username: str | None = None,
        password: str | None = None,
        login_db: str | None = None,
        query: dict[str, Any] | None = None,
    ) -> Any:
        if host and "://" in host:
            return host
        if host:
            parsed = urlsplit(f"scheme://{host}")
            port, host = parsed.port or port, parsed.hostname or host
        return sa.URL.create(dialect, username, password, host, port, login_db or db, query or {})

    def _create_database_and_update_engine(self: Any, db: str, engine_url: Any) -> None:
        if self.engine.dialect.name != "postgresql":
            store.rasa.shared.utils.io.raise_warning(
                "The parameter 'login_db' can only be used with a postgres database."
            )
            return
        self._create_database(self.engine, db)
        self.engine.dispose()
        self.engine = sa.create_engine(sa.make_url(engine_url).set(database=db))

    def _create_database(engine: Any, database_name: str) -> None:
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            known = sa.text("SELECT 1 FROM pg_catalog.pg_database WHERE datname = :name")
            if connection.execute(known, {"name": database_name}).first():
                return
            try:
                connection.execute(sa.text(f"CREATE DATABASE {database_name}"))
            except (sa.exc.ProgrammingError, sa.exc.IntegrityError) as error:
                logger.error("Could not create database '%s': %s", database_name, error)

    store.ensure_schema_exists = ensure_schema_exists  # type: ignore[attr-defined]
    store.SQLTrackerStore.get_db_url = staticmethod(get_db_url)
    store.SQLTrackerStore._create_database_and_update_engine = _create_database_and_update_engine
    store.SQLTrackerStore._create_database = staticmethod(_create_database)
