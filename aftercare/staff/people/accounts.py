"""Accounts of the staff, and the one-time links with which people set their password."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine, Row
from sqlalchemy.exc import IntegrityError

from aftercare.base.database import utc_now
from aftercare.base.settings import Settings
from aftercare.base.sql import inserted_id
from aftercare.staff.access.sessions import hashed, new_secret
from aftercare.staff.access.tables import ROLES, staff, staff_link, staff_recovery_code, staff_session

LINK_LIVES = timedelta(hours=24)


class AccountError(Exception):
    """What is wrong with a request about an account; `key` names the text that says it."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


@dataclass(frozen=True)
class StaffLink:
    """A one-time link that can still be used; `email` and `name` are empty for the first administrator."""

    kind: str
    staff_id: int | None
    email: str = ""
    name: str = ""


def clean_email(text: str) -> str:
    """An e-mail address in lower case.

    Raises:
        AccountError: it is not one.
    """
    email = text.strip().lower()
    if len(email) > 254 or not re.fullmatch(r"[^@\s<>]+@[^@\s<>]+\.[^@\s<>.]+", email):
        raise AccountError("people.email_invalid")
    return email


def clean_name(text: str) -> str:
    """A name on one line.

    Raises:
        AccountError: it is empty or longer than 80 characters.
    """
    name = " ".join(text.split())
    if not 1 <= len(name) <= 80:
        raise AccountError("people.name_invalid")
    return name


def by_email(engine: Engine, email: str) -> Row[Any] | None:
    """The account of an e-mail address that may sign in."""
    with engine.connect() as connection:
        one = sa.select(staff).where(staff.c.email == email.strip().lower(), staff.c.disabled_at.is_(None))
        return connection.execute(one).one_or_none()


def by_id(engine: Engine, staff_id: int) -> Row[Any] | None:
    """An account."""
    with engine.connect() as connection:
        return connection.execute(sa.select(staff).where(staff.c.id == staff_id)).one_or_none()


def everybody(engine: Engine) -> list[Row[Any]]:
    """All accounts with `seen_at`, when they were last here; the active ones first."""
    seen = sa.select(sa.func.max(staff_session.c.seen_at)).where(staff_session.c.staff_id == staff.c.id)
    order = (staff.c.disabled_at.isnot(None), staff.c.name, staff.c.email)
    with engine.connect() as connection:
        return list(connection.execute(sa.select(staff, seen.scalar_subquery().label("seen_at")).order_by(*order)))


def add(engine: Engine, email: str, role: str, language: str = "en") -> tuple[int, str]:
    """Make an account without a password; its id and the secret of the link that sets one.

    Raises:
        AccountError: the address is not one, or has an account; there is no such role.
    """
    address = clean_email(email)
    if role not in ROLES:
        raise AccountError("people.role_invalid")
    values = {"email": address, "name": address.partition("@")[0][:80], "role": role, "language": language}
    try:
        with engine.begin() as connection:
            new = sa.insert(staff).values(created_at=utc_now(), **values)
            staff_id = inserted_id(connection.execute(new))
            return staff_id, _new_link(connection, "invite", staff_id)
    except IntegrityError:
        raise AccountError("people.email_taken") from None


def new_link(engine: Engine, staff_id: int) -> str:
    """The secret of a link that sets a new password; earlier links of the account end."""
    with engine.begin() as connection:
        return _new_link(connection, "reset", staff_id)


def first_admin_link(engine: Engine, settings: Settings) -> str | None:
    """The address at which the first administrator is made, as long as there is none; an earlier one ends."""
    with engine.begin() as connection:
        if _has_admin(connection):
            return None
        return link_address(settings, _new_link(connection, "first", None))


def _has_admin(connection: Connection) -> bool:
    """Whether somebody can sign in and manage the staff."""
    one = sa.select(staff.c.id).where(
        staff.c.role == "admin", staff.c.password_hash.isnot(None), staff.c.disabled_at.is_(None)
    )
    return connection.execute(one.limit(1)).first() is not None


def link_address(settings: Settings, secret: str) -> str:
    """The address of a one-time link."""
    return f"{settings.public_url}/desk/welcome/{secret}"


def _new_link(connection: Connection, kind: str, staff_id: int | None) -> str:
    secret, now = new_secret(), utc_now()
    same = staff_link.c.staff_id.is_(None) if staff_id is None else staff_link.c.staff_id == staff_id
    connection.execute(sa.delete(staff_link).where(sa.or_(same, staff_link.c.expires_at < now)))
    values = {"id": hashed(secret), "kind": kind, "staff_id": staff_id, "expires_at": now + LINK_LIVES}
    connection.execute(sa.insert(staff_link).values(**values))
    return secret


def find_link(engine: Engine, secret: str, now: datetime) -> StaffLink | None:
    """What a link is for; None when it was used, is too old or never was."""
    with engine.connect() as connection:
        return _find_link(connection, secret, now)


def _find_link(connection: Connection, secret: str, now: datetime) -> StaffLink | None:
    one = (
        sa.select(staff_link, staff.c.email, staff.c.name, staff.c.disabled_at)
        .outerjoin(staff, staff.c.id == staff_link.c.staff_id)
        .where(staff_link.c.id == hashed(secret), staff_link.c.expires_at > now)
    )
    row = connection.execute(one).one_or_none()
    if row is None or row.disabled_at is not None or (row.kind == "first" and _has_admin(connection)):
        return None
    return StaffLink(row.kind, row.staff_id, row.email or "", row.name or "")


def use_link(engine: Engine, secret: str, email: str, name: str, password_hash: str, language: str) -> int:
    """Set password and name of a link's account, or make the first administrator; its id. All its sessions end.

    Raises:
        AccountError: the link cannot be used any more, or the e-mail address has an account.
    """
    now = utc_now()
    try:
        with engine.begin() as connection:
            # removing it comes first: of two who use it at once, one finds it gone
            used = sa.delete(staff_link).where(staff_link.c.id == hashed(secret), staff_link.c.expires_at > now)
            link = _find_link(connection, secret, now)
            if not connection.execute(used).rowcount or link is None:
                raise AccountError("people.link_over")
            if link.staff_id is None:
                values = {"email": email, "name": name, "role": "admin", "language": language}
                new = sa.insert(staff).values(password_hash=password_hash, created_at=now, **values)
                return inserted_id(connection.execute(new))
            values = {"password_hash": password_hash, "name": name}
            connection.execute(sa.update(staff).where(staff.c.id == link.staff_id).values(**values))
            connection.execute(sa.delete(staff_session).where(staff_session.c.staff_id == link.staff_id))
            return link.staff_id
    except IntegrityError:
        raise AccountError("people.email_taken") from None


def change(engine: Engine, staff_id: int, **values: object) -> None:
    """Change columns of an account. Where its rights change, all its sessions end.

    Raises:
        AccountError: nobody would be left who can manage the staff.
    """
    with engine.begin() as connection:
        connection.execute(sa.update(staff).where(staff.c.id == staff_id).values(**values))
        if {"role", "disabled_at"} & set(values) and not _has_admin(connection):
            raise AccountError("people.last_admin")
        if {"role", "disabled_at", "totp_secret"} & set(values):
            connection.execute(sa.delete(staff_session).where(staff_session.c.staff_id == staff_id))
        if "totp_secret" in values:
            connection.execute(sa.delete(staff_recovery_code).where(staff_recovery_code.c.staff_id == staff_id))
        if values.get("disabled_at"):
            connection.execute(sa.delete(staff_link).where(staff_link.c.staff_id == staff_id))
