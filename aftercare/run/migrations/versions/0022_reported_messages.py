"""Messages that staff report from the conversation itself, with what they say would have been right."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

_COLUMNS: dict[str, sa.types.TypeEngine[Any]] = {
    "reported_by": sa.String(254),
    "proposed": sa.String(80),
    "proposed_commands": sa.JSON(),
    "wanted_answer": sa.Text(),
    "answered": sa.Text(),
}


def upgrade() -> None:
    """Add the columns; nobody has reported what waits already."""
    for name, kind in _COLUMNS.items():
        op.add_column("annotation", sa.Column(name, kind))


def downgrade() -> None:
    """Drop them; what was reported waits on as a message corrected."""
    for name in reversed(_COLUMNS):
        op.drop_column("annotation", name)
