"""Tables of the desk's own database: conversations and everything that was said in them, on every channel."""

from __future__ import annotations

import sqlalchemy as sa

from aftercare.base.database import UtcDateTime

STATES = ("assistant", "waiting", "agent", "closed")
# in which the assistant speaks of its own accord; in "closed" it still answers what was asked before
ASSISTANT_STATES = ("assistant", "waiting")
KINDS = ("message", "state")
SENDERS = ("traveller", "assistant", "agent", "system")
# pending: accepted, the assistant's turn is not finished yet; answered: it is; kept: for the person who has the
# conversation, the assistant stays silent; failed: given up after an apology
STATUSES = ("pending", "answered", "kept", "failed")

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def one_of(column: str, values: tuple[str, ...]) -> sa.CheckConstraint:
    """A check that a column holds one of these values."""
    return sa.CheckConstraint(f"{column} IN ({', '.join(repr(v) for v in values)})", name=column)


conversation = sa.Table(
    "conversation",
    metadata,
    sa.Column("id", sa.String(80), primary_key=True),
    sa.Column("channel", sa.String(20), nullable=False),
    sa.Column("state", sa.String(10), nullable=False),
    # who of the staff has it, in state "agent" only
    sa.Column("agent_id", sa.String(40), index=True),
    sa.Column("agent_name", sa.String(80)),
    sa.Column("waiting_since", UtcDateTime),  # in state "waiting" only
    # in state "waiting" only: since when a person owes them a word, which is their place in the line. Who is put back
    # into the queue without one keeps the place
    sa.Column("in_line_since", UtcDateTime),
    # a person gave it back or into the line, and the assistant has not spoken since
    sa.Column("resumed", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("closed_at", UtcDateTime),  # in state "closed" only
    sa.Column("chapter", sa.Integer, nullable=False, server_default="1"),  # one more each time a closed one is reopened
    sa.Column("unreachable", sa.Boolean, nullable=False, server_default=sa.false()),  # Telegram: the bot is blocked
    # a hash of the e-mail address that an identity has proven; another customer gets another conversation
    sa.Column("customer", sa.String(32)),
    sa.Column("locale", sa.String(35), nullable=False),
    sa.Column("language", sa.String(2), nullable=False),
    sa.Column("script", sa.String(4)),
    sa.Column("last_seq", sa.Integer, nullable=False),
    # the newest token generation seen in use and since when: an older one ends soon after (tokens.py)
    sa.Column("token_generation", sa.Integer, nullable=False),
    sa.Column("token_used_at", UtcDateTime, nullable=False),
    sa.Column("started_at", UtcDateTime, nullable=False),
    sa.Column("updated_at", UtcDateTime, nullable=False, index=True),
    # in Python `stored_answers`: how many to the oldest pending message are stored while Rasa goes on with its turn
    sa.Column("told", sa.Integer, nullable=False, server_default="0"),
    # of several desks on one PostgreSQL the one that has its messages answered, until it should have said so again
    sa.Column("answered_by", sa.String(32)),
    sa.Column("answered_until", UtcDateTime),
    # when to ask whether the last step worked; whatever is said before that clears it
    sa.Column("remind_at", UtcDateTime),
    one_of("state", STATES),
    sa.Index(
        "ix_conversation_remind_at",
        "remind_at",
        sqlite_where=sa.text("remind_at IS NOT NULL"),
        postgresql_where=sa.text("remind_at IS NOT NULL"),
    ),
    sa.Index(
        "ix_conversation_in_line",
        "in_line_since",
        "id",
        sqlite_where=sa.text("in_line_since IS NOT NULL"),
        postgresql_where=sa.text("in_line_since IS NOT NULL"),
    ),
)

# a row is a message of either side (`messages.Message`), and an event of the chat API
event = sa.Table(
    "event",
    metadata,
    sa.Column("conversation_id", sa.ForeignKey("conversation.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("kind", sa.String(10), nullable=False),
    sa.Column("sender", sa.String(10), nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("choices", sa.JSON(none_as_null=True)),  # [{"title", "payload"}]; the id of one is "<seq>-<index>"
    sa.Column("image", sa.Text),
    # [{"title", "lines", "price", "reason", "payload"?, "action"?, "link"?}]; the choice of one is "<seq>-c<index>"
    sa.Column("cards", sa.JSON(none_as_null=True)),
    sa.Column("custom", sa.JSON(none_as_null=True)),
    sa.Column("name", sa.String(120)),  # the meaning of an answer, for tests and statistics: "utter_greet"
    sa.Column("agent", sa.String(80)),
    sa.Column("state", sa.String(10)),  # of a state event: what the conversation became
    sa.Column("client_id", sa.String(64)),
    sa.Column("payload", sa.Text),  # of a choice: what Rasa is sent instead of the title
    sa.Column("status", sa.String(10)),  # of a traveller's message
    sa.Column("turn", sa.JSON(none_as_null=True)),  # of a traveller's message: `reading.TurnReading`
    one_of("kind", KINDS),
    one_of("sender", SENDERS),
    one_of("status", STATUSES),
    sa.UniqueConstraint("conversation_id", "client_id"),
    sa.Index(
        "ix_event_pending",
        "conversation_id",
        "seq",
        sqlite_where=sa.text("status = 'pending'"),
        postgresql_where=sa.text("status = 'pending'"),
    ),
)

# identities (JWT) that have opened a conversation: none opens a second one
used_identity = sa.Table(
    "used_identity",
    metadata,
    sa.Column("key", sa.String(64), primary_key=True),
    sa.Column("conversation_id", sa.String(80), nullable=False),
    sa.Column("until", UtcDateTime, nullable=False, index=True),
)

picture = sa.Table(
    "picture",
    metadata,
    sa.Column("id", sa.String(43), primary_key=True),  # unguessable: whoever has the address may look
    sa.Column("conversation_id", sa.ForeignKey("conversation.id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("media_type", sa.String(20), nullable=False),
    sa.Column("content", sa.LargeBinary, nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
)

# what a desk writes to find out whether it can
readiness = sa.Table(
    "readiness",
    metadata,
    sa.Column("name", sa.String(40), primary_key=True),
    sa.Column("written", sa.Text, nullable=False),
)

# how far other systems were told of a conversation (outgoing.py); `is_open`: told as opened and not as resolved since
announced = sa.Table(
    "announced",
    metadata,
    sa.Column("conversation_id", sa.ForeignKey("conversation.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("seq", sa.Integer, nullable=False),
    sa.Column("is_open", sa.Boolean, nullable=False),
    sa.Column("rated_at", UtcDateTime),
)

rating = sa.Table(
    "rating",
    metadata,
    sa.Column("conversation_id", sa.ForeignKey("conversation.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("chapter", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("score", sa.Integer, nullable=False),
    sa.Column("comment", sa.Text, nullable=False),
    sa.Column("at", UtcDateTime, nullable=False, index=True),
    sa.CheckConstraint("score BETWEEN 1 AND 5", name="score"),
)
