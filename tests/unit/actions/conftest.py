"""An empty order database as the actions' own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.engine import Engine

import actions.turn
from aftercare.base.database import open_engine
from aftercare.orders.migrations import migrate


@pytest.fixture
def orders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    url = f"sqlite:///{tmp_path}/actions.db"
    migrate(url)
    engine = open_engine(url)
    monkeypatch.setattr(actions.turn, "orders_engine", lambda: engine)
    yield engine
    engine.dispose()
