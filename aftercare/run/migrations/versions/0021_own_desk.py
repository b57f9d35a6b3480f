"""What a member of staff sets for their own desk: letters as shortcuts, and the timezone of the times they read."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Letters stay shortcuts, and times those of the support, until somebody chooses otherwise."""
    op.add_column("staff", sa.Column("shortcuts", sa.Boolean, nullable=False, server_default=sa.true()))
    op.add_column("staff", sa.Column("timezone", sa.String(40)))


def downgrade() -> None:
    """Without them."""
    op.drop_column("staff", "timezone")
    op.drop_column("staff", "shortcuts")
