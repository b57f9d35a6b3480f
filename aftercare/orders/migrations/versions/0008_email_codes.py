"""One-time codes by mail, as a second way to prove an order."""

import sqlalchemy as sa
from alembic import op

from aftercare.base.database import UtcDateTime

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "email_code",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("conversation_id", sa.String(80), nullable=False),
        sa.Column("origin", sa.String(32), nullable=False),
        sa.Column("email", sa.String(32), nullable=False),
        sa.Column("customer_id", sa.Integer()),
        sa.Column("code", sa.String(64), nullable=False),
        sa.Column("sent_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_email_code_customer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_email_code")),
    )
    op.create_index("ix_email_code_conversation", "email_code", ["conversation_id", "sent_at"])
    op.create_index("ix_email_code_email", "email_code", ["email", "sent_at"])
    op.create_index("ix_email_code_origin", "email_code", ["origin", "sent_at"])
    op.create_index("ix_email_code_sent_at", "email_code", ["sent_at"])


def downgrade() -> None:
    op.drop_table("email_code")
