"""An SQLite database for each test, by one engine: what SQLAlchemy has compiled once serves all tests of a process."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from aftercare.base.database import open_engine


class SqliteCopies:
    """Opens copies of a database, one at a time."""

    def __init__(self, original: Path) -> None:
        self._original = original
        self._path = original
        self._engine = open_engine(f"sqlite:///{original}")
        sa.event.listen(self._engine, "do_connect", self._open_copy)

    def _open_copy(self, _dialect: Any, _record: Any, arguments: list[Any], _options: dict[str, Any]) -> None:
        arguments[0] = str(self._path)

    def open(self, path: Path) -> sa.engine.Engine:
        """The engine, on a copy at `path` until it is disposed of."""
        self._path = shutil.copyfile(self._original, path)
        return self._engine

    @contextmanager
    def opened(self, path: Path) -> Iterator[sa.engine.Engine]:
        """The same, disposed of at the end."""
        yield self.open(path)
        self._engine.dispose()
