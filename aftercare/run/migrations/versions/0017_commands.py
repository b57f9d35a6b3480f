"""What a queued message was read as in its situation, and what staff made of it."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

_COLUMNS: dict[str, sa.types.TypeEngine[Any]] = {
    "situation": sa.String(20),
    "asked": sa.String(80),
    "prompt": sa.Text(),
    "read_commands": sa.JSON(),
    "commands": sa.JSON(),
}


def upgrade() -> None:
    """Add the columns; messages that wait already have no situation."""
    for name, kind in _COLUMNS.items():
        op.add_column("annotation", sa.Column(name, kind))


def downgrade() -> None:
    """Drop them; commands that were taught and not written yet are lost."""
    for name in reversed(_COLUMNS):
        op.drop_column("annotation", name)
