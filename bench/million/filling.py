"""Writes made-up conversations into empty databases by their quickest way."""

from __future__ import annotations

import itertools
import time
from datetime import UTC, date, datetime
from io import StringIO
from typing import Any

import numpy as np
from sqlalchemy.engine import Engine

from aftercare.conversations.tables import metadata as desk_tables
from aftercare.orders.tables import metadata as order_tables
from million.sample import Row, Sample

CHUNK = 20_000
_ORDERS = ("customer", "purchase", "esim", "verification", "refund_request", "ticket")


def fill(desk: Engine, orders: Engine, conversations: int, messages: int) -> str:
    """Fill migrated databases, the orders' with its catalogue in place; what was written, in a sentence."""
    began, sample = time.perf_counter(), Sample(conversations, messages)
    written, made = 0, sample.make()
    while chunk := list(itertools.islice(made, 1000)):
        events = [row for _conversation, several in chunk for row in several]
        written += sum(row["kind"] == "message" for row in events)
        _load(desk, "conversation", [conversation for conversation, _events in chunk])
        _load(desk, "event", events)
    terms = [{"id": n, "kind": kind, "value": value} for (kind, value), n in sample.terms.items()]
    _load(desk, "summary", sample.rows["summary"])
    _load(desk, "term", terms)
    pairs = np.sort(np.array(sample.postings, dtype=np.int64))
    for start in range(0, len(pairs), CHUNK * 10):
        part = pairs[start : start + CHUNK * 10].tolist()
        _load(desk, "posting", [{"term_id": pair >> 24, "number": pair & 0xFFFFFF} for pair in part])
    for name, rows in sample.rows.items():
        if name != "summary":
            _load(orders if name in _ORDERS else desk, name, rows)
    for engine in (desk, orders):
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("VACUUM ANALYZE" if engine.dialect.name == "postgresql" else "ANALYZE")
    facts = sum(len(rows) for name, rows in sample.rows.items() if name.endswith("_fact"))
    spent = time.perf_counter() - began
    return (
        f"{written:,} messages in {conversations:,} conversations, {len(pairs):,} postings, {facts:,} rows of figures, "
        f"{len(sample.rows['purchase']):,} orders ({spent:.0f} s to write)"
    )


def _load(engine: Engine, name: str, rows: list[Row]) -> None:
    table = (order_tables if name in _ORDERS else desk_tables).tables[name]
    columns = list(rows[0])
    raw = engine.raw_connection()
    cursor = raw.cursor()
    if engine.dialect.name == "sqlite":
        marks = ", ".join("?" * len(columns))
        statement = f"INSERT INTO {table.name} ({_quoted(columns)}) VALUES ({marks})"
        cursor.executemany(statement, ([_sqlite(row[name]) for name in columns] for row in rows))
    else:
        for start in range(0, len(rows), CHUNK):
            lines = ("\t".join(_copied(row[name]) for name in columns) for row in rows[start : start + CHUNK])
            cursor.copy_from(StringIO("\n".join(lines) + "\n"), table.name, columns=columns)
    raw.commit()
    raw.close()


def _quoted(columns: list[str]) -> str:
    return ", ".join(f'"{name}"' for name in columns)


def _sqlite(value: Any) -> Any:
    """As SQLAlchemy would have written it."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
    return value.isoformat() if isinstance(value, date) else value


def _copied(value: Any) -> str:
    """A field of COPY's text format."""
    if value is None:
        return "\\N"
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    return str(value).replace("\\", "\\\\").replace("\t", " ").replace("\n", " ")
