"""Signing in and out: password, then the authenticator's code for those who have one."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn
from urllib.parse import quote

from aiohttp import web
from sqlalchemy.engine import Row

from aftercare.base.database import utc_now
from aftercare.staff.access import passwords
from aftercare.staff.access.permissions import MEMBER, Member, audit, before_second_factor, every_member, public
from aftercare.staff.access.sessions import VISIT, end_session, member_of, new_secret, open_session
from aftercare.staff.people import accounts
from aftercare.staff.people.second_factor import check_code
from aftercare.staff.people.throttle import forget_attempts, take_attempt
from aftercare.staff.ui.pages import View, flash, render
from aftercare.web.bodies import read_form
from aftercare.web.context import DESK, address_of

log = logging.getLogger(__name__)

HOME = "/desk"


@dataclass(frozen=True)
class CodePage(View):
    """The page that asks for the authenticator's code."""

    next: str
    """The page to go on to after signing in."""
    fault: str | None = None
    """Key of the text that says what was wrong; None the first time."""
    values: Mapping[str, object] = field(default_factory=dict)
    """What goes into that text."""


@dataclass(frozen=True)
class LoginPage(CodePage):
    """The page that asks for e-mail and password."""

    email: str = ""
    """The address typed before."""


def next_page(wanted: str | None) -> str:
    """The page to go on to: one of the desk's own, whatever the address asks for."""
    inside = wanted is not None and (wanted == HOME or wanted.startswith(f"{HOME}/"))
    return wanted if wanted and inside and not re.search(r"\.\.|[\\\s]", wanted) else HOME


async def start_session(request: web.Request, who: Member, stage: str) -> None:
    """Give the browser a session under a new secret; what is recorded from here on is theirs."""
    request[MEMBER] = who
    desk, visit = request.app[DESK], request[VISIT]
    visit.begin(
        await desk.worker.run(
            open_session,
            desk.store.engine,
            who.id,
            stage,
            utc_now(),
            address_of(request),
            request.headers.get("User-Agent", ""),
            visit.secret,
        )
    )


@public
async def login_page(request: web.Request) -> web.Response:
    """GET /desk/login."""
    next_url = next_page(request.query.get("next"))
    if MEMBER in request:
        raise web.HTTPSeeOther(next_url)
    return render(request, "people/login.html", LoginPage(next=next_url))


@public
async def login(request: web.Request) -> web.Response:
    """POST /desk/login: the same answer for a wrong password and for an unknown account."""
    desk, form = request.app[DESK], await read_form(request)
    email, password = str(form.get("email", "")).strip().lower(), str(form.get("password", ""))
    next_url = next_page(str(form.get("next", "")))
    engine, now = desk.store.engine, utc_now()
    minutes = await desk.worker.run(take_attempt, engine, email, address_of(request), now)
    if minutes:
        # not in the record, which would grow with every guess; the failures before are there
        log.warning("Too many attempts to sign in")
        return _refused(request, email, next_url, "people.throttled", 429, minutes=minutes)
    account = await desk.worker.run(accounts.by_email, engine, email)
    if not await passwords.matches(account.password_hash if account else None, password) or account is None:
        await audit(request, "login.failed", f"staff:{account.id}" if account else "unknown")
        return _refused(request, email, next_url, "people.wrong", 401)
    await after_password(request, account, next_url)


async def after_password(request: web.Request, account: Row[Any], next_url: str) -> NoReturn:
    """Sign in whose password is proven, or go on to the second factor.

    Raises:
        HTTPSeeOther: always.
    """
    desk = request.app[DESK]
    if account.totp_secret is None and account.role != "admin":
        await start_session(request, member_of(account), "full")
        await desk.worker.run(forget_attempts, desk.store.engine, account.email)
        await audit(request, "login", f"staff:{account.id}")
        raise web.HTTPSeeOther(next_url)
    await start_session(request, member_of(account), "password")
    step = "code" if account.totp_secret else "authenticator"
    raise web.HTTPSeeOther(f"/desk/login/{step}?next={quote(next_url, safe='')}")


def _refused(
    request: web.Request, email: str, next_url: str, fault: str, status: int, **values: object
) -> web.Response:
    return render(request, "people/login.html", LoginPage(next_url, fault, values, email), status=status)


@before_second_factor
async def code_page(request: web.Request) -> web.Response:
    """GET /desk/login/code: asks for the authenticator's code."""
    return render(request, "people/code.html", CodePage(next_page(request.query.get("next"))))


@before_second_factor
async def code(request: web.Request) -> web.Response:
    """POST /desk/login/code: the authenticator's six digits, or a recovery code."""
    desk, form, session = request.app[DESK], await read_form(request), request[VISIT].session
    if session is None or session.stage == "full":
        raise web.HTTPSeeOther(HOME)
    who, next_url, engine = session.member, next_page(str(form.get("next", ""))), desk.store.engine
    minutes = await desk.worker.run(take_attempt, engine, who.email, address_of(request), utc_now())
    if minutes:
        page = CodePage(next_url, "people.throttled", {"minutes": minutes})
        return render(request, "people/code.html", page, status=429)
    used = await desk.worker.run(check_code, engine, desk.settings, who.id, str(form.get("code", "")), utc_now())
    if used is None:
        await audit(request, "login.failed", f"staff:{who.id}", factor="code")
        return render(request, "people/code.html", CodePage(next_url, "people.code_wrong"), status=401)
    await start_session(request, who, "full")
    await desk.worker.run(forget_attempts, engine, who.email)
    await audit(request, "login", f"staff:{who.id}", factor=used)
    if used == "recovery":
        flash(request, "people.recovery_used", "warning")
    raise web.HTTPSeeOther(next_url)


@every_member
async def active(_request: web.Request) -> web.Response:
    """POST /desk/active: somebody uses an open page, so the session is not idle."""
    return web.Response(status=204)


@every_member
async def logout(request: web.Request) -> web.Response:
    """POST /desk/logout."""
    desk, visit = request.app[DESK], request[VISIT]
    if visit.session is not None:
        await desk.worker.run(end_session, desk.store.engine, visit.session.member.id, visit.session.id)
        await audit(request, "logout", f"staff:{visit.session.member.id}")
    visit.begin(new_secret())
    raise web.HTTPSeeOther("/desk/login")
