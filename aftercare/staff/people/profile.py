"""A member's own page: name and language, password, second factor, open sessions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from zoneinfo import available_timezones

from aiohttp import web
from sqlalchemy.engine import Row

from aftercare.base.database import utc_now
from aftercare.staff.access import passwords
from aftercare.staff.access.permissions import MEMBER, audit, every_member, member
from aftercare.staff.access.sessions import VISIT, end_session, end_sessions, new_secret, sessions_of
from aftercare.staff.people import accounts
from aftercare.staff.people.accounts import AccountError
from aftercare.staff.people.authenticator import password_fault
from aftercare.staff.people.login import start_session
from aftercare.staff.ui.pages import View, flash, render
from aftercare.staff.ui.texts import LANGUAGES
from aftercare.web.bodies import read_form
from aftercare.web.context import DESK

PAGE = "/desk/profile"


@dataclass(frozen=True)
class ProfilePage(View):
    """The page of a member's own account."""

    account: Row[Any]
    """The account."""
    sessions: Sequence[Row[Any]]
    """Its open sessions, the latest first."""
    this_session: str
    """The id of the session that asks."""
    timezones: Sequence[str]
    """Names of all timezones."""
    support_timezone: str
    """The one of the support hours."""


@every_member
async def profile(request: web.Request) -> web.Response:
    """GET /desk/profile."""
    desk, who, session = request.app[DESK], member(request), request[VISIT].session
    assert session is not None
    account = await desk.worker.run(accounts.by_id, desk.store.engine, who.id)
    assert account is not None
    open_now = await desk.worker.run(sessions_of, desk.store.engine, who.id, utc_now(), desk.settings)
    zones = sorted(available_timezones())
    page = ProfilePage(account, open_now, session.id, zones, desk.settings.support_timezone)
    return render(request, "people/profile.html", page)


@every_member
async def save_profile(request: web.Request) -> web.Response:
    """POST /desk/profile: name, language, the timezone of the times, and whether letters are shortcuts."""
    desk, who, form = request.app[DESK], member(request), await read_form(request)
    language = str(form.get("language", ""))
    try:
        name = accounts.clean_name(str(form.get("name", "")))
    except AccountError as error:
        flash(request, error.key, "error")
        raise web.HTTPSeeOther(PAGE) from None
    language = language if language in LANGUAGES else who.language
    zone = str(form.get("timezone", ""))
    values = {
        "name": name,
        "language": language,
        "timezone": zone if zone in available_timezones() and zone != desk.settings.support_timezone else None,
        "shortcuts": bool(form.get("shortcuts")),
    }
    await desk.worker.run(accounts.change, desk.store.engine, who.id, **values)
    request[MEMBER] = replace(who, language=language)  # the notice is read on the next page
    flash(request, "people.saved")
    raise web.HTTPSeeOther(PAGE)


@every_member
async def save_password(request: web.Request) -> web.Response:
    """POST /desk/profile/password: all other sessions end."""
    desk, who, form = request.app[DESK], member(request), await read_form(request)
    account = await desk.worker.run(accounts.by_id, desk.store.engine, who.id)
    assert account is not None
    new = str(form.get("new", ""))
    key = passwords.weakness(new, who.email)
    if key is None and new != str(form.get("again", "")):
        key = "people.password_differs"
    fault = (key, {}) if key else await password_fault(request, account, str(form.get("password", "")))
    if fault:
        flash(request, fault[0], "error", **fault[1])
        raise web.HTTPSeeOther(f"{PAGE}#password")
    kept = await passwords.hash_password(new)
    await desk.worker.run(accounts.change, desk.store.engine, who.id, password_hash=kept)
    await desk.worker.run(end_sessions, desk.store.engine, who.id)
    await start_session(request, who, "full")
    await audit(request, "password.changed", f"staff:{who.id}")
    flash(request, "people.password_changed")
    raise web.HTTPSeeOther(PAGE)


@every_member
async def end_one_session(request: web.Request) -> web.Response:
    """POST /desk/profile/sessions/end: one session, or with `all` every one, this one included."""
    desk, who, form = request.app[DESK], member(request), await read_form(request)
    if form.get("all"):
        await desk.worker.run(end_sessions, desk.store.engine, who.id)
        request[VISIT].begin(new_secret())
        await audit(request, "logout.everywhere", f"staff:{who.id}")
        raise web.HTTPSeeOther("/desk/login")
    await desk.worker.run(end_session, desk.store.engine, who.id, str(form.get("session", "")))
    await audit(request, "logout.session", f"staff:{who.id}")
    flash(request, "people.session_ended")
    raise web.HTTPSeeOther(PAGE)
