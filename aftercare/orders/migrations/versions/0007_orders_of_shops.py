"""Orders of any shop, the money of refunds, and switches."""

import sqlalchemy as sa
from alembic import op

from aftercare.base.database import UtcDateTime

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":  # SQLite heeds no length
        op.alter_column("purchase", "number", type_=sa.String(40), existing_nullable=False)
        op.alter_column("verification_failure", "order_number", type_=sa.String(40), existing_nullable=False)
    op.add_column("purchase", sa.Column("shop_number", sa.String(40)))
    op.add_column("purchase", sa.Column("source", sa.String(40)))
    op.add_column("purchase", sa.Column("source_updated_at", UtcDateTime()))
    op.add_column("purchase", sa.Column("payment_reference", sa.String(120)))
    op.create_index(op.f("ix_purchase_shop_number"), "purchase", ["shop_number"])
    op.add_column("esim", sa.Column("provider_reference", sa.String(80)))
    op.add_column("esim", sa.Column("refreshed_at", UtcDateTime()))
    op.add_column("esim", sa.Column("revoked_at", UtcDateTime()))
    op.add_column("customer", sa.Column("mail_refused_at", UtcDateTime()))
    op.create_table(
        "payout",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("request_id", sa.Integer(), nullable=False),
        sa.Column("provider", sa.String(40), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("amount_minor", sa.Integer(), nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("reference", sa.String(120)),
        sa.Column("error", sa.String(300)),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("sent_at", UtcDateTime()),
        sa.Column("paid_at", UtcDateTime()),
        sa.Column("first_by_id", sa.String(40)),
        sa.Column("first_by", sa.String(80)),
        sa.Column("paid_by", sa.String(80)),
        sa.CheckConstraint(
            "state IN ('waiting', 'sending', 'sent', 'paid', 'failed', 'cancelled')", name=op.f("ck_payout_state")
        ),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_payout_amount")),
        sa.ForeignKeyConstraint(["request_id"], ["refund_request.id"], name=op.f("fk_payout_request_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payout")),
        sa.UniqueConstraint("request_id", name=op.f("uq_payout_request_id")),
        sa.UniqueConstraint("reference", name=op.f("uq_payout_reference")),
    )
    op.create_index("ix_payout_state", "payout", ["state", "created_at"])
    op.create_table(
        "orders_switch",
        sa.Column("name", sa.String(40), nullable=False),
        sa.Column("is_on", sa.Boolean(), nullable=False),
        sa.Column("changed_by", sa.String(80), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_orders_switch")),
    )
    # what was approved before is paid by staff, from the list
    op.execute(
        "INSERT INTO payout (request_id, provider, state, amount_minor, currency, created_at)"
        " SELECT id, 'manual', 'waiting', amount_minor, currency, COALESCE(decided_at, requested_at)"
        " FROM refund_request WHERE state = 'approved' AND kind = 'refund' AND amount_minor > 0"
    )


def downgrade() -> None:
    op.drop_table("orders_switch")
    op.drop_table("payout")
    op.drop_column("customer", "mail_refused_at")
    for column in ("revoked_at", "refreshed_at", "provider_reference"):
        op.drop_column("esim", column)
    op.drop_index(op.f("ix_purchase_shop_number"), table_name="purchase")
    for column in ("payment_reference", "source_updated_at", "source", "shop_number"):
        op.drop_column("purchase", column)
