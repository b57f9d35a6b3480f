"""A message may be answered before Rasa has stored its turn; until then it is remembered."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """One number per conversation, empty nearly always."""
    op.add_column("conversation", sa.Column("unconfirmed_seq", sa.Integer))
    some = sa.text("unconfirmed_seq IS NOT NULL")
    op.create_index("ix_conversation_unconfirmed", "conversation", ["id"], sqlite_where=some, postgresql_where=some)


def downgrade() -> None:
    """Without it."""
    op.drop_index("ix_conversation_unconfirmed", "conversation")
    op.drop_column("conversation", "unconfirmed_seq")
