"""The inbox: lines to list and filter conversations by, the words said in them, and what staff add."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from aftercare.base.database import UtcDateTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def _conversation(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["conversation_id"], ["conversation.id"], name=op.f(f"fk_{table}_conversation_id"), ondelete="CASCADE"
    )


def _partial(name: str, columns: list[str], condition: str) -> None:
    where = sa.text(condition)
    op.create_index(name, "summary", columns, sqlite_where=where, postgresql_where=where)


def upgrade() -> None:
    """Create the tables; the desk fills them by itself."""
    op.create_table(
        "summary",
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("conversation_id", sa.String(80), nullable=False),
        sa.Column("indexed_seq", sa.Integer, nullable=False),
        sa.Column("indexed_at", UtcDateTime, nullable=False),
        sa.Column("channel", sa.String(20), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("agent_id", sa.String(40)),
        sa.Column("agent_name", sa.String(80)),
        sa.Column("language", sa.String(2), nullable=False),
        sa.Column("script", sa.String(4)),
        sa.Column("started_at", UtcDateTime, nullable=False),
        sa.Column("minute", sa.Integer, nullable=False),
        sa.Column("last_at", UtcDateTime, nullable=False),
        sa.Column("last_seq", sa.Integer, nullable=False),
        sa.Column("last_text", sa.String(200), nullable=False),
        sa.Column("last_sender", sa.String(10)),
        sa.Column("waiting_since", UtcDateTime),
        sa.Column("lowest", sa.Float),
        sa.Column("low", sa.Boolean, nullable=False),
        sa.Column("unhappy", sa.Boolean, nullable=False),
        sa.Column("order_number", sa.String(10)),
        sa.Column("provider", sa.String(40)),
        sa.Column("customer_id", sa.Integer),
        sa.Column("rating", sa.Integer),
        sa.Column("reviewed_at", UtcDateTime),
        sa.Column("reviewed_by", sa.String(80)),
        sa.Column("saved", sa.Boolean, nullable=False),
        sa.Column("snoozed_until", UtcDateTime),
        _conversation("summary"),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_summary")),
        sa.UniqueConstraint("conversation_id", name=op.f("uq_summary_conversation_id")),
    )
    op.create_index(op.f("ix_summary_order_number"), "summary", ["order_number"])
    op.create_index(op.f("ix_summary_customer_id"), "summary", ["customer_id"])
    op.create_index("ix_summary_last", "summary", ["last_at", "number"])
    op.create_index("ix_summary_state", "summary", ["state", "last_at", "number"])
    op.create_index("ix_summary_agent", "summary", ["agent_id", "last_at", "number"])
    _partial("ix_summary_waiting", ["waiting_since", "number"], "waiting_since IS NOT NULL")
    _partial("ix_summary_low", ["last_at", "number"], "low")
    _partial("ix_summary_unhappy", ["last_at", "number"], "unhappy")
    op.create_table(
        "term",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("kind", sa.String(12), nullable=False),
        sa.Column("value", sa.String(80).with_variant(sa.String(80, collation="C"), "postgresql"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_term")),
        sa.UniqueConstraint("kind", "value", name=op.f("uq_term_kind_value")),
    )
    op.create_table(
        "posting",
        sa.Column("term_id", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["term_id"], ["term.id"], name=op.f("fk_posting_term_id")),
        sa.ForeignKeyConstraint(["number"], ["summary.number"], name=op.f("fk_posting_number"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("term_id", "number", name=op.f("pk_posting")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_posting_number", "posting", ["number"])
    op.create_table(
        "tag",
        sa.Column("conversation_id", sa.String(80), nullable=False),
        sa.Column("name", sa.String(40), nullable=False),
        sa.Column("by", sa.String(80), nullable=False),
        sa.Column("at", UtcDateTime, nullable=False),
        _conversation("tag"),
        sa.PrimaryKeyConstraint("conversation_id", "name", name=op.f("pk_tag")),
    )
    op.create_table(
        "flag",
        sa.Column("conversation_id", sa.String(80), nullable=False),
        sa.Column("seq", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("reason", sa.String(20), nullable=False),
        sa.Column("by", sa.String(80), nullable=False),
        sa.Column("at", UtcDateTime, nullable=False),
        _conversation("flag"),
        sa.PrimaryKeyConstraint("conversation_id", "seq", name=op.f("pk_flag")),
    )
    op.create_table(
        "note",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("conversation_id", sa.String(80), nullable=False),
        sa.Column("client_id", sa.String(64), nullable=False),
        sa.Column("after_seq", sa.Integer, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("author_id", sa.String(40), nullable=False),
        sa.Column("author", sa.String(80), nullable=False),
        sa.Column("at", UtcDateTime, nullable=False),
        _conversation("note"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_note")),
        sa.UniqueConstraint("client_id", name=op.f("uq_note_client_id")),
    )
    op.create_index(op.f("ix_note_conversation_id"), "note", ["conversation_id"])
    op.create_table(
        "mention",
        sa.Column("note_id", sa.Integer, nullable=False),
        sa.Column("staff_id", sa.String(40), nullable=False),
        sa.Column("read_at", UtcDateTime),
        sa.ForeignKeyConstraint(["note_id"], ["note.id"], name=op.f("fk_mention_note_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("note_id", "staff_id", name=op.f("pk_mention")),
    )
    op.create_index("ix_mention_staff", "mention", ["staff_id", "read_at"])
    op.create_table(
        "reading",
        sa.Column("staff_id", sa.String(40), nullable=False),
        sa.Column("conversation_id", sa.String(80), nullable=False),
        sa.Column("seq", sa.Integer, nullable=False),
        _conversation("reading"),
        sa.PrimaryKeyConstraint("staff_id", "conversation_id", name=op.f("pk_reading")),
    )
    op.create_table(
        "saved_view",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("staff_id", sa.String(40), nullable=False),
        sa.Column("name", sa.String(40), nullable=False),
        sa.Column("query", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_view")),
        sa.UniqueConstraint("staff_id", "name", name=op.f("uq_saved_view_staff_id_name")),
    )


def downgrade() -> None:
    """Drop the tables."""
    for table in ("saved_view", "reading", "mention", "note", "flag", "tag", "posting", "term", "summary"):
        op.drop_table(table)
