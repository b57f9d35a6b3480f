"""Order numbers of any shop are longer than ten characters."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":  # SQLite heeds no length
        op.alter_column("summary", "order_number", type_=sa.String(40))


def downgrade() -> None:
    """Nothing: a longer column holds shorter numbers."""
