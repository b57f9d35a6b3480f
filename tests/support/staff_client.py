"""Staff for tests: a colleague of each role, signed in, as an aiohttp client or in a browser."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any

import aiohttp
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from aftercare.base.database import utc_now
from aftercare.base.settings import Settings
from aftercare.staff.access.sessions import Visit, cookie_name, open_session
from aftercare.staff.access.tables import ROLES, staff


@dataclass(frozen=True)
class Colleague:
    """A member of staff with an open session."""

    id: int
    email: str
    name: str
    role: str
    cookie: str
    secret: str

    @property
    def csrf(self) -> str:
        """The token of this session's forms."""
        return Visit(self.secret).csrf

    def browser_cookie(self, url: str) -> dict[str, Any]:
        """For Playwright: `context.add_cookies([colleague.browser_cookie(desk.url)])`."""
        return {"name": self.cookie, "value": self.secret, "url": url, "httpOnly": True, "sameSite": "Lax"}


def hire(engine: Engine, settings: Settings, role: str, name: str = "", language: str = "en") -> Colleague:
    """Add a member of staff to a migrated desk database and sign them in; names are for telling several apart."""
    assert role in ROLES
    name = name or role.capitalize()
    email = f"{name.lower()}@desk.example"
    with engine.begin() as connection:
        found = connection.execute(sa.select(staff.c.id).where(staff.c.email == email)).scalar()
        if found is None:
            values = {"email": email, "name": name, "role": role, "language": language, "created_at": utc_now()}
            found = connection.execute(
                sa.insert(staff).values(password_hash="of no password", **values)
            ).inserted_primary_key[0]
    secret = open_session(engine, found, "full", utc_now(), "127.0.0.1", "a test")
    return Colleague(found, email, name, role, cookie_name(settings), secret)


class StaffClient:
    """A colleague's browser without a screen: `async with StaffClient(url, colleague) as agent: …`.

    `get` and `post` return the response with its body read; redirects are not followed.
    """

    def __init__(self, url: str, colleague: Colleague | None) -> None:
        self.url = url
        self.colleague = colleague
        self.session = aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True))
        if colleague is not None:
            self.session.cookie_jar.update_cookies({colleague.cookie: colleague.secret}, aiohttp.typedefs.URL(url))

    async def __aenter__(self) -> StaffClient:
        return self

    async def __aexit__(self, *_error: type[BaseException] | BaseException | TracebackType | None) -> None:
        await self.session.close()

    async def get(self, path: str, *, htmx: bool = False, **options: Any) -> aiohttp.ClientResponse:
        """A page, or with `htmx` a part of one."""
        return await self.request("GET", path, htmx=htmx, **options)

    async def post(
        self, path: str, data: Mapping[str, Any] | None = None, *, htmx: bool = False, **options: Any
    ) -> aiohttp.ClientResponse:
        """A form of this browser, sent from the desk's own page."""
        headers = {"Origin": self.url, **options.pop("headers", {})}
        if self.colleague is not None:
            headers.setdefault("X-CSRF-Token", self.colleague.csrf)
        return await self.request("POST", path, data=data, htmx=htmx, headers=headers, **options)

    async def request(self, method: str, path: str, *, htmx: bool = False, **options: Any) -> aiohttp.ClientResponse:
        """Any request."""
        headers = {**({"HX-Request": "true"} if htmx else {}), **options.pop("headers", {})}
        options.setdefault("allow_redirects", False)
        async with self.session.request(method, self.url + path, headers=headers, **options) as response:
            await response.read()
            return response
