"""The audit log as a chain: each entry's hash covers the one before it, so that a changed or missing entry shows.

Whoever can write to the database can make a new chain from the changed entry on. Against that, the last number and
hash that `aftercare audit verify` prints are kept elsewhere.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from aftercare.base.sql import advisory_lock, begin_to_write
from aftercare.staff.access.tables import audit_entry

FIRST = "0" * 64
_COVERED = ("staff_id", "actor", "action", "subject", "details", "address")
_LOCK = "audit"


def entry_hash(before: str, entry: Mapping[str, Any]) -> str:
    """SHA-256 of the hash before and the entry's own values."""
    at = entry["at"].astimezone(UTC).isoformat(timespec="microseconds")
    values = {name: entry[name] for name in _COVERED} | {"at": at, "before": before}
    return hashlib.sha256(json.dumps(values, sort_keys=True, ensure_ascii=True).encode()).hexdigest()


def append(connection: Connection, entry: Mapping[str, Any]) -> None:
    """Write an entry behind the last one; with a `key`, once. The transaction must not have begun on SQLite."""
    begin_to_write(connection)
    advisory_lock(connection, _LOCK)
    if (key := entry.get("key")) is not None:
        known = sa.select(audit_entry.c.id).where(audit_entry.c.key == key)
        if connection.execute(known).first() is not None:
            connection.rollback()
            return
    last = sa.select(audit_entry.c.hash).order_by(audit_entry.c.id.desc()).limit(1)
    before = connection.execute(last).scalar_one_or_none() or FIRST
    connection.execute(sa.insert(audit_entry).values(**entry, hash=entry_hash(before, entry)))
    connection.commit()


@dataclass(frozen=True)
class Verified:
    """What the chain says."""

    entries: int
    last_number: int
    last_hash: str
    broken_at: int | None
    """Number of the first entry that does not continue the one before it; None when all do."""


def verify(engine: Engine) -> Verified:
    """Read the whole log and follow its chain."""
    entries, number, before = 0, 0, FIRST
    with engine.connect() as connection:
        rows = connection.execution_options(yield_per=1000).execute(sa.select(audit_entry).order_by(audit_entry.c.id))
        for row in rows.mappings():
            entries, number = entries + 1, row["id"]
            if row["hash"] != entry_hash(before, dict(row)):
                return Verified(entries, number, row["hash"], number)
            before = row["hash"]
    return Verified(entries, number, before, None)
