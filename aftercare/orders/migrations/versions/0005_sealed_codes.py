"""Activation codes are encrypted: their column holds longer texts; the codes there are encrypted at the next start."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # not by a new table, which SQLite would need to change a type: other tables refer to this one
    op.add_column("esim", sa.Column("sealed", sa.Text(), nullable=False, server_default=""))
    op.execute("UPDATE esim SET sealed = matching_id")
    op.drop_column("esim", "matching_id")
    op.alter_column("esim", "sealed", new_column_name="matching_id")


def downgrade() -> None:
    raise NotImplementedError("encrypted codes do not fit into the column of before; restore a backup instead")
