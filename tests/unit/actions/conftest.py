"""An empty order database as the actions' own: no test here reads that of this machine."""

from __future__ import annotations

import functools
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy.engine import Engine

import actions.turn
from aftercare.base.database import open_engine
from aftercare.orders.migrations import migrate


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty order database, migrated once: every test has a copy of it."""
    path = tmp_path_factory.mktemp("orders") / "orders.db"
    migrate(f"sqlite:///{path}")
    return path


@pytest.fixture(autouse=True)
def orders_opener(migrated: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], Engine]]:
    """Opens the order database of a test's own, once, in the actions too: many tests need none."""

    @functools.cache
    def opened() -> Engine:
        return open_engine(f"sqlite:///{shutil.copyfile(migrated, tmp_path / 'actions.db')}")

    monkeypatch.setattr(actions.turn, "orders_engine", opened)
    yield opened
    if opened.cache_info().currsize:
        opened().dispose()


@pytest.fixture
def orders(orders_opener: Callable[[], Engine]) -> Engine:
    """The order database of a test's own: none reads the one of the machine."""
    return orders_opener()
