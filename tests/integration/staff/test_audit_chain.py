"""The audit log shows when somebody has changed it behind the desk's back."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlalchemy.exc import DatabaseError

from aftercare.base.database import open_engine
from aftercare.run.migrations.schema import migrate
from aftercare.staff.access.audit_chain import verify
from aftercare.staff.access.permissions import add_audit_entry


@pytest.fixture
def log(tmp_path: Path) -> Engine:
    engine = open_engine(f"sqlite:///{tmp_path}/desk.db")
    migrate(engine)
    for number in range(5):
        add_audit_entry(engine, "conversation.viewed", f"c{number}", {"seq": number}, actor="mere@example.com")
    return engine


def tamper(engine: Engine, *statements: str) -> None:
    with engine.begin() as connection:
        for name in ("update", "delete", "replace"):
            connection.execute(sa.text(f"DROP TRIGGER audit_entry_no_{name}"))
        for statement in statements:
            connection.execute(sa.text(statement))


def test_a_log_that_nobody_touched_is_whole(log: Engine) -> None:
    found = verify(log)
    assert (found.entries, found.last_number, found.broken_at) == (5, 5, None)


@pytest.mark.parametrize(
    ("statement", "broken_at"),
    [
        ("UPDATE audit_entry SET actor = 'nobody' WHERE id = 3", 3),
        ("UPDATE audit_entry SET details = '{}' WHERE id = 2", 2),
        ("DELETE FROM audit_entry WHERE id = 3", 4),
        ("INSERT OR REPLACE INTO audit_entry SELECT id, at, staff_id, 'x', action, subject, details, address, hash, "
         "key FROM audit_entry WHERE id = 4", 4),
    ],
)  # fmt: skip
def test_what_was_changed_or_removed_shows(log: Engine, statement: str, broken_at: int) -> None:
    tamper(log, statement)
    assert verify(log).broken_at == broken_at


@pytest.mark.parametrize("new_id", ["id", "100 + id"])
def test_an_entry_cannot_be_replaced(log: Engine, new_id: str) -> None:
    add_audit_entry(log, "refund.decided", "c", key="k1")
    again = (
        f"INSERT OR REPLACE INTO audit_entry SELECT {new_id}, at, staff_id, 'x', action, subject, details, address, "
        "hash, key FROM audit_entry WHERE key = 'k1'"
    )
    with pytest.raises(DatabaseError, match="append-only"), log.begin() as connection:
        connection.execute(sa.text(again))
    assert verify(log).broken_at is None


def test_an_entry_with_a_key_is_written_once(log: Engine) -> None:
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: add_audit_entry(log, "refund.decided", "c", key="k1"), range(8)))
    found = verify(log)
    assert (found.entries, found.broken_at) == (6, None)


def test_entries_at_the_same_moment_are_one_chain(log: Engine) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: add_audit_entry(log, "login", f"staff:{n}"), range(24)))
    found = verify(log)
    assert (found.entries, found.broken_at) == (29, None)
