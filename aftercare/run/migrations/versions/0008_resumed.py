"""Which conversations a person gave back to the assistant just now."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column."""
    op.add_column("conversation", sa.Column("resumed", sa.Boolean, nullable=False, server_default=sa.false()))


def downgrade() -> None:
    """Back to before."""
    op.drop_column("conversation", "resumed")
