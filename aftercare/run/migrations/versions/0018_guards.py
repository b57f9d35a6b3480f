"""Whose conversation it is, which identities were used, sign-ins by address, and the audit log as a chain of hashes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from aftercare.base.database import UtcDateTime
from aftercare.staff.access.audit_chain import FIRST, entry_hash

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns and the table; chain the entries that are there."""
    op.add_column("conversation", sa.Column("customer", sa.String(32)))
    op.create_table(
        "used_identity",
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("conversation_id", sa.String(80), nullable=False),
        sa.Column("until", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_used_identity")),
    )
    op.create_index("ix_used_identity_until", "used_identity", ["until"])
    op.add_column("audit_entry", sa.Column("hash", sa.String(64), nullable=False, server_default=""))
    _triggers(on=False)
    _chain()
    _triggers(on=True)
    if op.get_bind().dialect.name == "sqlite":
        # REPLACE deletes without firing the trigger against deletion
        op.execute(
            "CREATE TRIGGER audit_entry_no_replace BEFORE INSERT ON audit_entry "
            "WHEN EXISTS (SELECT 1 FROM audit_entry WHERE id = NEW.id) "
            "BEGIN SELECT RAISE(ABORT, 'audit_entry is append-only'); END"
        )


def _chain() -> None:
    columns = ("id", "at", "staff_id", "actor", "action", "subject", "details", "address", "hash")
    entries = sa.table("audit_entry", *(sa.column(name) for name in columns))
    typed = sa.table(
        "audit_entry",
        *(sa.column(name) for name in columns if name not in ("at", "details")),
        sa.column("at", UtcDateTime()),
        sa.column("details", sa.JSON()),
    )
    connection, before = op.get_bind(), FIRST
    for row in connection.execute(sa.select(typed).order_by(typed.c.id)).mappings().all():
        before = entry_hash(before, dict(row))
        connection.execute(sa.update(entries).where(entries.c.id == row["id"]).values(hash=before))


def _triggers(on: bool) -> None:
    """Switch off and on again what refuses every change of the log (migration 0005)."""
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            name = f"audit_entry_no_{verb.lower()}"
            if on:
                op.execute(
                    f"CREATE TRIGGER {name} BEFORE {verb} ON audit_entry "
                    "BEGIN SELECT RAISE(ABORT, 'audit_entry is append-only'); END"
                )
            else:
                op.execute(f"DROP TRIGGER {name}")
        return
    op.execute(f"ALTER TABLE audit_entry {'ENABLE' if on else 'DISABLE'} TRIGGER audit_entry_append_only")


def downgrade() -> None:
    """Drop them."""
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TRIGGER audit_entry_no_replace")
    op.drop_column("audit_entry", "hash")
    op.drop_index("ix_used_identity_until", table_name="used_identity")
    op.drop_table("used_identity")
    op.drop_column("conversation", "customer")
