"""Data that is added to an eSIM by a payment link."""

import sqlalchemy as sa
from alembic import op

from aftercare.base.database import UtcDateTime

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "top_up_offer",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("token", sa.String(43), nullable=False),
        sa.Column("purchase_id", sa.Integer(), nullable=False),
        sa.Column("plan_id", sa.String(60), nullable=False),
        sa.Column("amount_minor", sa.Integer(), nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("conversation_id", sa.String(80), nullable=False),
        sa.Column("language", sa.String(2), nullable=False),
        sa.Column("payment_reference", sa.String(120)),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("paid_at", UtcDateTime()),
        sa.CheckConstraint("state IN ('offered', 'paid', 'credited', 'failed')", name=op.f("ck_top_up_offer_state")),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_top_up_offer_amount")),
        sa.ForeignKeyConstraint(["purchase_id"], ["purchase.id"], name=op.f("fk_top_up_offer_purchase_id")),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.id"], name=op.f("fk_top_up_offer_plan_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_top_up_offer")),
        sa.UniqueConstraint("token", name=op.f("uq_top_up_offer_token")),
    )
    op.create_index("ix_top_up_offer_state", "top_up_offer", ["state", "created_at"])


def downgrade() -> None:
    op.drop_table("top_up_offer")
