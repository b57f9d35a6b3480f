"""Tables of the teaching loop: messages to look at, and the models made of what staff decided."""

from __future__ import annotations

import sqlalchemy as sa

from aftercare.base.database import UtcDateTime
from aftercare.conversations.tables import metadata, one_of

REPORTED = "reported"  # by staff, whatever else is the reason
REASONS = ("corrected", "not_helped", "rated_bad", "low_confidence", "out_of_scope")
# accepted: becomes a training sentence; skipped: for somebody else; refused: teaches nothing
ANNOTATION_STATES = ("open", "accepted", "skipped", "refused")
MODEL_STATES = ("training", "ready", "failed", "cancelled", "interrupted")
CHECK_STATES = ("running", "done", "failed", "cancelled", "interrupted")

annotation = sa.Table(
    "annotation",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    # a decided sentence is masked and outlives the conversation it came from
    sa.Column("conversation_id", sa.ForeignKey("conversation.id", ondelete="SET NULL")),
    sa.Column("seq", sa.Integer, nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("reason", sa.String(20), nullable=False),
    sa.Column("language", sa.String(2), nullable=False),
    sa.Column("text", sa.Text, nullable=False),  # masked
    sa.Column("spans", sa.JSON, nullable=False),  # [[entity, start, end]] in `text`
    sa.Column("intent", sa.String(80)),  # as it was understood
    sa.Column("confidence", sa.Float),
    sa.Column("ranking", sa.JSON, nullable=False),  # [[intent, confidence]]
    sa.Column("suggestion", sa.String(80)),  # what the traveller chose afterwards
    sa.Column(
        "situation", sa.String(20)
    ),  # what the assistant had asked or told; null where nothing read it in context
    sa.Column("asked", sa.String(80)),  # the id of the step, question, finding or subject
    sa.Column("prompt", sa.Text),  # what the assistant had said last, masked
    sa.Column("read_commands", sa.JSON),  # [[label, probability]] as it was read
    # from here to `answered` only of messages that staff reported from their conversation
    sa.Column("reported_by", sa.String(254)),
    sa.Column("proposed", sa.String(80)),  # the intent they say it has
    sa.Column("proposed_commands", sa.JSON),  # labels of the commands they say it gives
    sa.Column("wanted_answer", sa.Text),  # what would have been right to answer, masked
    sa.Column("answered", sa.Text),  # what was answered, masked
    sa.Column("state", sa.String(10), nullable=False),
    sa.Column("label", sa.String(80)),  # the intent that was decided
    sa.Column("commands", sa.JSON),  # the labels of the commands that were decided
    sa.Column("decided_by", sa.String(254)),
    sa.Column("decided_at", UtcDateTime),
    sa.Column("written_at", UtcDateTime),  # since when it stands in data/nlu and data/turns
    sa.UniqueConstraint("conversation_id", "seq"),
    one_of("state", ANNOTATION_STATES),
    one_of("reason", REASONS),
    sa.Index("ix_annotation_state_reason", "state", "reason", "id"),
    sa.Index("ix_annotation_decided_at", "decided_at"),
)

model = sa.Table(
    "model",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("file", sa.String(120), nullable=False, unique=True),  # below models/
    sa.Column("state", sa.String(12), nullable=False),
    sa.Column("made_by", sa.String(254), nullable=False),
    sa.Column("started_at", UtcDateTime, nullable=False),
    sa.Column("finished_at", UtcDateTime),
    sa.Column("sentences", sa.Integer, nullable=False),  # reviewed ones among what it was trained on
    sa.Column("fits", sa.JSON, nullable=False),  # fingerprints of the data it is made for
    sa.Column("base", sa.String(120)),  # the model it was compared with
    sa.Column("result", sa.JSON),  # figures and changed answers (aftercare.training.candidate)
    sa.Column("beat_at", UtcDateTime),  # last sign of life of the training
    one_of("state", MODEL_STATES),
    sa.Index(
        "uq_model_training",
        "state",
        unique=True,
        sqlite_where=sa.text("state = 'training'"),
        postgresql_where=sa.text("state = 'training'"),
    ),
)

model_check = sa.Table(
    "model_check",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("model_id", sa.ForeignKey("model.id"), nullable=False, index=True),
    sa.Column("part", sa.String(40), nullable=False),  # a folder of tests/conversations, "quick" or "all"
    sa.Column("state", sa.String(12), nullable=False),
    sa.Column("by", sa.String(254), nullable=False),
    sa.Column("started_at", UtcDateTime, nullable=False),
    sa.Column("finished_at", UtcDateTime),
    sa.Column("beat_at", UtcDateTime, nullable=False),
    sa.Column("passed", sa.JSON, nullable=False),  # names of scripts
    sa.Column("failures", sa.JSON, nullable=False),  # [{name, said, wanted, before: outcome with the model in use}]
    one_of("state", CHECK_STATES),
    sa.Index(
        "uq_model_check_running",
        "state",
        unique=True,
        sqlite_where=sa.text("state = 'running'"),
        postgresql_where=sa.text("state = 'running'"),
    ),
)

model_use = sa.Table(
    "model_use",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("model_id", sa.ForeignKey("model.id"), nullable=False),
    sa.Column("before_id", sa.ForeignKey("model.id")),
    sa.Column("by", sa.String(254), nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
)
