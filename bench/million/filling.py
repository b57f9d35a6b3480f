"""Writes made-up conversations into empty databases by their quickest way."""

from __future__ import annotations

import itertools
import operator
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from io import StringIO
from typing import Any

import numpy as np
from sqlalchemy.engine import Engine

from million.sample import Row, Sample

CHUNK = 20_000
_ORDERS = ("customer", "purchase", "esim", "verification", "refund_request", "ticket")


def fill(desk: Engine, orders: Engine, conversations: int, messages: int) -> str:
    """Fill migrated databases, the orders' with its catalogue in place; what was written, in a sentence."""
    began, sample = time.perf_counter(), Sample(conversations, messages)
    with _filling(desk) as to_desk, _filling(orders) as to_orders:
        written, made = 0, sample.make()
        while chunk := list(itertools.islice(made, 1000)):
            events = [row for _conversation, several in chunk for row in several]
            written += sum(row["kind"] == "message" for row in events)
            to_desk.load("conversation", [conversation for conversation, _events in chunk])
            to_desk.load("event", events)
        terms = [{"id": n, "kind": kind, "value": value} for (kind, value), n in sample.terms.items()]
        to_desk.load("summary", sample.rows["summary"])
        to_desk.load("term", terms)
        pairs = np.sort(np.frombuffer(sample.postings, dtype=np.int64))
        for start in range(0, len(pairs), CHUNK * 10):
            part = pairs[start : start + CHUNK * 10]
            both = zip((part >> 24).tolist(), (part & 0xFFFFFF).tolist(), strict=True)
            to_desk.write("posting", ["term_id", "number"], both)
        for name, rows in sample.rows.items():
            if name != "summary":
                (to_orders if name in _ORDERS else to_desk).load(name, rows)
    for engine in (desk, orders):
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("VACUUM ANALYZE" if engine.dialect.name == "postgresql" else "ANALYZE")
    facts = sum(len(rows) for name, rows in sample.rows.items() if name.endswith("_fact"))
    spent = time.perf_counter() - began
    return (
        f"{written:,} messages in {conversations:,} conversations, {len(pairs):,} postings, {facts:,} rows of figures, "
        f"{len(sample.rows['purchase']):,} orders ({spent:.0f} s to write)"
    )


class _Filling:
    """One connection that writes rows in bulk."""

    def __init__(self, connection: Any, sqlite: bool) -> None:
        self._connection = connection
        self._sqlite = sqlite

    def load(self, table: str, rows: list[Row]) -> None:
        """Write rows that all have the columns of the first."""
        if rows:
            columns = list(rows[0])
            self.write(table, columns, map(operator.itemgetter(*columns), rows))

    def write(self, table: str, columns: list[str], values: Iterable[Sequence[Any]]) -> None:
        """Write the values of these columns, and commit."""
        cursor = self._connection.cursor()
        if self._sqlite:
            names, marks = ", ".join(f'"{name}"' for name in columns), ", ".join("?" * len(columns))
            statement = f"INSERT INTO {table} ({names}) VALUES ({marks})"
            cursor.executemany(statement, ([_sqlite(value) for value in row] for row in values))
        else:
            waiting = iter(values)
            while several := list(itertools.islice(waiting, CHUNK)):
                lines = "\n".join("\t".join(map(_copied, row)) for row in several)
                cursor.copy_from(StringIO(lines + "\n"), table, columns=columns)
        self._connection.commit()


@contextmanager
def _filling(engine: Engine) -> Iterator[_Filling]:
    """A connection for a database that nobody else uses and that may be made anew when this is interrupted.

    SQLite makes indexes faster of all rows at once than row by row.
    """
    raw = engine.raw_connection()
    sqlite = engine.dialect.name == "sqlite"
    cursor, indexes = raw.cursor(), []
    if sqlite:
        for pragma in ("synchronous=OFF", "foreign_keys=OFF", "cache_size=-200000", "temp_store=MEMORY"):
            cursor.execute(f"PRAGMA {pragma}")
        found = "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
        indexes = cursor.execute(found).fetchall()
        for name, _sql in indexes:
            cursor.execute(f'DROP INDEX "{name}"')
    try:
        yield _Filling(raw, sqlite)
        for _name, sql in indexes:
            cursor.execute(sql)
        raw.commit()
    finally:
        raw.invalidate()  # its settings are not for others


def _sqlite(value: Any) -> Any:
    """As SQLAlchemy would have written it."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(" ", "microseconds")[:26]
    return value.isoformat() if isinstance(value, date) else value


def _copied(value: Any) -> str:
    """A field of COPY's text format."""
    if value is None:
        return "\\N"
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    return str(value).replace("\\", "\\\\").replace("\t", " ").replace("\n", " ")
