"""The people page: inviting members of staff, changing their role, disabling them, helping them back in."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from aiohttp import web
from sqlalchemy.engine import Row
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from aftercare.base.database import utc_now
from aftercare.conversations import staff_actions
from aftercare.conversations.context import Desk
from aftercare.orders.mails import put_invitation
from aftercare.staff.access.permissions import ROLES, Permission, audit, member, needs
from aftercare.staff.access.sessions import end_sessions
from aftercare.staff.people import accounts
from aftercare.staff.people.accounts import AccountError
from aftercare.staff.ui.pages import View, flash, language_of, render
from aftercare.staff.ui.texts import LANGUAGES
from aftercare.web.bodies import read_form
from aftercare.web.context import DESK

log = logging.getLogger(__name__)

PAGE = "/desk/people"


@dataclass(frozen=True)
class PeoplePage(View):
    """The page with all members of staff and the form that invites one."""

    people: Sequence[Row[Any]]
    """All accounts, with `seen_at`."""
    roles: Sequence[str]
    """All roles, to choose from."""
    fault: str | None
    """Key of the text that says what was wrong with an invitation."""
    email: str
    """The address typed into that invitation."""
    link: tuple[str, str] | None
    """E-mail and address of a one-time link that was just made; it is shown only here."""
    mailed: bool
    """Whether that link is mailed as well."""


@needs(Permission.manage_staff)
async def people(request: web.Request) -> web.Response:
    """GET /desk/people."""
    return await _page(request)


async def _page(
    request: web.Request,
    fault: str | None = None,
    email: str = "",
    link: tuple[str, str] | None = None,
    mailed: bool = False,
) -> web.Response:
    """The page, with what was wrong with an invitation or a new one-time link (e-mail, address), shown only here."""
    desk = request.app[DESK]
    everybody = await desk.worker.run(accounts.everybody, desk.store.engine)
    page = PeoplePage(everybody, list(ROLES), fault, email, link, mailed)
    return render(request, "people/people.html", page, status=422 if fault else 200)


@needs(Permission.manage_staff)
async def invite(request: web.Request) -> web.Response:
    """POST /desk/people: a new account; shows the link with which its owner sets the password."""
    desk, form = request.app[DESK], await read_form(request)
    email, role = str(form.get("email", "")), str(form.get("role", ""))
    language = str(form.get("language", ""))
    language = language if language in LANGUAGES else language_of(request)
    try:
        staff_id, secret = await desk.worker.run(accounts.add, desk.store.engine, email, role, language)
    except AccountError as error:
        return await _page(request, error.key, email)
    await audit(request, "staff.invited", f"staff:{staff_id}", role=role)
    link = (email.strip().lower(), accounts.link_address(desk.settings, secret))
    return await _page(request, link=link, mailed=await _mail(desk, staff_id, link, language))


async def _other_account(request: web.Request) -> Row[Any]:
    """The account of the address.

    Raises:
        HTTPNotFound: there is none.
        HTTPSeeOther: it is one's own, whose rights somebody else has to change.
    """
    desk, number = request.app[DESK], request.match_info["number"]
    account = await desk.worker.run(accounts.by_id, desk.store.engine, int(number))
    if account is None:
        raise web.HTTPNotFound
    if account.id == member(request).id:
        flash(request, "people.not_yourself", "error")
        raise web.HTTPSeeOther(PAGE)
    return account


@needs(Permission.manage_staff)
async def set_role(request: web.Request) -> web.Response:
    """POST /desk/people/<number>/role: their sessions end, so that they come back with the new role."""
    form, account = await read_form(request), await _other_account(request)
    role = str(form.get("role", ""))
    if role not in ROLES:
        raise web.HTTPBadRequest
    if role == account.role:
        raise web.HTTPSeeOther(PAGE)
    return await _change(request, account, "staff.role", {"role": role}, before=account.role, after=role)


@needs(Permission.manage_staff)
async def disable(request: web.Request) -> web.Response:
    """POST /desk/people/<number>/disable: nothing of theirs works any more; what they did stays."""
    return await _change(request, await _other_account(request), "staff.disabled", {"disabled_at": utc_now()})


@needs(Permission.manage_staff)
async def enable(request: web.Request) -> web.Response:
    """POST /desk/people/<number>/enable."""
    return await _change(request, await _other_account(request), "staff.enabled", {"disabled_at": None})


@needs(Permission.manage_staff)
async def reset_authenticator(request: web.Request) -> web.Response:
    """POST /desk/people/<number>/authenticator: for somebody who lost the phone."""
    values: dict[str, object] = {"totp_secret": None, "totp_step": None}
    return await _change(request, await _other_account(request), "staff.authenticator_reset", values)


async def _change(
    request: web.Request, account: Row[Any], action: str, values: dict[str, object], **details: object
) -> web.Response:
    desk = request.app[DESK]
    try:
        await desk.worker.run(accounts.change, desk.store.engine, account.id, **values)
    except AccountError as error:
        flash(request, error.key, "error")
    else:
        await audit(request, action, f"staff:{account.id}", **details)
        flash(request, "people.saved")
        await _return_conversations(request, account.id)
    raise web.HTTPSeeOther(PAGE)


async def _return_conversations(request: web.Request, staff_id: int) -> None:
    """Put the conversations of somebody who may not write to travellers any more back into the queue."""
    desk = request.app[DESK]
    now = await desk.worker.run(accounts.by_id, desk.store.engine, staff_id)
    if now is None or (now.disabled_at is None and Permission.reply in ROLES[now.role]):
        return
    if returned := await staff_actions.release_all(desk, str(staff_id)):
        flash(request, "people.returned", count=returned)


@needs(Permission.manage_staff)
async def sign_out(request: web.Request) -> web.Response:
    """POST /desk/people/<number>/sign-out: ends all their sessions."""
    desk, account = request.app[DESK], await _other_account(request)
    await desk.worker.run(end_sessions, desk.store.engine, account.id)
    await audit(request, "staff.signed_out", f"staff:{account.id}")
    flash(request, "people.saved")
    raise web.HTTPSeeOther(PAGE)


@needs(Permission.manage_staff)
async def new_link(request: web.Request) -> web.Response:
    """POST /desk/people/<number>/link: a one-time link that sets a new password; the old one works until then."""
    desk, account = request.app[DESK], await _other_account(request)
    if account.disabled_at is not None:
        raise web.HTTPSeeOther(PAGE)
    secret = await desk.worker.run(accounts.new_link, desk.store.engine, account.id)
    await audit(request, "staff.link", f"staff:{account.id}")
    link = (account.email, accounts.link_address(desk.settings, secret))
    return await _page(request, link=link, mailed=await _mail(desk, account.id, link, account.language))


async def _mail(desk: Desk, staff_id: int, link: tuple[str, str], language: str) -> bool:
    """Have a link mailed to whom it is for; False where no mail is sent or it could not be stored."""
    if not desk.settings.mails:
        return False
    try:
        await desk.orders_worker.run(_put_mail, desk, staff_id, link, language)
    except SQLAlchemyError as error:
        log.warning("An invitation is not mailed: %s", type(error).__name__)
        return False
    desk.outbox.wake()
    return True


def _put_mail(desk: Desk, staff_id: int, link: tuple[str, str], language: str) -> None:
    with Session(desk.orders, future=True) as session, session.begin():
        put_invitation(session, staff_id, link[0], language, link[1], utc_now())
