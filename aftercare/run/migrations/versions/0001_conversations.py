"""Conversations, their events and pictures."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from aftercare.base.database import UtcDateTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "conversation",
        sa.Column("id", sa.String(80), nullable=False),
        sa.Column("channel", sa.String(20), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("agent", sa.String(80)),
        sa.Column("locale", sa.String(35), nullable=False),
        sa.Column("language", sa.String(2), nullable=False),
        sa.Column("script", sa.String(4)),
        sa.Column("last_seq", sa.Integer, nullable=False),
        sa.Column("token_generation", sa.Integer, nullable=False),
        sa.Column("token_used_at", UtcDateTime, nullable=False),
        sa.Column("started_at", UtcDateTime, nullable=False),
        sa.Column("updated_at", UtcDateTime, nullable=False),
        sa.CheckConstraint("state IN ('assistant', 'waiting', 'agent', 'closed')", name=op.f("ck_conversation_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conversation")),
    )
    op.create_index(op.f("ix_conversation_updated_at"), "conversation", ["updated_at"])
    op.create_table(
        "event",
        sa.Column("conversation_id", sa.String(80), nullable=False),
        sa.Column("seq", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("at", UtcDateTime, nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("sender", sa.String(10), nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("choices", sa.JSON),
        sa.Column("image", sa.Text),
        sa.Column("custom", sa.JSON),
        sa.Column("name", sa.String(120)),
        sa.Column("agent", sa.String(80)),
        sa.Column("state", sa.String(10)),
        sa.Column("client_id", sa.String(64)),
        sa.Column("payload", sa.Text),
        sa.Column("status", sa.String(10)),
        sa.Column("turn", sa.JSON),
        sa.CheckConstraint("kind IN ('message', 'state')", name=op.f("ck_event_kind")),
        sa.CheckConstraint("sender IN ('traveller', 'assistant', 'agent', 'system')", name=op.f("ck_event_sender")),
        sa.CheckConstraint("status IN ('pending', 'answered', 'kept', 'failed')", name=op.f("ck_event_status")),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversation.id"], name=op.f("fk_event_conversation_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("conversation_id", "seq", name=op.f("pk_event")),
        sa.UniqueConstraint("conversation_id", "client_id", name=op.f("uq_event_conversation_id_client_id")),
    )
    pending = sa.text("status = 'pending'")
    op.create_index(
        "ix_event_pending", "event", ["conversation_id", "seq"], sqlite_where=pending, postgresql_where=pending
    )
    op.create_table(
        "picture",
        sa.Column("id", sa.String(43), nullable=False),
        sa.Column("conversation_id", sa.String(80), nullable=False),
        sa.Column("media_type", sa.String(20), nullable=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
        sa.Column("at", UtcDateTime, nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversation.id"], name=op.f("fk_picture_conversation_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_picture")),
    )
    op.create_index(op.f("ix_picture_conversation_id"), "picture", ["conversation_id"])


def downgrade() -> None:
    """Drop the tables."""
    op.drop_table("picture")
    op.drop_table("event")
    op.drop_table("conversation")
