"""Entries of the audit log that another process may write again: each key is written once."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; what is there has no key."""
    op.add_column("audit_entry", sa.Column("key", sa.String(120)))
    op.create_index("uq_audit_entry_key", "audit_entry", ["key"], unique=True)
    _refuse_replacing("id = NEW.id OR key = NEW.key")


def downgrade() -> None:
    """Drop it."""
    _refuse_replacing("id = NEW.id")
    op.drop_index("uq_audit_entry_key", table_name="audit_entry")
    op.drop_column("audit_entry", "key")


def _refuse_replacing(same: str) -> None:
    """On SQLite, REPLACE deletes the rows that a unique index says are the same, without firing DELETE's trigger."""
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TRIGGER audit_entry_no_replace")
        op.execute(
            "CREATE TRIGGER audit_entry_no_replace BEFORE INSERT ON audit_entry "  # noqa: S608  one of the two above
            f"WHEN EXISTS (SELECT 1 FROM audit_entry WHERE {same}) "
            "BEGIN SELECT RAISE(ABORT, 'audit_entry is append-only'); END"
        )
