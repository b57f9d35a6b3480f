"""Messages to annotate, models with their history, and the figures of each conversation."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from aftercare.base.database import UtcDateTime

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "model",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("file", sa.String(length=120), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("made_by", sa.String(length=254), nullable=False),
        sa.Column("started_at", UtcDateTime, nullable=False),
        sa.Column("finished_at", UtcDateTime),
        sa.Column("sentences", sa.Integer(), nullable=False),
        sa.Column("fits", sa.JSON(), nullable=False),
        sa.Column("base", sa.String(length=120)),
        sa.Column("result", sa.JSON()),
        sa.Column("checks", sa.JSON()),
        sa.Column("beat_at", UtcDateTime),
        sa.CheckConstraint(
            "state IN ('training', 'ready', 'failed', 'cancelled', 'interrupted')", name=op.f("ck_model_state")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_model")),
        sa.UniqueConstraint("file", name=op.f("uq_model_file")),
    )
    op.create_index(
        "uq_model_training",
        "model",
        ["state"],
        unique=True,
        sqlite_where=sa.text("state = 'training'"),
        postgresql_where=sa.text("state = 'training'"),
    )
    op.create_table(
        "annotation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("conversation_id", sa.String(length=80)),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("at", UtcDateTime, nullable=False),
        sa.Column("reason", sa.String(length=20), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("spans", sa.JSON(), nullable=False),
        sa.Column("intent", sa.String(length=80)),
        sa.Column("confidence", sa.Float()),
        sa.Column("ranking", sa.JSON(), nullable=False),
        sa.Column("suggestion", sa.String(length=80)),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("label", sa.String(length=80)),
        sa.Column("decided_by", sa.String(length=254)),
        sa.Column("decided_at", UtcDateTime),
        sa.Column("written_at", UtcDateTime),
        sa.CheckConstraint(
            "reason IN ('corrected', 'rated_bad', 'low_confidence', 'out_of_scope')", name=op.f("ck_annotation_reason")
        ),
        sa.CheckConstraint("state IN ('open', 'accepted', 'skipped', 'refused')", name=op.f("ck_annotation_state")),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversation.id"], name=op.f("fk_annotation_conversation_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_annotation")),
        sa.UniqueConstraint("conversation_id", "seq", name=op.f("uq_annotation_conversation_id_seq")),
    )
    op.create_index("ix_annotation_decided_at", "annotation", ["decided_at"], unique=False)
    op.create_index("ix_annotation_state_reason", "annotation", ["state", "reason", "id"], unique=False)
    op.create_table(
        "conversation_fact",
        sa.Column("conversation_id", sa.String(length=80), nullable=False),
        sa.Column("read_until", sa.Integer(), nullable=False),
        sa.Column("read_at", UtcDateTime, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("provider", sa.String(length=40)),
        sa.Column("messages", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.String(length=10)),
        sa.Column("handoff_reason", sa.String(length=80)),
        sa.Column("handoff_at", UtcDateTime),
        sa.Column("first_reply_seconds", sa.Float()),
        sa.Column("resolution_seconds", sa.Float()),
        sa.Column("rating", sa.Integer()),
        sa.CheckConstraint(
            "outcome IN ('contained', 'person', 'unanswered')", name=op.f("ck_conversation_fact_outcome")
        ),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversation.id"],
            name=op.f("fk_conversation_fact_conversation_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("conversation_id", name=op.f("pk_conversation_fact")),
    )
    op.create_index("ix_conversation_fact_day", "conversation_fact", ["day"], unique=False)
    op.create_table(
        "intent_fact",
        sa.Column("conversation_id", sa.String(length=80), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("intent", sa.String(length=80), nullable=False),
        sa.Column("messages", sa.Integer(), nullable=False),
        sa.Column("confidence", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversation.id"], name=op.f("fk_intent_fact_conversation_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("conversation_id", "day", "intent", name=op.f("pk_intent_fact")),
    )
    op.create_index("ix_intent_fact_day", "intent_fact", ["day"], unique=False)
    op.create_table(
        "model_use",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("model_id", sa.Integer(), nullable=False),
        sa.Column("before_id", sa.Integer()),
        sa.Column("by", sa.String(length=254), nullable=False),
        sa.Column("at", UtcDateTime, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["before_id"], ["model.id"], name=op.f("fk_model_use_before_id")),
        sa.ForeignKeyConstraint(["model_id"], ["model.id"], name=op.f("fk_model_use_model_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_model_use")),
    )
    op.create_table(
        "step_fact",
        sa.Column("conversation_id", sa.String(length=80), nullable=False),
        sa.Column("step", sa.String(length=120), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("outcome", sa.String(length=10), nullable=False),
        sa.CheckConstraint("outcome IN ('worked', 'failed', 'unknown')", name=op.f("ck_step_fact_outcome")),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversation.id"], name=op.f("fk_step_fact_conversation_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("conversation_id", "step", name=op.f("pk_step_fact")),
    )
    op.create_index("ix_step_fact_day", "step_fact", ["day"], unique=False)


def downgrade() -> None:
    """Drop the tables."""
    for table in ("step_fact", "model_use", "intent_fact", "conversation_fact", "annotation", "model"):
        op.drop_table(table)
