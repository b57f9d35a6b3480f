"""Answers are told one by one while Rasa goes on with the turn; how many they were is remembered until it is stored."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """None are told, or all of a turn that was answered as a whole."""
    op.add_column("conversation", sa.Column("told", sa.Integer, nullable=False, server_default="0"))
    op.execute("UPDATE conversation SET told = 1000 WHERE unconfirmed_seq IS NOT NULL")


def downgrade() -> None:
    """Without it."""
    op.drop_column("conversation", "told")
