"""Opens a database the same way everywhere: SQLite in WAL mode, PostgreSQL with short timeouts, times in UTC."""

from __future__ import annotations

import contextlib
import random
import sqlite3
import time
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import URL, Engine, make_url
from sqlalchemy.pool import QueuePool

_PAGES_AT_ONCE = 10_000  # of 4 KB: the write lock is not held for long


def utc_now() -> datetime:
    """The present, timezone-aware, in UTC."""
    return datetime.now(UTC)


class UtcDateTime(sa.types.TypeDecorator[datetime]):
    """A timezone-aware time, kept in UTC on every database (SQLite itself forgets the zone)."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> datetime | None:
        """The time in UTC, as the database gets it.

        Raises:
            ValueError: the time has no timezone.
        """
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value!r} has no timezone; use an aware datetime")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Any) -> datetime | None:
        """The time from the database, aware and in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def open_engine(url: str | URL, timeout: float = 3.0, name: str = "aftercare", *, durable: bool = True) -> Engine:
    """An engine for `url` whose connections, statements and lock waits give up after `timeout` seconds.

    SQLite runs in WAL mode with foreign keys on; a missing file or folder is made for its owner alone. PostgreSQL knows
    the connections by `name`.
    With `durable` a commit is on the disk when it returns (on SQLite, 8 ms on the disk it was measured on); without,
    the last ones may be lost with the machine's power, never in part.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        if parsed.database and parsed.database != ":memory:":
            _make_private_file(Path(parsed.database))
        engine = sa.create_engine(
            parsed, future=True, poolclass=QueuePool, connect_args={"timeout": timeout, "check_same_thread": False}
        )
        event.listen(engine, "connect", partial(_prepare_sqlite, timeout, durable))
        return engine
    options = f"-c statement_timeout={int(timeout * 1000)} -c lock_timeout={int(timeout * 1000)} -c timezone=utc"
    return sa.create_engine(
        parsed,
        future=True,
        pool_pre_ping=True,
        pool_size=10,
        connect_args={"connect_timeout": max(1, int(timeout)), "options": options, "application_name": name},
    )


def _make_private_file(path: Path) -> None:
    """SQLite gives the files beside it the same mode. Whatever opens it first makes it, also a command alone."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with contextlib.suppress(OSError):  # it is there; or cannot be, which SQLite says
        path.touch(mode=0o600, exist_ok=False)


def _prepare_sqlite(timeout: float, durable: bool, connection: sqlite3.Connection, _record: Any) -> None:
    """SQLite settings of a new connection: readers do not wait for the writer."""
    cursor = connection.cursor()
    if cursor.execute("PRAGMA page_count").fetchone()[0] == 0:
        with contextlib.suppress(sqlite3.OperationalError):  # another process makes the file, and does the same
            cursor.execute("PRAGMA auto_vacuum=INCREMENTAL")  # heeded by a file that is still empty
    _switch_to_wal(cursor, timeout)
    cursor.execute(f"PRAGMA synchronous={'FULL' if durable else 'NORMAL'}")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()


def _switch_to_wal(cursor: sqlite3.Cursor, timeout: float) -> None:
    """SQLite's own wait does not cover this: two connections that open a new file at once block each other."""
    give_up = time.monotonic() + timeout
    while True:
        try:
            cursor.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > give_up:
                raise
            time.sleep(random.uniform(0.005, 0.02))  # noqa: S311  spread out, so that they do not retry together


def give_space_back(engine: Engine) -> None:
    """Return pages of deleted rows to the disk; PostgreSQL's autovacuum does that by itself.

    A SQLite file made before this was possible keeps its size and fills the pages again, until `VACUUM` is run on it.
    """
    if engine.dialect.name != "sqlite":
        return
    with engine.connect() as connection:
        cursor = connection.connection.cursor()
        try:
            cursor.execute(f"PRAGMA incremental_vacuum({_PAGES_AT_ONCE})").fetchall()
            connection.connection.commit()
        except sqlite3.OperationalError:  # somebody writes: the next deletion does it
            connection.connection.rollback()
        finally:
            cursor.close()
