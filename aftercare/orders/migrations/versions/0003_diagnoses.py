"""How diagnoses ended and what was behind them."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "diagnosis",
        sa.Column("case", sa.String(length=40), nullable=False),
        sa.Column("cause", sa.String(length=40), nullable=False),
        sa.Column("symptom", sa.String(length=20), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("outcome", sa.String(length=10), nullable=False),
        sa.Column("device_family", sa.String(length=20), nullable=True),
        sa.Column("operator", sa.String(length=60), nullable=True),
        sa.Column("country", sa.String(length=2), nullable=True),
        sa.Column("steps", sa.Integer(), nullable=False),
        sa.CheckConstraint("outcome IN ('solved', 'open')", name=op.f("ck_diagnosis_outcome")),
        sa.PrimaryKeyConstraint("case", "cause", name=op.f("pk_diagnosis")),
    )
    op.create_index("ix_diagnosis_day", "diagnosis", ["day"])


def downgrade() -> None:
    op.drop_table("diagnosis")
