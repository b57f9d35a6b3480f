"""Kinds of plans are data (plan_kinds.yml): the database no longer lists them."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_KINDS = "kind IN ('nz_travel', 'nz_long_stay', 'nz_au', 'asia_pacific', 'global')"


def upgrade() -> None:
    with op.batch_alter_table("plan") as table:
        table.drop_constraint(op.f("ck_plan_kind"), type_="check")


def downgrade() -> None:
    with op.batch_alter_table("plan") as table:
        table.create_check_constraint(op.f("ck_plan_kind"), sa.text(_KINDS))
