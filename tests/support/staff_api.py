"""A system that uses the staff API with a key; what it is answered is held against docs/staff-api.yaml."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from typing import Any

import aiohttp
import jsonschema

from aftercare.base.database import utc_now
from aftercare.base.settings import ROOT
from aftercare.base.yaml_data import read_yaml
from aftercare.staff.access.api_keys import Scope, make_key
from aftercare.web.context import DESK
from tests.support.desk import RunningDesk
from tests.support.staff_client import Colleague, hire

DOCUMENT = ROOT / "docs" / "staff-api.yaml"


@cache
def document() -> dict[str, Any]:
    """The document."""
    found: dict[str, Any] = read_yaml(DOCUMENT)
    return found


def operation_of(method: str, path: str) -> dict[str, Any]:
    """What the document says of a request."""
    for pattern, operations in document()["paths"].items():
        if method.lower() in operations and re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", pattern), path.partition("?")[0]):
            found: dict[str, Any] = operations[method.lower()]
            return found
    raise AssertionError(f"{method} {path} is not described")


def check(method: str, path: str, status: int, body: Any) -> None:
    """Hold an answer against the document."""
    responses = operation_of(method, path)["responses"]
    assert str(status) in responses, f"{method} {path} answers {status}: {body}"
    response = responses[str(status)]
    if "$ref" in response:
        response = document()["components"]["responses"][response["$ref"].rpartition("/")[2]]
    schema = {**response["content"]["application/json"]["schema"], "components": document()["components"]}
    jsonschema.Draft202012Validator(schema).validate(body)


class KeyHolder:
    """A system with a key."""

    def __init__(self, http: aiohttp.ClientSession, url: str, secret: str) -> None:
        self.http = http
        self.url = url
        self.secret = secret

    async def ask(self, method: str, path: str, body: Any = None, **options: Any) -> tuple[int, Any]:
        """Status and answer, which is as the document says."""
        headers = {"Authorization": f"Bearer {self.secret}", **options.pop("headers", {})}
        if body is not None:
            options["json"] = body
        async with self.http.request(method, f"{self.url}/api/v1{path}", headers=headers, **options) as answer:
            found = await answer.json()
            check(method, f"/api/v1{path}", answer.status, found)
            return answer.status, found

    async def get(self, path: str, **options: Any) -> tuple[int, Any]:
        return await self.ask("GET", path, **options)

    async def post(self, path: str, body: Any = None, **options: Any) -> tuple[int, Any]:
        return await self.ask("POST", path, body, **options)


def key_for(desk: RunningDesk, role: str, scopes: Iterable[str] = Scope, name: str = "") -> tuple[Colleague, str, int]:
    """A colleague, a key that acts for them, and its number; with all scopes that their role allows by default."""
    from aftercare.staff.access.api_keys import role_may

    engine = desk.app[DESK].store.engine
    who = hire(engine, desk.settings, role, name)
    wanted = [scope for scope in scopes if role_may(role, Scope(scope))]
    number, secret = make_key(engine, f"{who.name}'s system", wanted, who.id, who.id, utc_now())
    return who, secret, number
