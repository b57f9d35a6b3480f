"""Statements handed to the driver ready-made do what SQLAlchemy's own way does, on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.engine import Engine

from aftercare.base.database import UtcDateTime, open_engine
from aftercare.base.sql import PreparedStatement, begin_to_write

metadata = sa.MetaData()
thing = sa.Table(
    "thing",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("at", UtcDateTime),
    sa.Column("open", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("turn", sa.JSON(none_as_null=True)),
    sa.Column("status", sa.String(10)),
)
NAMES = [column.key for column in thing.c]
INSERT = PreparedStatement(sa.insert(thing), columns=NAMES)
SELECT = PreparedStatement(
    sa.select(*thing.c, sa.func.length(thing.c.text).label("size")).where(thing.c.id == sa.bindparam("key"))
)
ANSWER = PreparedStatement(
    sa.update(thing)
    .where(thing.c.id == sa.bindparam("key"), thing.c.status == "pending")
    .values(turn=sa.bindparam("was", type_=thing.c.turn.type), status="answered")
)

ZONES = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
STORABLE = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\x00"), max_size=40)
WORTH = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**9), 10**9) | STORABLE,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(STORABLE, inner, max_size=3),
    max_leaves=8,
)
ROWS = st.fixed_dictionaries(
    {
        "text": STORABLE,
        "at": st.none() | st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1), timezones=ZONES),
        "open": st.booleans(),
        "turn": st.none() | st.dictionaries(STORABLE, WORTH, max_size=3),
        "status": st.sampled_from([None, "pending", "answered"]),
    }
)


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    sqlite = request.param == "sqlite"
    engine = open_engine(f"sqlite:///{tmp_path}/things.db" if sqlite else request.getfixturevalue("postgres_url"))
    metadata.create_all(engine)
    yield engine
    engine.dispose()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(row=ROWS)
def test_values_come_back_as_they_do_from_sqlalchemy(database: Engine, row: dict[str, Any]) -> None:
    with database.connect() as connection:
        begin_to_write(connection)
        INSERT.run(connection, {"id": 1, **row})
        ours = SELECT.one_or_none(connection, {"key": 1})
        theirs = connection.execute(sa.select(*thing.c)).one()
        connection.rollback()
    assert ours is not None
    assert ours._asdict() == {**theirs._asdict(), "size": ours.size}
    assert (ours.text, ours.open, ours.turn, ours.at) == (row["text"], row["open"], row["turn"], row["at"])


def test_what_is_committed_stays_and_what_is_not_goes(database: Engine) -> None:
    fresh = {"at": None, "open": True, "turn": None, "status": "pending"}
    with database.connect() as connection:
        begin_to_write(connection)
        INSERT.run(connection, *({"id": number, "text": "x", **fresh} for number in (1, 2)))
        connection.commit()
    with database.connect() as connection:
        begin_to_write(connection)
        INSERT.run(connection, {"id": 3, "text": "y", **fresh})
    with database.connect() as connection:
        assert connection.execute(sa.select(thing.c.id).order_by(thing.c.id)).scalars().all() == [1, 2]


def test_it_tells_how_many_rows_it_met(database: Engine) -> None:
    row = {"id": 1, "text": "x", "at": None, "open": True, "turn": None, "status": "pending"}
    with database.connect() as connection:
        begin_to_write(connection)
        INSERT.run(connection, row)
        assert ANSWER.run(connection, {"key": 1, "was": {"intent": "greet"}}) == 1
        assert ANSWER.run(connection, {"key": 1, "was": {"intent": "thank"}}) == 0
        found = SELECT.one_or_none(connection, {"key": 1})
        assert found is not None
        assert (found.turn, found.status) == ({"intent": "greet"}, "answered")
        assert SELECT.one_or_none(connection, {"key": 2}) is None


def test_errors_are_sqlalchemys_and_quote_nobody(database: Engine) -> None:
    row = {"id": 1, "text": "my number is 021 555 0199", "at": None, "open": True, "turn": None, "status": None}
    with database.connect() as connection:
        begin_to_write(connection)
        INSERT.run(connection, row)
        with pytest.raises(sa.exc.IntegrityError) as raised:
            INSERT.run(connection, row)
    assert "021" not in str(raised.value)


def test_two_writers_wait_for_each_other(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path}/things.db", timeout=0)
    metadata.create_all(engine)
    with engine.connect() as first, engine.connect() as second:
        begin_to_write(first)
        with pytest.raises(sa.exc.OperationalError, match="locked"):
            begin_to_write(second)
    engine.dispose()
