"""Databases are opened alike everywhere: WAL, foreign keys, bounded waits, times in UTC."""

from __future__ import annotations

import os
import stat
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from threading import Barrier

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.dialects import sqlite

from aftercare.base.database import UtcDateTime, open_engine, utc_now

ZONES = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
TIMES = st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1), timezones=ZONES)

metadata = sa.MetaData()
trip = sa.Table("trip", metadata, sa.Column("id", sa.Integer, primary_key=True), sa.Column("at", UtcDateTime))
stop = sa.Table("stop", metadata, sa.Column("trip_id", sa.ForeignKey("trip.id"), primary_key=True))


def test_sqlite_is_opened_with_wal_foreign_keys_and_a_busy_timeout(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path}/not/there/yet.db", timeout=1.5)
    with engine.connect() as connection:
        pragma = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "foreign_keys", "synchronous", "busy_timeout")
        }
    engine.dispose()
    assert pragma == {"journal_mode": "wal", "foreign_keys": 1, "synchronous": 2, "busy_timeout": 1500}


def test_foreign_keys_are_enforced(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path}/trips.db")
    metadata.create_all(engine)
    with pytest.raises(sa.exc.IntegrityError), engine.begin() as connection:
        connection.execute(sa.insert(stop).values(trip_id=1))
    engine.dispose()


def test_a_locked_database_is_given_up_on(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/trips.db"
    writer, waiting = open_engine(url), open_engine(url, timeout=0.3)
    metadata.create_all(writer)
    with writer.begin() as connection:
        connection.execute(sa.insert(trip).values(id=1))
        began = time.monotonic()
        with pytest.raises(sa.exc.OperationalError, match="locked"), waiting.begin() as other:
            other.execute(sa.insert(trip).values(id=2))
        assert time.monotonic() - began < 3
        with waiting.connect() as reader:  # readers do not wait for the writer
            assert reader.execute(sa.select(sa.func.count()).select_from(trip)).scalar() == 0
    writer.dispose()
    waiting.dispose()


@given(TIMES)
def test_a_time_comes_back_as_the_same_moment_in_utc(moment: datetime) -> None:
    kind, dialect = UtcDateTime(), sqlite.dialect()
    bound = kind.process_bind_param(moment, dialect)
    assert bound is not None
    read = kind.process_result_value(bound.replace(tzinfo=None), dialect)  # SQLite forgets the zone
    assert read == moment
    assert read.tzinfo is UTC


def test_times_are_kept_by_a_real_database(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path}/trips.db")
    metadata.create_all(engine)
    now = utc_now()
    auckland = now.astimezone(timezone(timedelta(hours=13)))
    with engine.begin() as connection:
        connection.execute(sa.insert(trip), [{"id": 1, "at": auckland}, {"id": 2, "at": None}])
    with engine.connect() as connection:
        kept = connection.execute(sa.select(trip.c.at).order_by(trip.c.id)).scalars().all()
        same = connection.execute(sa.select(trip.c.id).where(trip.c.at == auckland)).scalars().all()
    engine.dispose()
    assert kept == [now, None]
    assert same == [1]


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="no timezone"):
        UtcDateTime().process_bind_param(datetime(2026, 11, 22), sqlite.dialect())


def test_many_may_open_a_new_database_at_once(tmp_path: Path) -> None:
    together = Barrier(8)

    def first_use(path: Path) -> None:
        engine = open_engine(f"sqlite:///{path}")
        together.wait()
        with engine.begin() as connection:
            connection.exec_driver_sql("CREATE TABLE IF NOT EXISTS place (name TEXT)")
        engine.dispose()

    with ThreadPoolExecutor(8) as threads:
        for number in range(30):
            for ready in [threads.submit(first_use, tmp_path / f"{number}.db") for _ in range(8)]:
                ready.result()


def test_what_is_acknowledged_is_on_the_disk(tmp_path: Path) -> None:
    for durable, level in ((True, 2), (False, 1)):  # FULL and NORMAL, sqlite.org/pragma.html#pragma_synchronous
        engine = open_engine(f"sqlite:///{tmp_path}/a.db", durable=durable)
        with engine.connect() as connection:
            assert connection.exec_driver_sql("PRAGMA synchronous").scalar_one() == level
        engine.dispose()


def test_a_new_file_is_its_owners_alone_whoever_opens_it(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        with open_engine(f"sqlite:///{tmp_path}/var/new.db").begin() as connection:
            connection.exec_driver_sql("CREATE TABLE t (x)")
            made = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.rglob("*")}
        assert made == {"var": 0o700, "new.db": 0o600, "new.db-wal": 0o600, "new.db-shm": 0o600}
    finally:
        os.umask(before)
