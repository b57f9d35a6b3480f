"""What Telegram needs kept: updates to handle, which chat is which conversation, keys of buttons, links, the lease."""

from __future__ import annotations

import sqlalchemy as sa

from aftercare.base.database import UtcDateTime
from aftercare.conversations.tables import metadata

# Every update once: Telegram repeats those it is not sure we have. The body goes when the update has been handled, the
# id stays for as long as Telegram may repeat it.
telegram_update = sa.Table(
    "telegram_update",
    metadata,
    sa.Column("update_id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("chat_id", sa.BigInteger, nullable=False),
    sa.Column("body", sa.Text),
    sa.Column("received_at", UtcDateTime, nullable=False, index=True),
    sa.Index(
        "ix_telegram_update_waiting",
        "chat_id",
        "update_id",
        sqlite_where=sa.text("body IS NOT NULL"),
        postgresql_where=sa.text("body IS NOT NULL"),
    ),
)

# A chat and the conversation it shows. Everything up to event `delivered_seq` has been sent, and of the one after it
# `delivered_parts` messages. A group has no conversation: its row says that it knows where to go.
telegram_chat = sa.Table(
    "telegram_chat",
    metadata,
    sa.Column("chat_id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("conversation_id", sa.ForeignKey("conversation.id", ondelete="SET NULL"), unique=True),
    sa.Column("delivered_seq", sa.Integer, nullable=False),
    sa.Column("delivered_parts", sa.Integer, nullable=False),
    sa.Column("silent", sa.Boolean, nullable=False),  # the traveller blocked the bot or said /stop
    sa.Column("last_message_id", sa.BigInteger),  # the traveller's newest: only its edit is answered again
)

# What a button of an inline keyboard means, by the short key Telegram gives back when it is pressed.
telegram_choice = sa.Table(
    "telegram_choice",
    metadata,
    sa.Column("key", sa.String(16), primary_key=True),
    sa.Column("conversation_id", sa.ForeignKey("conversation.id", ondelete="CASCADE"), nullable=False),
    sa.Column("seq", sa.Integer, nullable=False),  # of the event the keyboard belongs to
    sa.Column("meaning", sa.String(40), nullable=False),  # see keyboards.py
    sa.UniqueConstraint("conversation_id", "seq", "meaning"),
)

# One-time links from the web to Telegram; only a digest of the code is kept.
telegram_link = sa.Table(
    "telegram_link",
    metadata,
    sa.Column("code_digest", sa.String(64), primary_key=True),
    sa.Column("conversation_id", sa.ForeignKey("conversation.id", ondelete="CASCADE"), nullable=False),
    sa.Column("expires_at", UtcDateTime, nullable=False),
)

# Which desk talks to Telegram: it raises `beat` again and again; a desk that sees it unchanged for long takes over.
telegram_lease = sa.Table(
    "telegram_lease",
    metadata,
    sa.Column("name", sa.String(20), primary_key=True),
    sa.Column("holder", sa.String(40)),
    sa.Column("beat", sa.BigInteger, nullable=False),
)
