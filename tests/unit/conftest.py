"""An empty order database on SQLite for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from aftercare.base.database import open_engine
from aftercare.orders.tables import metadata


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    engine = open_engine(f"sqlite:///{tmp_path}/orders.db")
    metadata.create_all(engine)
    with Session(engine, future=True) as session:
        yield session
    engine.dispose()
