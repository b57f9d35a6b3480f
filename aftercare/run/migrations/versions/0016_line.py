"""The place in the line of those who wait for a person."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from aftercare.base.database import UtcDateTime

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Who waits keeps the order they came in."""
    op.add_column("conversation", sa.Column("in_line_since", UtcDateTime))
    op.execute("UPDATE conversation SET in_line_since = waiting_since WHERE state = 'waiting'")
    some = sa.text("in_line_since IS NOT NULL")
    op.create_index(
        "ix_conversation_in_line", "conversation", ["in_line_since", "id"], sqlite_where=some, postgresql_where=some
    )


def downgrade() -> None:
    """Drop it."""
    op.drop_index("ix_conversation_in_line", "conversation")
    op.drop_column("conversation", "in_line_since")
