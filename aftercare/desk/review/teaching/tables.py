"""Tables of the teaching loop: messages to look at, and the models made of what staff decided."""

from __future__ import annotations

import sqlalchemy as sa

from aftercare.database import UtcDateTime
from aftercare.desk.tables import metadata

REASONS = ("corrected", "rated_bad", "low_confidence", "out_of_scope")
# accepted: becomes a training sentence; skipped: for somebody else; refused: teaches nothing
ANNOTATION_STATES = ("open", "accepted", "skipped", "refused")
MODEL_STATES = ("training", "ready", "failed", "cancelled", "interrupted")

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
    sa.Column("state", sa.String(10), nullable=False),
    sa.Column("label", sa.String(80)),  # the intent that was decided
    sa.Column("decided_by", sa.String(254)),
    sa.Column("decided_at", UtcDateTime),
    sa.Column("written_at", UtcDateTime),  # since when it stands in data/nlu
    sa.UniqueConstraint("conversation_id", "seq"),
    sa.CheckConstraint("state IN ('open', 'accepted', 'skipped', 'refused')", name="state"),
    sa.CheckConstraint("reason IN ('corrected', 'rated_bad', 'low_confidence', 'out_of_scope')", name="reason"),
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
    sa.Column("result", sa.JSON),  # figures and changed answers (aftercare.evaluation.candidate)
    sa.Column("checks", sa.JSON),  # outcome of the conversation tests
    sa.Column("beat_at", UtcDateTime),  # last sign of life of the training
    sa.CheckConstraint("state IN ('training', 'ready', 'failed', 'cancelled', 'interrupted')", name="state"),
    sa.Index(
        "uq_model_training",
        "state",
        unique=True,
        sqlite_where=sa.text("state = 'training'"),
        postgresql_where=sa.text("state = 'training'"),
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
