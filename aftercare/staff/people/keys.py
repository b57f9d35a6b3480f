"""The page of API keys: administrators make them, see when they were used, and revoke them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from aiohttp import web
from sqlalchemy.engine import Row

from aftercare.base.database import utc_now
from aftercare.conversations.messages import clean_text
from aftercare.staff.access.api_keys import KeyRefused, Scope, all_keys, make_key, revoke_key
from aftercare.staff.access.permissions import Permission, audit, member, needs
from aftercare.staff.people.accounts import everybody
from aftercare.staff.ui.pages import View, flash, render
from aftercare.web.bodies import read_form
from aftercare.web.context import DESK

PAGE = "/desk/people/keys"


@dataclass(frozen=True)
class KeysPage(View):
    """All keys, and the form that makes one."""

    keys: Sequence[Row[Any]]
    """Those in use first."""
    people: Sequence[Row[Any]]
    """Whom a key can act for."""
    scopes: Sequence[Scope]
    """All scopes, to choose from."""
    fault: str | None = None
    """Key of the text that says why none was made."""
    name: str = ""
    """What was typed into the form, as are the next two."""
    chosen: Collection[str] = ()
    acts_for: int = 0
    made: tuple[str, str] | None = None
    """Name and secret of a key that was just made; it is shown only here."""


@needs(Permission.manage_staff)
async def page(request: web.Request) -> web.Response:
    """GET /desk/people/keys."""
    return await _page(request, acts_for=member(request).id)


async def _page(request: web.Request, **shown: Any) -> web.Response:
    desk = request.app[DESK]
    keys = await desk.worker.run(all_keys, desk.store.engine)
    people = [each for each in await desk.worker.run(everybody, desk.store.engine) if each.disabled_at is None]
    view = KeysPage(keys, people, list(Scope), **shown)
    return render(request, "people/keys.html", view, status=422 if view.fault else 200)


@needs(Permission.manage_staff)
async def make(request: web.Request) -> web.Response:
    """POST /desk/people/keys {name, acts_for, scope…}: a new key, shown this once."""
    desk, form, own = request.app[DESK], await read_form(request), member(request).id
    name, scopes, whom = (
        clean_text(str(form.get("name") or "")),
        form.getall("scope", []),
        str(form.get("acts_for") or ""),
    )
    chosen = list(dict.fromkeys(str(each) for each in scopes))
    acts_for = int(whom) if whom.isascii() and whom.isdigit() and len(whom) < 10 else 0
    try:
        number, secret = await desk.worker.run(make_key, desk.store.engine, name, chosen, acts_for, own, utc_now())
    except KeyRefused as error:
        return await _page(request, fault=error.key, name=name, chosen=chosen, acts_for=acts_for)
    await audit(request, "key.made", f"key:{number}", name=name, scopes=chosen, acts_for=f"staff:{acts_for}")
    return await _page(request, acts_for=own, made=(name, secret))


@needs(Permission.manage_staff)
async def revoke(request: web.Request) -> web.Response:
    """POST /desk/people/keys/<number>/revoke: nothing is done with it any more."""
    desk, number = request.app[DESK], int(request.match_info["number"])
    if not await desk.worker.run(revoke_key, desk.store.engine, number, utc_now()):
        raise web.HTTPNotFound
    await audit(request, "key.revoked", f"key:{number}")
    flash(request, "people.key_revoked")
    raise web.HTTPSeeOther(PAGE)
