"""Tables of the staff: accounts, sessions, one-time links, keys of the API, attempts to sign in, and the audit log."""

from __future__ import annotations

import sqlalchemy as sa

from aftercare.base.database import UtcDateTime
from aftercare.conversations.tables import metadata, one_of

ROLES = ("viewer", "agent", "annotator", "lead", "admin")
# password: only the password is proven, the code of the authenticator is still to come; full: signed in
STAGES = ("password", "full")
# first: makes the first administrator; invite: sets the password of a new account; reset: sets a new password
LINKS = ("first", "invite", "reset")

Number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")  # SQLite counts up only its INTEGER PRIMARY KEY

staff = sa.Table(
    "staff",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("email", sa.String(254), nullable=False, unique=True),  # lower case
    sa.Column("name", sa.String(80), nullable=False),
    sa.Column("role", sa.String(10), nullable=False),
    sa.Column("language", sa.String(2), nullable=False),
    sa.Column("password_hash", sa.Text),  # Argon2id; none until the invitation is used
    sa.Column("totp_secret", sa.Text),  # sealed (sealed.py); none: no second factor yet
    sa.Column("totp_step", Number),  # the latest 30-second step whose code was used: none works twice
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("disabled_at", UtcDateTime),
    sa.Column("shortcuts", sa.Boolean, nullable=False, server_default=sa.true()),  # letters act in the inbox
    sa.Column("timezone", sa.String(40)),  # of the times they read; none: the support's
    one_of("role", ROLES),
)

staff_session = sa.Table(
    "staff_session",
    metadata,
    sa.Column("id", sa.String(64), primary_key=True),  # SHA-256 of what the cookie holds
    sa.Column("staff_id", sa.ForeignKey("staff.id"), nullable=False, index=True),
    sa.Column("stage", sa.String(10), nullable=False),
    sa.Column("started_at", UtcDateTime, nullable=False),
    sa.Column("seen_at", UtcDateTime, nullable=False),
    sa.Column("address", sa.String(45), nullable=False),
    sa.Column("browser", sa.String(200), nullable=False),
    one_of("stage", STAGES),
)

staff_link = sa.Table(
    "staff_link",
    metadata,
    sa.Column("id", sa.String(64), primary_key=True),  # SHA-256 of what the link holds
    sa.Column("kind", sa.String(10), nullable=False),
    sa.Column("staff_id", sa.ForeignKey("staff.id"), index=True),  # none for the first administrator
    sa.Column("expires_at", UtcDateTime, nullable=False),
    one_of("kind", LINKS),
)

staff_recovery_code = sa.Table(
    "staff_recovery_code",
    metadata,
    sa.Column("staff_id", sa.ForeignKey("staff.id"), primary_key=True),
    sa.Column("code_hash", sa.String(64), primary_key=True),
)

api_key = sa.Table(
    "api_key",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("hash", sa.String(64), nullable=False, unique=True),  # SHA-256 of the key
    sa.Column("name", sa.String(80), nullable=False),
    sa.Column("scopes", sa.JSON, nullable=False),
    sa.Column("staff_id", sa.ForeignKey("staff.id"), nullable=False, index=True),  # whom it acts for
    sa.Column("made_by", sa.ForeignKey("staff.id"), nullable=False),
    sa.Column("made_at", UtcDateTime, nullable=False),
    sa.Column("used_at", UtcDateTime),  # to the minute
    sa.Column("revoked_at", UtcDateTime),
)

login_attempt = sa.Table(
    "login_attempt",
    metadata,
    sa.Column("id", Number, primary_key=True),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("account", sa.String(64), nullable=False),  # SHA-256: people type passwords where e-mails belong
    sa.Column("address", sa.String(45), nullable=False),
    sa.Index("ix_login_attempt_account", "account", "at"),
    sa.Index("ix_login_attempt_address", "address", "at"),
)

# Nothing is ever changed or removed here: triggers refuse it (migration 0004).
audit_entry = sa.Table(
    "audit_entry",
    metadata,
    sa.Column("id", Number, primary_key=True),
    sa.Column("at", UtcDateTime, nullable=False, index=True),
    sa.Column("staff_id", sa.ForeignKey("staff.id"), index=True),  # none: nobody was signed in
    sa.Column("actor", sa.String(254), nullable=False),
    sa.Column("action", sa.String(60), nullable=False, index=True),
    sa.Column("subject", sa.String(200), nullable=False, index=True),
    sa.Column("details", sa.JSON, nullable=False),
    sa.Column("address", sa.String(45), nullable=False),
    sa.Column("hash", sa.String(64), nullable=False, server_default=""),  # audit_chain.py
    sa.Column("key", sa.String(120)),  # of an entry that is tried until it is written: it is written once
    sa.Index("uq_audit_entry_key", "key", unique=True),
)
