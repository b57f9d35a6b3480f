"""What became of conversations: deflected, resolved, abandoned, reopened; all are read once more for it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

_FLAGS = ("deflected", "resolved", "abandoned", "reopened")
_BEFORE = [
    "day", "outcome", "language", "channel", "provider", "handoff_reason", "rating", "first_reply_seconds",
    "resolution_seconds",
]  # fmt: skip


def upgrade() -> None:
    """Add the columns, to the index too, and have every conversation read again, in its own time."""
    for name in _FLAGS:
        op.add_column("conversation_fact", sa.Column(name, sa.Boolean, nullable=False, server_default=sa.false()))
    op.drop_index("ix_conversation_fact_day", "conversation_fact")
    op.create_index("ix_conversation_fact_day", "conversation_fact", [*_BEFORE, *_FLAGS])
    op.execute("UPDATE conversation_fact SET read_until = 0")


def downgrade() -> None:
    """Without them."""
    op.drop_index("ix_conversation_fact_day", "conversation_fact")
    op.create_index("ix_conversation_fact_day", "conversation_fact", _BEFORE)
    for name in reversed(_FLAGS):
        op.drop_column("conversation_fact", name)
