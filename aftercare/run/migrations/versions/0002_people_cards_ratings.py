"""Who of the staff has a conversation and since when somebody waits, plan cards, ratings."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from aftercare.base.database import UtcDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_ADDED = ("agent_id", "agent_name", "waiting_since", "closed_at", "chapter", "unreachable")


def upgrade() -> None:
    """Change and create the tables."""
    op.drop_column("conversation", "agent")
    op.add_column("conversation", sa.Column("agent_id", sa.String(40)))
    op.add_column("conversation", sa.Column("agent_name", sa.String(80)))
    op.add_column("conversation", sa.Column("waiting_since", UtcDateTime))
    op.add_column("conversation", sa.Column("closed_at", UtcDateTime))
    op.add_column("conversation", sa.Column("chapter", sa.Integer, nullable=False, server_default="1"))
    op.add_column("conversation", sa.Column("unreachable", sa.Boolean, nullable=False, server_default=sa.false()))
    op.create_index(op.f("ix_conversation_agent_id"), "conversation", ["agent_id"])
    op.execute("UPDATE conversation SET waiting_since = updated_at WHERE state = 'waiting'")
    op.add_column("event", sa.Column("cards", sa.JSON))
    op.create_table(
        "rating",
        sa.Column("conversation_id", sa.String(80), nullable=False),
        sa.Column("chapter", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("score", sa.Integer, nullable=False),
        sa.Column("comment", sa.Text, nullable=False),
        sa.Column("at", UtcDateTime, nullable=False),
        sa.CheckConstraint("score BETWEEN 1 AND 5", name=op.f("ck_rating_score")),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversation.id"], name=op.f("fk_rating_conversation_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("conversation_id", "chapter", name=op.f("pk_rating")),
    )
    op.create_index(op.f("ix_rating_at"), "rating", ["at"])


def downgrade() -> None:
    """Back to before."""
    op.drop_table("rating")
    op.drop_column("event", "cards")
    op.drop_index(op.f("ix_conversation_agent_id"), "conversation")
    for name in _ADDED:
        op.drop_column("conversation", name)
    op.add_column("conversation", sa.Column("agent", sa.String(80)))
