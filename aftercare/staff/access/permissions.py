"""Who may do what at the desk: permissions, roles, what a handler demands, and the audit log."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from aiohttp import web
from sqlalchemy.orm import Session

from aftercare.base.database import utc_now
from aftercare.base.language import Language
from aftercare.conversations.context import Desk
from aftercare.orders.outbox import OutboxItem, put
from aftercare.staff.access.audit_chain import append
from aftercare.web.context import DESK, address_of


class Permission(StrEnum):
    """What a member of staff may do."""

    view_conversations = "view_conversations"
    reply = "reply"  # claim a conversation, write to the traveller, hand back, note, tag, resolve
    reveal_personal = "reveal_personal"  # see e-mails, phone numbers, ICCIDs and codes unmasked
    decide_refunds = "decide_refunds"
    annotate = "annotate"
    mark = "mark"  # flag and correct single messages, where they stand in a conversation
    manage_models = "manage_models"
    view_analytics = "view_analytics"
    export = "export"
    manage_staff = "manage_staff"
    view_audit = "view_audit"
    manage_settings = "manage_settings"  # canned replies, tags and the like


_LOOK = {Permission.view_conversations, Permission.view_analytics}
_AGENT = _LOOK | {Permission.reply, Permission.mark, Permission.reveal_personal, Permission.decide_refunds}
_ANNOTATOR = _LOOK | {Permission.annotate, Permission.mark}
_LEAD = _AGENT | _ANNOTATOR | {Permission.manage_models, Permission.export, Permission.manage_settings}
ROLES: dict[str, frozenset[Permission]] = {
    "viewer": frozenset(_LOOK),
    "agent": frozenset(_AGENT),
    "annotator": frozenset(_ANNOTATOR),
    "lead": frozenset(_LEAD | {Permission.view_audit}),
    "admin": frozenset(Permission),
}


class Refused(Exception):
    """A request that is answered with an error page; `key` names its text."""

    def __init__(self, status: int, key: str) -> None:
        super().__init__(key)
        self.status = status
        self.key = key


@dataclass(frozen=True)
class Member:
    """The member of staff who is signed in."""

    id: int
    name: str
    email: str
    role: str
    language: Language
    shortcuts: bool = True
    """Whether single letters act in the inbox."""
    timezone: str | None = None
    """Name of the timezone of the times they read; None for the support's."""

    @property
    def agent_id(self) -> str:
        """How conversations name this member."""
        return str(self.id)

    def may(self, permission: Permission | str) -> bool:
        """Whether the role allows it."""
        return permission in ROLES[self.role]


@dataclass(frozen=True)
class Access:
    """What a handler demands: nobody, somebody whose password is proven, a member, or a member with a permission."""

    signed_in: bool = True
    second_factor: bool = True
    permission: Permission | None = None
    cached: bool = False  # the answer is the same for everybody, and browsers keep it


def _demand[H: Callable[..., Any]](access: Access) -> Callable[[H], H]:
    def mark(handler: H) -> H:
        handler.__desk_access__ = access  # type: ignore[attr-defined]
        return handler

    return mark


def needs[H: Callable[..., Any]](permission: Permission) -> Callable[[H], H]:
    """Only members with this permission reach the handler."""
    return _demand(Access(permission=permission))


# Every member reaches the handler: one's own profile, signing out.
every_member = _demand(Access())
# Only for the steps between the password and the second factor.
before_second_factor = _demand(Access(second_factor=False))
# Everybody reaches the handler: signing in.
public = _demand(Access(signed_in=False))
# Everybody reaches the handler, and no visit is looked up: static files.
public_file = _demand(Access(signed_in=False, cached=True))


def access_of(handler: Callable[..., Any]) -> Access | None:
    """What a handler demands; None without a decorator, and then the guard refuses everybody."""
    return getattr(handler, "__desk_access__", None)


MEMBER = web.RequestKey("member", Member)
VIA = web.RequestKey("via", str)
"""The key of the API that a request was made with; the audit log names it beside the member it acts for."""


def member(request: web.Request) -> Member:
    """Who is signed in; only for handlers that demand it."""
    return request[MEMBER]


async def audit(request: web.Request, action: str, subject: str, /, **details: Any) -> None:
    """Write to the audit log what the member does: `audit(request, "conversation.viewed", conversation_id)`.

    Nothing of a traveller's personal data belongs in `details`: the audit log is never erased.
    """
    await audit_once(request, None, action, subject, **details)


async def audit_once(request: web.Request, key: str | None, action: str, subject: str, /, **details: Any) -> None:
    """The same, once for each `key`."""
    desk = request.app[DESK]
    entry = {"details": _with_key(request, details), **_who(request), "key": key}
    await desk.worker.run(add_audit_entry, desk.store.engine, action, subject, **entry)


AUDIT = "audit"
"""The kind in the outbox of an entry that is stored with what it is about (`audit_later`)."""


def audit_later(request: web.Request, session: Session, action: str, subject: str, /, **details: Any) -> str:
    """Have the same written to the audit log when the transaction of `session` on the order database commits.

    Returns the key of the row in the outbox.
    """
    now, key = utc_now(), f"audit:{secrets.token_hex(16)}"
    payload = {"action": action, "subject": subject, "details": _with_key(request, details), **_who(request)}
    payload["at"] = now.isoformat()
    put(session, AUDIT, key, payload, now)
    return key


async def write_audit(desk: Desk, item: OutboxItem) -> None:
    """Write an entry of `audit_later`."""
    entry = {**item.payload, "at": datetime.fromisoformat(item.payload["at"])}
    await desk.worker.run(add_audit_entry, desk.store.engine, **entry, key=item.key)


def _with_key(request: web.Request, details: dict[str, Any]) -> dict[str, Any]:
    return {**details, "via": request[VIA]} if VIA in request else details


def _who(request: web.Request) -> dict[str, Any]:
    by = request.get(MEMBER)
    return {"staff_id": by and by.id, "actor": by.email if by else "", "address": address_of(request)}


def add_audit_entry(
    engine: sa.engine.Engine,
    action: str,
    subject: str,
    details: dict[str, Any] | None = None,
    *,
    staff_id: int | None = None,
    actor: str = "",
    address: str = "",
    at: datetime | None = None,
    key: str | None = None,
) -> None:
    """Append an entry to the audit log; `actor` is an e-mail, a program, or empty when nobody is signed in.

    An entry with a `key` is written once, however often this is called; `at` is now by default.
    """
    entry = {
        "at": at or utc_now(),
        "key": key,
        "staff_id": staff_id,
        "actor": actor,
        "action": action,
        "subject": subject[:200],
        "details": details or {},
        "address": address[:45],
    }
    with engine.connect() as connection:
        append(connection, entry)
