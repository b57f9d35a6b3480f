"""Answers are told one by one while Rasa goes on with the turn, and the message stays pending until it is finished."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """A message that was answered as a whole before Rasa had stored its turn is pending again, with nothing to tell."""
    op.add_column("conversation", sa.Column("told", sa.Integer, nullable=False, server_default="0"))
    op.execute(
        "UPDATE event SET status = 'pending'"
        " WHERE seq = (SELECT unconfirmed_seq FROM conversation WHERE conversation.id = event.conversation_id)"
    )
    op.execute("UPDATE conversation SET told = 1000 WHERE unconfirmed_seq IS NOT NULL")
    op.drop_index("ix_conversation_unconfirmed", "conversation")
    op.drop_column("conversation", "unconfirmed_seq")


def downgrade() -> None:
    """A message of which something was told counts as answered; what else its turn would say is not told."""
    op.add_column("conversation", sa.Column("unconfirmed_seq", sa.Integer))
    op.execute(
        "UPDATE conversation SET unconfirmed_seq = (SELECT min(seq) FROM event"
        " WHERE event.conversation_id = conversation.id AND status = 'pending') WHERE told > 0"
    )
    op.execute(
        "UPDATE event SET status = 'answered'"
        " WHERE seq = (SELECT unconfirmed_seq FROM conversation WHERE conversation.id = event.conversation_id)"
    )
    some = sa.text("unconfirmed_seq IS NOT NULL")
    op.create_index("ix_conversation_unconfirmed", "conversation", ["id"], sqlite_where=some, postgresql_where=some)
    op.drop_column("conversation", "told")
