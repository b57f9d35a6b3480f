"""Whether the desk lives (/healthz) and whether everything it needs answers (/readyz)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from contextlib import suppress

import aiohttp
import sqlalchemy as sa
from aiohttp import web
from sqlalchemy.engine import Engine

from aftercare.base.launched import launch_header
from aftercare.conversations.context import Desk
from aftercare.conversations.store import Store
from aftercare.web.context import DESK

_SECONDS = 3.0


async def alive(_request: web.Request) -> web.Response:
    """GET /healthz: 200 as long as the process answers."""
    return web.json_response({"status": "ok"}, headers=launch_header())


class Readiness:
    """Whether everything a message needs works. One try at a time: requests that come meanwhile share its result."""

    def __init__(self) -> None:
        self._trying: asyncio.Task[dict[str, str]] | None = None

    async def ready(self, request: web.Request) -> web.Response:
        """GET /readyz: each part with "ok" or "failing"; 503 when one fails.

        Rasa is ok when it takes a turn, with an action that reads the order database.
        """
        if self._trying is None or self._trying.done():
            self._trying = asyncio.create_task(_parts(request.app[DESK]))
        parts = await asyncio.shield(self._trying)  # a client that disconnects does not end it for the others
        good = all(said == "ok" for said in parts.values())
        status = {"status": "ok" if good else "failing", "parts": parts}
        return web.json_response(status, status=200 if good else 503)


async def _parts(desk: Desk) -> dict[str, str]:
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=_SECONDS)) as client:
        names = ("rasa", "actions", "orders_database", "desk_database")
        results = await asyncio.gather(
            _works(_any_rasa(client, desk)),
            _works(_get(client, f"{desk.settings.actions_url}/health")),
            _works(desk.orders_worker.run(_answers, desk.orders)),
            _works(_desk_database(desk)),
        )
    return {name: "ok" if good else "failing" for name, good in zip(names, results, strict=True)}


async def _works(check: Awaitable[None]) -> bool:
    try:
        await asyncio.wait_for(check, _SECONDS + 1)
    except Exception:
        return False
    return True


async def _any_rasa(client: aiohttp.ClientSession, desk: Desk) -> None:
    """One Rasa that takes a turn is enough."""
    *others, last = desk.settings.rasa_urls
    for url in others:
        with suppress(aiohttp.ClientError, TimeoutError):
            return await _get(client, f"{url}/webhooks/desk/turn")
    await _get(client, f"{last}/webhooks/desk/turn")


async def _get(client: aiohttp.ClientSession, url: str) -> None:
    async with client.get(url) as response:
        response.raise_for_status()


def _answers(engine: Engine) -> None:
    with engine.connect() as connection:
        connection.execute(sa.text("SELECT 1"))


async def _desk_database(desk: Desk) -> None:
    """Write on the connections that store messages: the one of the event loop, and one of the pool."""
    await desk.runner.run(Store.try_write, "loop")
    await desk.worker.run(desk.store.try_write, "pool")
