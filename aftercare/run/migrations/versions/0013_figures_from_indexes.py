"""The figures of a period are read from indexes alone, also when a language, channel or provider narrows them down."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_FACTS = ("outcome", "language", "channel", "provider", "handoff_reason", "rating")
_TIMES = ("first_reply_seconds", "resolution_seconds")
_UNDERSTOOD = ["day", "intent", "messages", "confidence"]
_OF = {"language": 2, "channel": 20, "provider": 40}


def upgrade() -> None:
    """Copy what narrows down beside the intents, and widen both indexes."""
    for name, length in _OF.items():
        op.add_column("intent_fact", sa.Column(name, sa.String(length)))
    of, understood = (
        sa.table(table, sa.column("conversation_id"), *(sa.column(name) for name in _OF))
        for table in ("conversation_fact", "intent_fact")
    )
    same = of.c.conversation_id == understood.c.conversation_id
    op.execute(
        sa.update(understood).values({name: sa.select(of.c[name]).where(same).scalar_subquery() for name in _OF})
    )
    _index("conversation_fact", ["day", *_FACTS, *_TIMES])
    _index("intent_fact", [*_UNDERSTOOD, *_OF])


def downgrade() -> None:
    """Without them."""
    _index("intent_fact", _UNDERSTOOD)
    _index("conversation_fact", ["day"])
    for name in _OF:
        op.drop_column("intent_fact", name)


def _index(table: str, columns: list[str]) -> None:
    op.drop_index(f"ix_{table}_day", table)
    op.create_index(f"ix_{table}_day", table, columns)
