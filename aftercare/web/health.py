"""Whether the desk lives (/healthz) and whether everything it needs answers (/readyz)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable

import aiohttp
import sqlalchemy as sa
from aiohttp import web
from sqlalchemy.engine import Engine

from aftercare.conversations.context import Desk
from aftercare.web.context import DESK

_SECONDS = 3.0


async def alive(_request: web.Request) -> web.Response:
    """GET /healthz: 200 as long as the process answers."""
    return web.json_response({"status": "ok"})


async def ready(request: web.Request) -> web.Response:
    """GET /readyz: each part with "ok" or "failing"; 503 when one fails."""
    desk = request.app[DESK]
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=_SECONDS)) as client:
        names = ("rasa", "actions", "orders_database", "desk_database")
        results = await asyncio.gather(
            _works(_get(client, f"{desk.settings.rasa_url}/")),
            _works(_get(client, f"{desk.settings.actions_url}/health")),
            _works(desk.orders_worker.run(_answers, desk.orders)),
            _works(_desk_database(desk)),
        )
    parts = {name: "ok" if good else "failing" for name, good in zip(names, results, strict=True)}
    good = all(results)
    return web.json_response({"status": "ok" if good else "failing", "parts": parts}, status=200 if good else 503)


async def _works(check: Awaitable[None]) -> bool:
    try:
        await asyncio.wait_for(check, _SECONDS + 1)
    except Exception:
        return False
    return True


async def _get(client: aiohttp.ClientSession, url: str) -> None:
    async with client.get(url) as response:
        response.raise_for_status()


def _answers(engine: Engine) -> None:
    with engine.connect() as connection:
        connection.execute(sa.text("SELECT 1"))


async def _desk_database(desk: Desk) -> None:
    await desk.worker.run(desk.store.ping)
