"""What a one-time link opens: choosing the password of a new account, of the first administrator, or a new one."""

from __future__ import annotations

from dataclasses import dataclass

from aiohttp import web

from aftercare.base.database import utc_now
from aftercare.staff.access import passwords
from aftercare.staff.access.permissions import MEMBER, audit, public
from aftercare.staff.access.sessions import member_of
from aftercare.staff.people import accounts
from aftercare.staff.people.accounts import AccountError, StaffLink
from aftercare.staff.people.login import HOME, after_password
from aftercare.staff.ui.pages import View, language_of, render
from aftercare.web.bodies import read_form
from aftercare.web.context import DESK


@dataclass(frozen=True)
class WelcomePage(View):
    """The page on which somebody chooses a password."""

    link: StaffLink | None
    """The one-time link; None when it cannot be used any more."""
    fault: str | None
    """Key of the text that says what was wrong."""
    email: str
    """The address of the account, or the one typed."""
    name: str
    """The name of the account, or the one typed."""


async def _link(request: web.Request) -> StaffLink | None:
    desk = request.app[DESK]
    return await desk.worker.run(accounts.find_link, desk.store.engine, request.match_info["secret"], utc_now())


def _page(
    request: web.Request, link: StaffLink | None, fault: str | None = None, email: str = "", name: str = ""
) -> web.Response:
    status = 410 if link is None else 422 if fault else 200
    return render(request, "people/welcome.html", WelcomePage(link, fault, email, name), status=status)


@public
async def welcome_page(request: web.Request) -> web.Response:
    """GET /desk/welcome/<secret>."""
    link = await _link(request)
    return _page(request, link, email=link.email if link else "", name=link.name if link else "")


@public
async def welcome(request: web.Request) -> web.Response:
    """POST /desk/welcome/<secret>: stores the password and goes on to sign in."""
    desk, form, link = request.app[DESK], await read_form(request), await _link(request)
    if link is None:
        return _page(request, None)
    typed, name = str(form.get("email", "")) if link.kind == "first" else link.email, str(form.get("name", ""))
    password = str(form.get("password", ""))
    try:
        email, name = accounts.clean_email(typed), accounts.clean_name(name)
        fault = passwords.weakness(password, email)
        if fault is None and password != str(form.get("again", "")):
            fault = "people.password_differs"
        if fault:
            raise AccountError(fault)
        kept, language = await passwords.hash_password(password), language_of(request)
        secret, engine = request.match_info["secret"], desk.store.engine
        staff_id = await desk.worker.run(accounts.use_link, engine, secret, email, name, kept, language)
    except AccountError as error:
        return _page(request, await _link(request), error.key, typed, name)
    account = await desk.worker.run(accounts.by_id, engine, staff_id)
    assert account is not None
    request[MEMBER] = member_of(account)
    await audit(request, f"link.{link.kind}.used", f"staff:{staff_id}")
    await after_password(request, account, HOME)
