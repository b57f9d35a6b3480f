"""Whether the desk lives (/healthz) and whether everything it needs answers (/readyz)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress

import aiohttp
import sqlalchemy as sa
from aiohttp import web
from sqlalchemy.engine import Engine

from aftercare.base.launched import launch_header
from aftercare.conversations.context import Desk
from aftercare.conversations.store import Store
from aftercare.web.context import DESK

_ANSWER_WITHIN = 3.0  # seconds
_TRIED_FOR = 10.0
"""Seconds a try may take. Of a turn on a busy machine it is the end of the line that takes them."""
_FRESH_FOR = 1.0
"""Seconds for which a result is told to others: a try is a turn of Rasa's, and anybody may ask."""


async def alive(_request: web.Request) -> web.Response:
    """GET /healthz: 200 as long as the process answers."""
    return web.json_response({"status": "ok"}, headers=launch_header())


class Readiness:
    """Whether everything a message needs works.

    One try of each part at a time. A try that takes longer than its answer may goes on, for whoever asks next: begun
    anew, a turn would go to the end of the line again.
    """

    def __init__(self) -> None:
        self._tries: dict[str, tuple[asyncio.Task[bool], list[float]]] = {}

    async def ready(self, request: web.Request) -> web.Response:
        """GET /readyz: each part with "ok" or "failing"; 503 when one fails.

        Rasa is ok when it takes a turn, with an action that reads the order database.
        """
        tries = {name: self._try(name, check, request.app[DESK]) for name, check in _CHECKS.items()}
        await asyncio.wait(tries.values(), timeout=_ANSWER_WITHIN)
        parts = {name: "ok" if each.done() and each.result() else "failing" for name, each in tries.items()}
        good = all(state == "ok" for state in parts.values())
        status = {"status": "ok" if good else "failing", "parts": parts}
        return web.json_response(status, status=200 if good else 503)

    def _try(self, name: str, check: Callable[[Desk], Awaitable[None]], desk: Desk) -> asyncio.Task[bool]:
        """The try that runs, or whose result is fresh, else a new one."""
        if (found := self._tries.get(name)) is not None:
            task, ended = found
            if not ended or time.monotonic() - ended[0] < _FRESH_FOR:
                return task
        ended = []
        task = asyncio.create_task(_works(check(desk)))
        task.add_done_callback(lambda _: ended.append(time.monotonic()))
        self._tries[name] = task, ended
        return task


async def _works(check: Awaitable[None]) -> bool:
    try:
        await asyncio.wait_for(check, _TRIED_FOR + 1)
    except Exception:
        return False
    return True


async def _any_rasa(desk: Desk) -> None:
    """One Rasa that takes a turn is enough."""
    *others, last = desk.settings.rasa_urls
    seconds = _TRIED_FOR / (len(others) + 1)
    for url in others:
        with suppress(aiohttp.ClientError, TimeoutError):
            return await _get(f"{url}/webhooks/desk/turn", seconds)
    await _get(f"{last}/webhooks/desk/turn", seconds)


async def _actions(desk: Desk) -> None:
    await _get(f"{desk.settings.actions_url}/health", _TRIED_FOR)


async def _orders_database(desk: Desk) -> None:
    await desk.orders_worker.run(_answers, desk.orders)


async def _get(url: str, seconds: float) -> None:
    timeout = aiohttp.ClientTimeout(total=seconds)
    async with aiohttp.ClientSession(timeout=timeout) as client, client.get(url) as response:
        response.raise_for_status()


def _answers(engine: Engine) -> None:
    with engine.connect() as connection:
        connection.execute(sa.text("SELECT 1"))


async def _desk_database(desk: Desk) -> None:
    """Write on the connections that store messages: the one of the event loop, and one of the pool."""
    await desk.runner.run(Store.try_write, "loop")
    await desk.worker.run(desk.store.try_write, "pool")


_CHECKS: dict[str, Callable[[Desk], Awaitable[None]]] = {
    "rasa": _any_rasa,
    "actions": _actions,
    "orders_database": _orders_database,
    "desk_database": _desk_database,
}
