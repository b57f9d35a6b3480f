"""Every address of the desk with every role: let in or refused as the permission table says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from unittest import mock

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from aftercare.base.database import open_engine, utc_now
from aftercare.base.settings import Settings
from aftercare.run.desk import create_app
from aftercare.staff.access.permissions import ROLES, Access, access_of
from aftercare.staff.access.sessions import Visit, cookie_name, open_session
from aftercare.staff.access.tables import staff
from bench.attack.target import Outcome, Target

_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


def routes(settings: Settings) -> Iterator[tuple[str, str, Access | None]]:
    """Method, address and what is demanded of who calls it."""
    for route in create_app(settings).router.routes():
        if route.method in _METHODS and route.resource is not None:
            yield route.method, re.sub(r"\{[^}]*\}", "1", route.resource.canonical), access_of(route.handler)


def _signed_in(engine: Engine, role: str) -> str:
    """The secret of a session of somebody with this role."""
    values = {"email": f"{role}@attack.example", "name": role, "role": role, "language": "en", "created_at": utc_now()}
    with engine.begin() as connection:
        added = connection.execute(sa.insert(staff).values(password_hash="of no password", **values))
        number = added.inserted_primary_key[0]  # type: ignore[index]
    return open_session(engine, number, "full", utc_now(), "127.0.0.1", "attack")


async def roles(target: Target) -> Outcome:
    """Walk through them; travellers' addresses without a token, staff's with each role and without one."""
    with mock.patch.dict("os.environ", target.environment):
        settings = Settings()
    engine = open_engine(settings.desk_database_url)
    secrets: dict[str | None, str] = {None: ""} | {role: _signed_in(engine, role) for role in ROLES}
    tried = refused = 0
    wrong: list[str] = []
    for method, path, access in routes(settings):
        staffs = path == "/desk" or path.startswith("/desk/")
        for role, secret in secrets.items() if staffs else [(None, "")]:
            may = _may(role, access) if staffs else None
            if may and method != "GET":
                continue  # what it does is for its own tests; here it would end sessions and people
            status = await _status(target, method, path, cookie_name(settings), secret)
            tried += 1
            out = status in (303, 401, 403, 404, 405, 422, 400, 411, 415)
            refused += out
            if may is False and status not in (303, 401, 403):
                wrong.append(f"{method} {path} as {role}: {status}")
            if may and status in (401, 403):
                wrong.append(f"{method} {path} as {role}: {status}")
    note = f"{len(secrets)} roles; all as the table says" if not wrong else "; ".join(wrong[:5])
    return Outcome("roles and addresses", tried, refused, len(wrong), note)


def _may(role: str | None, access: Access | None) -> bool:
    if access is None:
        return False
    if not access.signed_in:
        return True
    return role is not None and (access.permission is None or access.permission in ROLES[role])


async def _status(target: Target, method: str, path: str, cookie: str, secret: str) -> int:
    headers = {"Cookie": f"{cookie}={secret}"} if secret else {}
    if method != "GET":
        headers |= {"Origin": target.desk, "X-CSRF-Token": Visit(secret).csrf if secret else ""}
    url = target.desk + path
    async with target.http.request(method, url, headers=headers, allow_redirects=False) as response:
        return response.status
