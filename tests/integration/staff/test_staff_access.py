"""Every staff page × every role: nobody gets further than the handler's decorator says."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from aftercare.base.settings import Settings
from aftercare.orders.migrations import migrate as migrate_orders
from aftercare.run.desk import create_app
from aftercare.staff.access.permissions import ROLES, Access, Permission, access_of
from aftercare.staff.access.tables import ROLES as STORED_ROLES
from aftercare.staff.ui.pages import NAVIGATION
from tests.support.staff_client import StaffClient

Sign = Callable[..., StaffClient]


def staff_routes() -> Iterator[tuple[str, str, Any]]:
    """(method, path pattern, handler) of all addresses under /desk."""
    for route in create_app(Settings()).router.routes():
        path = route.resource.canonical if route.resource is not None else ""
        if path == "/desk" or path.startswith("/desk/"):
            yield route.method, path, route.handler


def example(path: str) -> str:
    """An address of the pattern; no such thing needs to exist."""
    while "{" in path:
        before, _, rest = path.partition("{")
        path = before + "1" + rest.partition("}")[2]
    return path


ROUTES = [(method, path, access_of(handler)) for method, path, handler in staff_routes()]


def test_every_route_says_who_may_use_it() -> None:
    assert len(ROUTES) > 5
    assert [f"{method} {path}" for method, path, access in ROUTES if access is None] == []


def test_every_stored_role_has_its_permissions() -> None:
    assert set(ROLES) == set(STORED_ROLES)
    assert ROLES["admin"] == frozenset(Permission)
    assert ROLES["viewer"] < ROLES["agent"] < ROLES["lead"] < ROLES["admin"]
    assert ROLES["annotator"] < ROLES["lead"]


@pytest.mark.parametrize("role", [None, *STORED_ROLES])
async def test_no_role_gets_further_than_it_may(role: str | None, as_role: Sign) -> None:
    client = as_role(role)
    wrong = []
    for method, path, access in ROUTES:
        assert access is not None
        if not access.signed_in or method not in ("GET", "POST", "PUT", "PATCH", "DELETE"):
            continue
        allowed = role is not None and (access.permission is None or access.permission in ROLES[role])
        if allowed:
            continue  # what a page does for those who may is for its own tests
        headers = {"Origin": client.url} if method != "GET" else {}
        if client.colleague is not None:
            headers["X-CSRF-Token"] = client.colleague.csrf
        answer = await client.request(method, example(path), headers=headers)
        if role is None and method == "GET":
            refused = answer.status == 303 and answer.headers["Location"].startswith("/desk/login?next=")
        else:
            refused = answer.status == (401 if role is None else 403)
        if not refused:
            wrong.append((method, path, answer.status))
    assert wrong == []


async def test_the_navigation_leads_somewhere_and_shows_what_a_role_may_see(desk: Any, as_role: Sign) -> None:
    migrate_orders(desk.settings.orders_database_url)
    for role in STORED_ROLES:
        client = as_role(role)
        page = await (await client.get("/desk/profile")).text()
        for _, url, needed in NAVIGATION:
            may = needed in ROLES[role]
            assert (f'href="{url}"' in page) == may, (role, url)
            answer = await client.get(url)
            assert answer.status == (200 if may else 403), (role, url)
        assert (await client.get("/desk")).headers["Location"] == "/desk/inbox"


async def test_a_handler_without_a_decorator_is_closed_to_everybody() -> None:
    from aftercare.staff.access.permissions import Refused
    from aftercare.staff.guard import _admit

    async def forgotten(_request: web.Request) -> web.Response:
        return web.Response()

    app = web.Application()
    app.router.add_get("/desk/forgotten", forgotten)
    request = make_mocked_request("GET", "/desk/forgotten", app=app)
    request._match_info = await app.router.resolve(request)
    request._match_info.add_app(app)
    with pytest.raises(Refused) as refused:
        _admit(request, access_of(forgotten))
    assert refused.value.status == 403
    _admit(request, Access(signed_in=False))


async def test_a_page_of_the_desk_carries_a_strict_policy_and_is_not_kept(as_role: Sign) -> None:
    answer = await as_role("agent").get("/desk/nowhere")
    assert answer.status == 404
    policy = answer.headers["Content-Security-Policy"]
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert answer.headers["Cache-Control"] == "no-store"
    assert "<script>" not in await answer.text()
