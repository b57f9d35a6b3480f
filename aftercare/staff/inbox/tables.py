"""Tables of the inbox: one line per conversation to list and filter by, the words said in it, and what staff add."""

from __future__ import annotations

import sqlalchemy as sa

from aftercare.base.database import UtcDateTime
from aftercare.base.order_numbers import LONGEST_NUMBER
from aftercare.conversations.tables import metadata

# what a posting can be about; "understood" is an intent with a tenth of confidence: "ask_apn@7" for 0.7 to 0.8
KINDS = ("word", "intent", "entity", "action", "confidence", "understood", "tag", "flag")


_LOW, _UNHAPPY = sa.text("low AND reviewed_at IS NULL"), sa.text("unhappy AND reviewed_at IS NULL")

# Copied from conversation, event and the order database soon after they change (indexing.py): a page of the inbox
# reads this table alone. `indexed_seq` is the last event whose words and meanings are in `posting`.
summary = sa.Table(
    "summary",
    metadata,
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("conversation_id", sa.ForeignKey("conversation.id", ondelete="CASCADE"), nullable=False, unique=True),
    sa.Column("indexed_seq", sa.Integer, nullable=False),
    sa.Column("indexed_at", UtcDateTime, nullable=False),
    sa.Column("channel", sa.String(20), nullable=False),
    sa.Column("state", sa.String(10), nullable=False),
    sa.Column("agent_id", sa.String(40)),
    sa.Column("agent_name", sa.String(80)),
    sa.Column("language", sa.String(2), nullable=False),
    sa.Column("script", sa.String(4)),
    sa.Column("started_at", UtcDateTime, nullable=False),
    sa.Column("minute", sa.Integer, nullable=False),  # of the support timezone's day, when the conversation began
    sa.Column("last_at", UtcDateTime, nullable=False),
    sa.Column("last_seq", sa.Integer, nullable=False),
    sa.Column("last_text", sa.String(200), nullable=False),
    sa.Column("last_sender", sa.String(10)),
    sa.Column("waiting_since", UtcDateTime),  # since when a person has something to say, or a ticket to work on
    sa.Column("lowest", sa.Float),  # confidence of the message understood worst
    sa.Column("low", sa.Boolean, nullable=False),
    sa.Column("unhappy", sa.Boolean, nullable=False),
    # SQLite heeds no length, and its columns keep the one they were made with
    sa.Column("order_number", sa.String(LONGEST_NUMBER).with_variant(sa.String(10), "sqlite"), index=True),
    sa.Column("provider", sa.String(40)),
    sa.Column("customer_id", sa.Integer, index=True),
    sa.Column("rating", sa.Integer),
    sa.Column("reviewed_at", UtcDateTime),
    sa.Column("reviewed_by", sa.String(80)),
    sa.Column("saved", sa.Boolean, nullable=False),
    sa.Column("snoozed_until", UtcDateTime),
    sa.Index(
        "ix_summary_waiting",
        "waiting_since",
        "number",
        sqlite_where=sa.text("waiting_since IS NOT NULL"),
        postgresql_where=sa.text("waiting_since IS NOT NULL"),
    ),
    # the list in its order, with all it can be narrowed down by: what few lines fit is found without reading the others
    sa.Index(
        "ix_summary_last",
        *("last_at", "number", "started_at", "channel", "language", "script", "minute", "last_seq", "rating"),
        *("reviewed_at", "saved", "provider"),
    ),
    sa.Index("ix_summary_state", "state", "last_at", "number"),
    sa.Index("ix_summary_agent", "agent_id", "last_at", "number"),
    sa.Index("ix_summary_low", "last_at", "number", sqlite_where=_LOW, postgresql_where=_LOW),
    sa.Index("ix_summary_unhappy", "last_at", "number", sqlite_where=_UNHAPPY, postgresql_where=_UNHAPPY),
)

term = sa.Table(
    "term",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("kind", sa.String(12), nullable=False),
    # compared byte by byte, so that what begins with a word is a range of the index
    sa.Column("value", sa.String(80).with_variant(sa.String(80, collation="C"), "postgresql"), nullable=False),
    sa.UniqueConstraint("kind", "value"),
)

# which conversations a term occurs in: one line each, however often
posting = sa.Table(
    "posting",
    metadata,
    sa.Column("term_id", sa.ForeignKey("term.id"), primary_key=True, autoincrement=False),
    sa.Column("number", sa.ForeignKey("summary.number", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    sa.Index("ix_posting_number", "number"),
    sqlite_with_rowid=False,
)

tag = sa.Table(
    "tag",
    metadata,
    sa.Column("conversation_id", sa.ForeignKey("conversation.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("name", sa.String(40), primary_key=True),
    sa.Column("by", sa.String(80), nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
)

flag = sa.Table(
    "flag",
    metadata,
    sa.Column("conversation_id", sa.ForeignKey("conversation.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("reason", sa.String(20), nullable=False),
    sa.Column("by", sa.String(80), nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
)

note = sa.Table(
    "note",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("conversation_id", sa.ForeignKey("conversation.id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("client_id", sa.String(64), nullable=False, unique=True),  # sent twice, it is kept once
    sa.Column("after_seq", sa.Integer, nullable=False),  # the last event when it was written
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("author_id", sa.String(40), nullable=False),
    sa.Column("author", sa.String(80), nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
)

mention = sa.Table(
    "mention",
    metadata,
    sa.Column("note_id", sa.ForeignKey("note.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("staff_id", sa.String(40), primary_key=True),
    sa.Column("read_at", UtcDateTime),
    sa.Index("ix_mention_staff", "staff_id", "read_at"),
)

# how far a member of staff has read a conversation
reading = sa.Table(
    "reading",
    metadata,
    sa.Column("staff_id", sa.String(40), primary_key=True),
    sa.Column("conversation_id", sa.ForeignKey("conversation.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("seq", sa.Integer, nullable=False),
)

saved_view = sa.Table(
    "saved_view",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("staff_id", sa.String(40), nullable=False),
    sa.Column("name", sa.String(40), nullable=False),
    sa.Column("query", sa.Text, nullable=False),
    sa.UniqueConstraint("staff_id", "name"),
)
