"""Keys of the staff API: each acts for one colleague, within their role and within its own scopes; hashes are kept."""

from __future__ import annotations

import re
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Engine, Row

from aftercare.base.sql import inserted_id
from aftercare.staff.access.permissions import ROLES, Member, Permission
from aftercare.staff.access.sessions import hashed, member_of
from aftercare.staff.access.tables import api_key, staff

# what a key begins with, so that scanners for secrets and people know one when they see it
PREFIX = "desk_"
_KEY = re.compile(rf"{PREFIX}[A-Za-z0-9_-]{{43}}")
_USED_EVERY = timedelta(minutes=1)
LONGEST_NAME = 80


class Scope(StrEnum):
    """What a key may do, as far as the role of whom it acts for allows that."""

    conversations_read = "conversations:read"
    conversations_write = "conversations:write"  # claim, hand back, resolve
    messages_write = "messages:write"
    tags_write = "tags:write"
    tickets_read = "tickets:read"
    tickets_write = "tickets:write"
    refunds_read = "refunds:read"
    refunds_write = "refunds:write"
    contacts_read = "contacts:read"
    personal_read = "personal:read"  # messages and contacts unmasked
    alarms_read = "alarms:read"  # figures for a monitoring system


# any of the permissions will do: those that the desk's pages demand for the same
NEEDED: dict[Scope, frozenset[Permission]] = {
    Scope.conversations_read: frozenset({Permission.view_conversations}),
    Scope.conversations_write: frozenset({Permission.reply}),
    Scope.messages_write: frozenset({Permission.reply}),
    Scope.tags_write: frozenset({Permission.reply, Permission.annotate}),
    Scope.tickets_read: frozenset({Permission.reply}),
    Scope.tickets_write: frozenset({Permission.reply}),
    Scope.refunds_read: frozenset({Permission.decide_refunds}),
    Scope.refunds_write: frozenset({Permission.decide_refunds}),
    Scope.contacts_read: frozenset({Permission.view_conversations}),
    Scope.personal_read: frozenset({Permission.reveal_personal}),
    Scope.alarms_read: frozenset({Permission.view_audit}),
}


class KeyRefused(Exception):
    """A key that cannot be made; `key` names the text that says why."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


@dataclass(frozen=True)
class ApiKey:
    """A key that may be used, and the member of staff it acts for."""

    id: int
    name: str
    scopes: frozenset[str]
    member: Member

    def may(self, scope: Scope) -> bool:
        """Whether it has the scope, and its member's role what the scope needs."""
        return scope in self.scopes and role_may(self.member.role, scope)


def role_may(role: str, scope: Scope) -> bool:
    """Whether a role has what a scope needs."""
    return bool(NEEDED[scope] & ROLES[role])


def make_key(
    engine: Engine, name: str, scopes: Collection[str], staff_id: int, made_by: int, now: datetime
) -> tuple[int, str]:
    """Store a key; its number and the key itself, which is kept nowhere.

    Who decides refunds is a person: a key that may acts for the one who makes it, and counts as them.

    Raises:
        KeyRefused: no name, no scope, a scope there is not, nobody to act for, more than their role allows, or
            decisions on refunds for somebody else.
    """
    name = " ".join(name.split())
    if not 1 <= len(name) <= LONGEST_NAME:
        raise KeyRefused("people.key_name_invalid")
    wanted = [scope for scope in Scope if scope in scopes]
    if not wanted or len(wanted) != len(set(scopes)):
        raise KeyRefused("people.key_no_scope")
    if Scope.refunds_write in wanted and staff_id != made_by:
        raise KeyRefused("people.key_refunds_own")
    secret = PREFIX + secrets.token_urlsafe(32)
    with engine.begin() as connection:
        account = connection.execute(
            sa.select(staff.c.role).where(staff.c.id == staff_id, staff.c.disabled_at.is_(None))
        ).one_or_none()
        if account is None:
            raise KeyRefused("people.key_nobody")
        if not all(role_may(account.role, scope) for scope in wanted):
            raise KeyRefused("people.key_role")
        values = {"name": name, "scopes": [str(scope) for scope in wanted], "staff_id": staff_id, "made_by": made_by}
        new = sa.insert(api_key).values(hash=hashed(secret), made_at=now, **values)
        return inserted_id(connection.execute(new)), secret


def find_key(engine: Engine, secret: str, now: datetime) -> ApiKey | None:
    """The key that may be used, else None; when it was used is kept to the minute."""
    if not _KEY.fullmatch(secret):
        return None
    one = (
        sa.select(api_key.c.id.label("key_id"), api_key.c.name.label("key_name"), api_key.c.scopes, api_key.c.used_at)
        .add_columns(staff)
        .join(staff, staff.c.id == api_key.c.staff_id)
        .where(api_key.c.hash == hashed(secret), api_key.c.revoked_at.is_(None), staff.c.disabled_at.is_(None))
    )
    with engine.connect() as connection:
        row = connection.execute(one).one_or_none()
    if row is None:
        return None
    if row.used_at is None or now - row.used_at >= _USED_EVERY:
        with engine.begin() as connection:
            connection.execute(sa.update(api_key).where(api_key.c.id == row.key_id).values(used_at=now))
    return ApiKey(row.key_id, row.key_name, frozenset(row.scopes), member_of(row))


def all_keys(engine: Engine) -> list[Row[Any]]:
    """All keys with `acts_for`, `disabled_at` and `maker`; those in use first, then the latest."""
    maker = staff.alias()
    found = (
        sa.select(api_key, staff.c.name.label("acts_for"), staff.c.disabled_at, maker.c.name.label("maker"))
        .join(staff, staff.c.id == api_key.c.staff_id)
        .join(maker, maker.c.id == api_key.c.made_by)
        .order_by(api_key.c.revoked_at.is_not(None), api_key.c.id.desc())
    )
    with engine.connect() as connection:
        return list(connection.execute(found))


def revoke_key(engine: Engine, number: int, now: datetime) -> bool:
    """End a key for good; False when there is none of this number that works."""
    with engine.begin() as connection:
        over = sa.update(api_key).where(api_key.c.id == number, api_key.c.revoked_at.is_(None)).values(revoked_at=now)
        return bool(connection.execute(over).rowcount)
