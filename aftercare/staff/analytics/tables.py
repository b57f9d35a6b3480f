"""Tables of the figures: one row per conversation, intent and step, so that no page has to read every message."""

from __future__ import annotations

import sqlalchemy as sa

from aftercare.base.database import UtcDateTime
from aftercare.conversations.tables import metadata

OUTCOMES = ("contained", "person", "unanswered")
FLAGS = ("deflected", "resolved", "abandoned", "reopened")  # facts.py defines them


def _conversation() -> sa.Column[str]:
    return sa.Column("conversation_id", sa.ForeignKey("conversation.id", ondelete="CASCADE"), primary_key=True)


conversation_fact = sa.Table(
    "conversation_fact",
    metadata,
    _conversation(),
    sa.Column("read_until", sa.Integer, nullable=False),  # seq of the last event that is counted here
    sa.Column("read_at", UtcDateTime, nullable=False),
    sa.Column("day", sa.Date, nullable=False),  # in which it began, in the support's timezone
    sa.Column("language", sa.String(2), nullable=False),
    sa.Column("channel", sa.String(20), nullable=False),
    sa.Column("provider", sa.String(40)),
    sa.Column("messages", sa.Integer, nullable=False),  # of the traveller
    sa.Column("outcome", sa.String(10)),  # none while nothing but greetings was said
    sa.Column("handoff_reason", sa.String(80)),
    sa.Column("handoff_at", UtcDateTime),
    sa.Column("first_reply_seconds", sa.Float),  # from asking for a person to the person's first message
    sa.Column("resolution_seconds", sa.Float),  # from asking for a person to the end of their work
    sa.Column("rating", sa.Integer),  # the latest, 1 to 5
    *(sa.Column(name, sa.Boolean, nullable=False, server_default=sa.false()) for name in FLAGS),
    sa.CheckConstraint("outcome IN ('contained', 'person', 'unanswered')", name="outcome"),
    # answers every figure of a period without the table
    sa.Index(
        "ix_conversation_fact_day",
        *("day", "outcome", "language", "channel", "provider", "handoff_reason", "rating"),
        *("first_reply_seconds", "resolution_seconds", *FLAGS),
    ),
)

# language, channel and provider are copied from `conversation_fact`: looking them up takes a year's figures seconds
intent_fact = sa.Table(
    "intent_fact",
    metadata,
    _conversation(),
    sa.Column("day", sa.Date, primary_key=True),
    sa.Column("intent", sa.String(80), primary_key=True),
    sa.Column("messages", sa.Integer, nullable=False),
    sa.Column("confidence", sa.Float, nullable=False),  # summed over the messages
    sa.Column("language", sa.String(2)),
    sa.Column("channel", sa.String(20)),
    sa.Column("provider", sa.String(40)),
    # answers without the table
    sa.Index("ix_intent_fact_day", "day", "intent", "messages", "confidence", "language", "channel", "provider"),
)

step_fact = sa.Table(
    "step_fact",
    metadata,
    _conversation(),
    sa.Column("step", sa.String(120), primary_key=True),
    sa.Column("day", sa.Date, nullable=False),
    sa.Column("outcome", sa.String(10), nullable=False),  # worked, failed, unknown
    sa.CheckConstraint("outcome IN ('worked', 'failed', 'unknown')", name="outcome"),
    sa.Index("ix_step_fact_day", "day"),
)

# whether the traveller found an answer helpful; said twice of the same answer, the later counts
feedback_fact = sa.Table(
    "feedback_fact",
    metadata,
    _conversation(),
    sa.Column("about", sa.String(120), primary_key=True),  # name of the response, or "article." and its id
    sa.Column("day", sa.Date, nullable=False),
    sa.Column("language", sa.String(2), nullable=False),  # in which the traveller was answered
    sa.Column("helpful", sa.Boolean, nullable=False),
    sa.Index("ix_feedback_fact_day", "day"),
)
