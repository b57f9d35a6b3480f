"""Payment links for the difference of an exchange; the ICCIDs an eSIM had before its issuer replaced it."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("top_up_offer") as table:
        table.add_column(sa.Column("request_id", sa.Integer()))
        table.create_foreign_key(op.f("fk_top_up_offer_request_id"), "refund_request", ["request_id"], ["id"])
        table.create_index(op.f("ix_top_up_offer_request_id"), ["request_id"])
    op.add_column("esim", sa.Column("former_iccids", sa.String(100), nullable=False, server_default=""))


def downgrade() -> None:
    op.drop_column("esim", "former_iccids")
    with op.batch_alter_table("top_up_offer") as table:
        table.drop_index(op.f("ix_top_up_offer_request_id"))
        table.drop_constraint(op.f("fk_top_up_offer_request_id"), type_="foreignkey")
        table.drop_column("request_id")
