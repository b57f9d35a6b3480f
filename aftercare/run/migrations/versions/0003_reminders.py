"""When to ask a traveller whether the last step of a diagnosis worked."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from aftercare.base.database import UtcDateTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column and the index over the few conversations that wait for it."""
    op.add_column("conversation", sa.Column("remind_at", UtcDateTime))
    waits = sa.text("remind_at IS NOT NULL")
    op.create_index(
        op.f("ix_conversation_remind_at"), "conversation", ["remind_at"], sqlite_where=waits, postgresql_where=waits
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_index(op.f("ix_conversation_remind_at"), "conversation")
    op.drop_column("conversation", "remind_at")
