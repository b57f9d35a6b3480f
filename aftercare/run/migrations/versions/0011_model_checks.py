"""Conversation tests played with a model, and messages whose answer did not help."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from aftercare.base.database import UtcDateTime

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_BEFORE = "reason IN ('corrected', 'rated_bad', 'low_confidence', 'out_of_scope')"
_SINCE = "reason IN ('corrected', 'not_helped', 'rated_bad', 'low_confidence', 'out_of_scope')"


def upgrade() -> None:
    """Add the table, and the reason."""
    op.create_table(
        "model_check",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("model_id", sa.Integer(), nullable=False),
        sa.Column("part", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("by", sa.String(length=254), nullable=False),
        sa.Column("started_at", UtcDateTime, nullable=False),
        sa.Column("finished_at", UtcDateTime),
        sa.Column("beat_at", UtcDateTime, nullable=False),
        sa.Column("passed", sa.JSON(), nullable=False),
        sa.Column("failures", sa.JSON(), nullable=False),
        sa.CheckConstraint(
            "state IN ('running', 'done', 'failed', 'cancelled', 'interrupted')", name=op.f("ck_model_check_state")
        ),
        sa.ForeignKeyConstraint(["model_id"], ["model.id"], name=op.f("fk_model_check_model_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_model_check")),
    )
    op.create_index("ix_model_check_model_id", "model_check", ["model_id"])
    op.create_index(
        "uq_model_check_running",
        "model_check",
        ["state"],
        unique=True,
        sqlite_where=sa.text("state = 'running'"),
        postgresql_where=sa.text("state = 'running'"),
    )
    op.drop_column("model", "checks")
    _reasons(_BEFORE, _SINCE)


def downgrade() -> None:
    """Back to before; results of conversation tests are lost."""
    op.execute("UPDATE annotation SET reason = 'rated_bad' WHERE reason = 'not_helped'")
    _reasons(_SINCE, _BEFORE)
    op.add_column("model", sa.Column("checks", sa.JSON()))
    op.drop_table("model_check")


def _reasons(before: str, since: str) -> None:
    """Replace the check of `annotation.reason`; SQLite cannot, so there the table is made anew."""
    if op.get_bind().dialect.name != "sqlite":
        op.drop_constraint(op.f("ck_annotation_reason"), "annotation")
        op.create_check_constraint(op.f("ck_annotation_reason"), "annotation", since)
        return
    made = op.get_bind().execute(sa.text("SELECT sql FROM sqlite_master WHERE name = 'annotation'")).scalar_one()
    indexes = op.get_bind().execute(
        sa.text("SELECT sql FROM sqlite_master WHERE tbl_name = 'annotation' AND type = 'index' AND sql IS NOT NULL")
    )
    statements = [row.sql for row in indexes]
    assert before in made
    op.rename_table("annotation", "annotation_before")
    for name in ("ix_annotation_decided_at", "ix_annotation_state_reason"):
        op.drop_index(name, "annotation_before")
    op.execute(made.replace(before, since))
    op.execute("INSERT INTO annotation SELECT * FROM annotation_before")
    op.drop_table("annotation_before")
    for statement in statements:
        op.execute(statement)
