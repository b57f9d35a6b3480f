"""What narrows the list down stands in the index of its order; what was reviewed leaves the indexes of its tabs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_ORDER = ("last_at", "number")
_NARROWING = ("started_at", "channel", "language", "script", "minute", "last_seq", "rating")
_REST = ("reviewed_at", "saved", "provider")


def upgrade() -> None:
    """Widen one index, narrow two."""
    _make(" AND reviewed_at IS NULL", *_NARROWING, *_REST)


def downgrade() -> None:
    """As they were."""
    _make("")


def _make(unseen: str, *narrowing: str) -> None:
    op.drop_index("ix_summary_last", "summary")
    op.create_index("ix_summary_last", "summary", [*_ORDER, *narrowing])
    for name in ("low", "unhappy"):
        of = sa.text(name + unseen)
        op.drop_index(f"ix_summary_{name}", "summary")
        op.create_index(f"ix_summary_{name}", "summary", [*_ORDER], sqlite_where=of, postgresql_where=of)
