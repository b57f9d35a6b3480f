"""An empty order database on SQLite for each test, and what takes a second to read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from aftercare.base.database import open_engine
from aftercare.base.settings import DATA
from aftercare.orders.tables import metadata
from aftercare.understanding.reader.examples import TurnExample, read_examples
from tests.support.sqlite_copies import SqliteCopies


@pytest.fixture(scope="session")
def empty_orders(tmp_path_factory: pytest.TempPathFactory) -> SqliteCopies:
    """The tables without rows, made once: every test has a copy of them."""
    path = tmp_path_factory.mktemp("tables") / "orders.db"
    engine = open_engine(f"sqlite:///{path}")
    metadata.create_all(engine)
    engine.dispose()
    return SqliteCopies(path)


@pytest.fixture(scope="session")
def shipped_turns() -> tuple[TurnExample, ...]:
    """The examples in data/turns."""
    return tuple(read_examples(DATA / "turns"))


@pytest.fixture
def session(empty_orders: SqliteCopies, tmp_path: Path) -> Iterator[Session]:
    with empty_orders.opened(tmp_path / "orders.db") as engine, Session(engine, future=True) as session:
        yield session
