"""The marketplace through which an order was bought."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("purchase", sa.Column("marketplace", sa.String(40)))


def downgrade() -> None:
    op.drop_column("purchase", "marketplace")
