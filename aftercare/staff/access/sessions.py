"""Sessions of the staff: a random secret in a cookie, its hash in the database, an idle and an absolute timeout."""

from __future__ import annotations

import hashlib
import math
import secrets
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import sqlalchemy as sa
from aiohttp import web
from sqlalchemy.engine import Connection, Engine, Row

from aftercare.base.database import utc_now
from aftercare.base.settings import Settings
from aftercare.staff.access.permissions import ROLES, Member, Permission
from aftercare.staff.access.tables import staff, staff_session

# The least time between two updates of a session's last activity.
_SEEN_EVERY = timedelta(seconds=30)
# The lifetime of a session that waits for its second factor.
_SECOND_STEP_WITHIN = timedelta(minutes=10)
# Rows of sessions without activity for so long are deleted.
_FORGOTTEN_AFTER = timedelta(days=30)
# Seconds for which the number of those at work is kept.
_COUNTED_EVERY = 5.0


def hashed(secret: str) -> str:
    """SHA-256 in hex; unsalted, so only for secrets too random to guess."""
    return hashlib.sha256(secret.encode()).hexdigest()


@dataclass(frozen=True)
class Session:
    """A stored session and its member; `stage` is "full" once the second factor was given."""

    id: str
    stage: str
    member: Member


@dataclass
class Visit:
    """The cookie and session of a request; a browser has a secret before it has a session."""

    secret: str
    session: Session | None = None
    is_new: bool = False  # the response must set the cookie

    @property
    def csrf(self) -> str:
        """The CSRF token of this browser's forms: a hash of the secret, which cannot be read from it."""
        return hashlib.sha256(b"csrf " + self.secret.encode()).hexdigest()

    def begin(self, secret: str) -> None:
        """Replace the secret, without a session; the response sets the cookie."""
        self.secret, self.session, self.is_new = secret, None, True


VISIT = web.RequestKey("visit", Visit)


def cookie_name(settings: Settings) -> str:
    """The cookie's name: with the prefix `__Host-`, which needs https, except on a loopback address over http."""
    parts = urlsplit(settings.public_url)
    if parts.scheme == "http" and parts.hostname in ("127.0.0.1", "localhost", "::1"):
        return "desk-session-on-this-computer"
    return "__Host-desk-session"


def set_cookie(settings: Settings, response: web.StreamResponse, name: str, value: str) -> None:
    """Set a session cookie: HttpOnly, SameSite=Lax, and Secure with the prefix `__Host-`."""
    secure = name.startswith("__Host-")
    response.set_cookie(name, value, path="/", secure=secure, httponly=True, samesite="Lax")


def new_secret() -> str:
    """256 random bits as URL-safe Base64."""
    return secrets.token_urlsafe(32)


def open_session(
    engine: Engine, staff_id: int, stage: str, now: datetime, address: str = "", browser: str = "", old: str = ""
) -> str:
    """Store a session and return its secret; the session of the secret `old` ends."""
    secret = new_secret()
    values = {"staff_id": staff_id, "stage": stage, "started_at": now, "seen_at": now}
    with engine.begin() as connection:
        over = sa.or_(staff_session.c.id == hashed(old), staff_session.c.seen_at < now - _FORGOTTEN_AFTER)
        connection.execute(sa.delete(staff_session).where(over))
        connection.execute(
            sa.insert(staff_session).values(id=hashed(secret), address=address[:45], browser=browser[:200], **values)
        )
    return secret


def find_session(engine: Engine, secret: str, now: datetime, settings: Settings, active: bool) -> Session | None:
    """The valid session of a secret, else None; `active` records activity, which polling by an open page is not."""
    one = (
        sa.select(staff_session.c.stage, staff_session.c.started_at, staff_session.c.seen_at, staff)
        .join(staff, staff.c.id == staff_session.c.staff_id)
        .where(staff_session.c.id == hashed(secret), staff.c.disabled_at.is_(None))
    )
    with engine.connect() as connection:
        row = connection.execute(one).one_or_none()
    if row is None or not _is_valid(row, now, settings):
        return None
    if active and now - row.seen_at > _SEEN_EVERY:
        with engine.begin() as connection:
            connection.execute(sa.update(staff_session).where(staff_session.c.id == hashed(secret)).values(seen_at=now))
    return Session(hashed(secret), row.stage, member_of(row))


def member_of(account: Row[Any]) -> Member:
    """The member of an account."""
    return Member(
        account.id, account.name, account.email, account.role, account.language, account.shortcuts, account.timezone
    )


def _is_valid(row: Row[Any], now: datetime, settings: Settings) -> bool:
    if row.stage != "full" and now >= row.started_at + _SECOND_STEP_WITHIN:
        return False
    idle, whole = timedelta(seconds=settings.staff_idle), timedelta(seconds=settings.staff_lifetime)
    return bool(now < row.seen_at + idle and now < row.started_at + whole)


class StaffOnDuty:
    """Counts the members who may write to travellers and have done something at the desk within the idle time."""

    def __init__(self, settings: Settings, seconds: float = _COUNTED_EVERY) -> None:
        self._settings = settings
        self._seconds = seconds
        self._counted_at = -math.inf
        self._count = 0

    def __call__(self, connection: Connection) -> int:
        """How many they are; every message of a traveller asks, so the number is kept for some seconds."""
        if time.monotonic() - self._counted_at >= self._seconds:
            self._count, self._counted_at = self._counted(connection, utc_now()), time.monotonic()
        return self._count

    def _counted(self, connection: Connection, now: datetime) -> int:
        idle, whole = timedelta(seconds=self._settings.staff_idle), timedelta(seconds=self._settings.staff_lifetime)
        at_work = (
            sa.select(sa.func.count(staff.c.id.distinct()))
            .join(staff_session, staff_session.c.staff_id == staff.c.id)
            .where(
                staff_session.c.stage == "full",
                staff_session.c.seen_at > now - idle,
                staff_session.c.started_at > now - whole,
                staff.c.disabled_at.is_(None),
                staff.c.role.in_([role for role, allowed in ROLES.items() if Permission.reply in allowed]),
            )
        )
        return int(connection.execute(at_work).scalar_one())


def sessions_of(engine: Engine, staff_id: int, now: datetime, settings: Settings) -> list[Row[Any]]:
    """The valid sessions of a member, the latest active first."""
    mine = sa.select(staff_session).where(staff_session.c.staff_id == staff_id, staff_session.c.stage == "full")
    with engine.connect() as connection:
        found = connection.execute(mine.order_by(staff_session.c.seen_at.desc()))
        return [row for row in found if _is_valid(row, now, settings)]


def end_sessions(engine: Engine, staff_id: int, but: str = "") -> None:
    """End all sessions of a member, except the one with the id `but`."""
    with engine.begin() as connection:
        connection.execute(
            sa.delete(staff_session).where(staff_session.c.staff_id == staff_id, staff_session.c.id != but)
        )


def end_session(engine: Engine, staff_id: int, session_id: str) -> None:
    """End one session of a member."""
    with engine.begin() as connection:
        connection.execute(
            sa.delete(staff_session).where(staff_session.c.staff_id == staff_id, staff_session.c.id == session_id)
        )
