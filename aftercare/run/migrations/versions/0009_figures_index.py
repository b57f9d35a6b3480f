"""Figures of the understanding are read from the index alone."""

from __future__ import annotations

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Widen the index."""
    op.drop_index("ix_intent_fact_day", "intent_fact")
    op.create_index("ix_intent_fact_day", "intent_fact", ["day", "intent", "messages", "confidence"])


def downgrade() -> None:
    """Back to the day alone."""
    op.drop_index("ix_intent_fact_day", "intent_fact")
    op.create_index("ix_intent_fact_day", "intent_fact", ["day"])
