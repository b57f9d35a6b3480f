"""Whether answers helped joins the figures; conversations that are counted already are read once more for it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table, and have the digest look at every conversation again, in its own time."""
    op.create_table(
        "feedback_fact",
        sa.Column("conversation_id", sa.String(80), primary_key=True),
        sa.Column("about", sa.String(120), primary_key=True),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("language", sa.String(2), nullable=False),
        sa.Column("helpful", sa.Boolean, nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversation.id"],
            "fk_feedback_fact_conversation_id_conversation",
            ondelete="CASCADE",
        ),
    )
    op.create_index("ix_feedback_fact_day", "feedback_fact", ["day"])
    op.execute("UPDATE conversation_fact SET read_until = 0")


def downgrade() -> None:
    """Without it."""
    op.drop_table("feedback_fact")
