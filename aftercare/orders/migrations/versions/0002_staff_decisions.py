"""Who of the staff decided on a refund request and why; the first of two approvals."""

import sqlalchemy as sa
from alembic import op

from aftercare.base.database import UtcDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_COLUMNS = (
    ("decided_by", sa.String(length=80)),
    ("decision_note", sa.Text()),
    ("first_by_id", sa.String(length=40)),
    ("first_by", sa.String(length=80)),
    ("first_amount_minor", sa.Integer()),
    ("first_at", UtcDateTime()),
)


def upgrade() -> None:
    for name, kind in _COLUMNS:
        op.add_column("refund_request", sa.Column(name, kind, nullable=True))


def downgrade() -> None:
    for name, _kind in _COLUMNS:
        op.drop_column("refund_request", name)
