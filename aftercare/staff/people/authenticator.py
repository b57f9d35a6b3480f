"""Setting up the authenticator app: at the first sign-in of an administrator, later from the own profile."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aiohttp import web
from sqlalchemy.engine import Row

from aftercare.base.database import utc_now
from aftercare.staff.access import passwords
from aftercare.staff.access.permissions import audit, before_second_factor, every_member
from aftercare.staff.access.sessions import VISIT, Session, end_sessions, member_of
from aftercare.staff.people import accounts, second_factor
from aftercare.staff.people.login import next_page, start_session
from aftercare.staff.people.throttle import forget_attempts, take_attempt
from aftercare.staff.ui.pages import View, flash, render
from aftercare.web.bodies import read_form
from aftercare.web.context import DESK, address_of


@dataclass(frozen=True)
class AuthenticatorPage(View):
    """The page with the QR code that sets up an authenticator app."""

    offer: str
    """The new secret, sealed; the form sends it back."""
    key: str
    """The secret in groups of four, to type instead of scanning."""
    picture: str
    """The QR code, as a data URL."""
    fault: tuple[str, Mapping[str, object]] | None
    """Key and values of the text that says what was wrong."""
    next: str
    """The page to go on to."""
    ask_password: bool
    """Whether the password is needed: somebody signed in replaces their authenticator."""


@dataclass(frozen=True)
class RecoveryCodesPage(View):
    """The page with new recovery codes, which are shown once."""

    codes: Sequence[str]
    """The codes."""
    next: str
    """The page to go on to."""


async def _session_and_account(request: web.Request) -> tuple[Session, Row[Any]]:
    """The session and its account. Who has an authenticator must use it before they may set up another."""
    desk, session = request.app[DESK], request[VISIT].session
    assert session is not None
    account = await desk.worker.run(accounts.by_id, desk.store.engine, session.member.id)
    assert account is not None
    if session.stage != "full" and account.totp_secret is not None:
        raise web.HTTPSeeOther("/desk/login/code")
    return session, account


async def password_fault(
    request: web.Request, account: Row[Any], password: str
) -> tuple[str, dict[str, object]] | None:
    """What to say when a member who changes their credentials has not given their password; None when they have."""
    desk = request.app[DESK]
    address, now = address_of(request), utc_now()
    minutes = await desk.worker.run(take_attempt, desk.store.engine, account.email, address, now)
    if minutes:
        return "people.throttled", {"minutes": minutes}
    if not await passwords.matches(account.password_hash, password):
        return "people.password_wrong", {}
    await desk.worker.run(forget_attempts, desk.store.engine, account.email)
    return None


def _page(
    request: web.Request,
    account: Row[Any],
    offer: str,
    next_url: str,
    fault: tuple[str, dict[str, object]] | None = None,
) -> web.Response:
    settings = request.app[DESK].settings
    secret = second_factor.opened(settings, account.id, offer)
    if secret is None:  # older than a quarter of an hour
        offer = second_factor.offer(settings, account.id)
        secret = second_factor.opened(settings, account.id, offer) or ""
    session = request[VISIT].session
    page = AuthenticatorPage(
        offer=offer,
        key=" ".join(secret[at : at + 4] for at in range(0, len(secret), 4)),
        picture=second_factor.qr_picture(secret, account.email),
        fault=fault,
        next=next_url,
        ask_password=session is not None and session.stage == "full",
    )
    return render(request, "people/authenticator.html", page, status=422 if fault else 200)


@before_second_factor
async def authenticator_page(request: web.Request) -> web.Response:
    """GET /desk/login/authenticator: a QR code to scan."""
    _, account = await _session_and_account(request)
    return _page(request, account, "", next_page(request.query.get("next")))


@before_second_factor
async def authenticator(request: web.Request) -> web.Response:
    """POST /desk/login/authenticator: its first code; answers with the recovery codes, which are shown once."""
    desk, form = request.app[DESK], await read_form(request)
    session, account = await _session_and_account(request)
    offer, next_url, engine = str(form.get("offer", "")), next_page(str(form.get("next", ""))), desk.store.engine
    replace = session.stage == "full"
    if replace and (fault := await password_fault(request, account, str(form.get("password", "")))):
        return _page(request, account, offer, next_url, fault)
    accepted = await desk.worker.run(
        second_factor.accept_offer,
        engine,
        desk.settings,
        account.id,
        offer,
        str(form.get("code", "")),
        utc_now(),
        replace=replace,
    )
    if not accepted:
        return _page(request, account, offer, next_url, ("people.code_wrong", {}))
    await desk.worker.run(end_sessions, engine, account.id)
    await start_session(request, member_of(account), "full")
    await desk.worker.run(forget_attempts, engine, account.email)
    await audit(request, "authenticator.set_up", f"staff:{account.id}")
    if not replace:
        await audit(request, "login", f"staff:{account.id}", factor="totp")
    codes = await desk.worker.run(second_factor.new_recovery_codes, engine, account.id)
    return render(request, "people/recovery_codes.html", RecoveryCodesPage(codes, next_url))


@every_member
async def recovery_codes(request: web.Request) -> web.Response:
    """POST /desk/profile/recovery-codes: new ones instead of the old ones."""
    desk, form = request.app[DESK], await read_form(request)
    _, account = await _session_and_account(request)
    if account.totp_secret is None:
        raise web.HTTPSeeOther("/desk/profile")
    if fault := await password_fault(request, account, str(form.get("password", ""))):
        flash(request, fault[0], "error", **fault[1])
        raise web.HTTPSeeOther("/desk/profile")
    codes = await desk.worker.run(second_factor.new_recovery_codes, desk.store.engine, account.id)
    await audit(request, "recovery_codes.made", f"staff:{account.id}")
    return render(request, "people/recovery_codes.html", RecoveryCodesPage(codes, "/desk/profile"))


@every_member
async def remove_authenticator(request: web.Request) -> web.Response:
    """POST /desk/profile/authenticator/remove: for everybody but administrators."""
    desk, form = request.app[DESK], await read_form(request)
    _, account = await _session_and_account(request)
    if account.role == "admin":
        raise web.HTTPForbidden
    if fault := await password_fault(request, account, str(form.get("password", ""))):
        flash(request, fault[0], "error", **fault[1])
    else:
        await desk.worker.run(accounts.change, desk.store.engine, account.id, totp_secret=None, totp_step=None)
        await start_session(request, member_of(account), "full")
        await audit(request, "authenticator.removed", f"staff:{account.id}")
        flash(request, "people.authenticator_removed")
    raise web.HTTPSeeOther("/desk/profile")
