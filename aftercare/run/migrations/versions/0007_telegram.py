"""Telegram's updates, chats, buttons, links and lease."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from aftercare.base.database import UtcDateTime

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_TABLES = ("telegram_update", "telegram_chat", "telegram_choice", "telegram_link", "telegram_lease")


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "telegram_update",
        sa.Column("update_id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("chat_id", sa.BigInteger, nullable=False),
        sa.Column("body", sa.Text),
        sa.Column("received_at", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("update_id", name=op.f("pk_telegram_update")),
    )
    op.create_index(op.f("ix_telegram_update_received_at"), "telegram_update", ["received_at"])
    waiting = sa.text("body IS NOT NULL")
    op.create_index(
        "ix_telegram_update_waiting",
        "telegram_update",
        ["chat_id", "update_id"],
        sqlite_where=waiting,
        postgresql_where=waiting,
    )
    op.create_table(
        "telegram_chat",
        sa.Column("chat_id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("conversation_id", sa.String(80)),
        sa.Column("delivered_seq", sa.Integer, nullable=False),
        sa.Column("delivered_parts", sa.Integer, nullable=False),
        sa.Column("silent", sa.Boolean, nullable=False),
        sa.Column("last_message_id", sa.BigInteger),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversation.id"], name=op.f("fk_telegram_chat_conversation_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("chat_id", name=op.f("pk_telegram_chat")),
        sa.UniqueConstraint("conversation_id", name=op.f("uq_telegram_chat_conversation_id")),
    )
    op.create_table(
        "telegram_choice",
        sa.Column("key", sa.String(16), nullable=False),
        sa.Column("conversation_id", sa.String(80), nullable=False),
        sa.Column("seq", sa.Integer, nullable=False),
        sa.Column("meaning", sa.String(40), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversation.id"],
            name=op.f("fk_telegram_choice_conversation_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_telegram_choice")),
        sa.UniqueConstraint(
            "conversation_id", "seq", "meaning", name=op.f("uq_telegram_choice_conversation_id_seq_meaning")
        ),
    )
    op.create_table(
        "telegram_link",
        sa.Column("code_digest", sa.String(64), nullable=False),
        sa.Column("conversation_id", sa.String(80), nullable=False),
        sa.Column("expires_at", UtcDateTime, nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversation.id"], name=op.f("fk_telegram_link_conversation_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("code_digest", name=op.f("pk_telegram_link")),
    )
    op.create_table(
        "telegram_lease",
        sa.Column("name", sa.String(20), nullable=False),
        sa.Column("holder", sa.String(40)),
        sa.Column("beat", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_telegram_lease")),
    )


def downgrade() -> None:
    """Drop the tables."""
    for name in reversed(_TABLES):
        op.drop_table(name)
