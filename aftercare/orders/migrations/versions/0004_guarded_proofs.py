"""Proofs that grow stale and say which order is talked about; failures and tickets counted by network."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from aftercare.base.database import UtcDateTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("verification", sa.Column("chosen", sa.Boolean(), nullable=False, server_default=sa.false()))
    # what was proven before stays proven, but for its activation code
    long_ago: sa.Column[Any] = sa.Column(
        "fresh_until", UtcDateTime(), nullable=False, server_default="2000-01-01 00:00:00.000000"
    )
    op.add_column("verification", long_ago)
    op.add_column("ticket", sa.Column("origin", sa.String(length=32), nullable=False, server_default=""))
    op.create_index("ix_ticket_origin", "ticket", ["origin", "created_at"])
    op.execute("DELETE FROM verification_failure")
    op.drop_index("ix_verification_failure_order", table_name="verification_failure")
    op.add_column("verification_failure", sa.Column("origin", sa.String(length=32), nullable=False, server_default=""))
    op.add_column("verification_failure", sa.Column("email", sa.String(length=32), nullable=False, server_default=""))
    op.create_index("ix_verification_failure_origin", "verification_failure", ["origin", "at"])
    op.create_index("ix_verification_failure_at", "verification_failure", ["at"])


def downgrade() -> None:
    op.drop_index("ix_verification_failure_at", table_name="verification_failure")
    op.drop_index("ix_verification_failure_origin", table_name="verification_failure")
    op.drop_column("verification_failure", "email")
    op.drop_column("verification_failure", "origin")
    op.create_index("ix_verification_failure_order", "verification_failure", ["order_number", "at"])
    op.drop_index("ix_ticket_origin", table_name="ticket")
    op.drop_column("ticket", "origin")
    op.drop_column("verification", "fresh_until")
    op.drop_column("verification", "chosen")
