"""An empty order database as the actions' own: no test here reads that of this machine."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy.engine import Engine

import actions.turn
from aftercare.orders.migrations import migrate
from tests.support.sqlite_copies import SqliteCopies


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> SqliteCopies:
    """An empty order database, migrated once: every test has a copy of it."""
    path = tmp_path_factory.mktemp("orders") / "orders.db"
    migrate(f"sqlite:///{path}")
    return SqliteCopies(path)


@pytest.fixture(autouse=True)
def orders_opener(
    migrated: SqliteCopies, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[], Engine]]:
    """Opens the order database of a test's own, once, in the actions too: many tests need none."""

    @functools.cache
    def opened() -> Engine:
        return migrated.open(tmp_path / "actions.db")

    monkeypatch.setattr(actions.turn, "orders_engine", opened)
    yield opened
    if opened.cache_info().currsize:
        opened().dispose()


@pytest.fixture
def orders(orders_opener: Callable[[], Engine]) -> Engine:
    """The order database of a test's own: none reads the one of the machine."""
    return orders_opener()
