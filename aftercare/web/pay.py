"""The links with which travellers pay for top-ups and exchanges: each leads to the payment provider's own page."""

from __future__ import annotations

import asyncio
import logging

from aiohttp import web

from aftercare.connectors.checkouts import CheckoutWorker
from aftercare.connectors.ports import NotReached, RefusedForGood
from aftercare.conversations.texts import say
from aftercare.web.chat.requests import enforce_rate
from aftercare.web.context import DESK, network_of
from aftercare.web.errors import voice_of

log = logging.getLogger(__name__)
CHECKOUTS: web.AppKey[CheckoutWorker] = web.AppKey("checkouts", CheckoutWorker)


def add_routes(app: web.Application) -> None:
    """Add GET /pay/{token}; without a payment provider it finds nothing."""
    app.router.add_get(r"/pay/{token:[A-Za-z0-9_-]{43}}", pay)


async def pay(request: web.Request) -> web.Response:
    """GET /pay/{token}: on to the page where it is paid; a sentence where it cannot be (any more)."""
    desk, worker = request.app[DESK], request.app.get(CHECKOUTS)
    enforce_rate(desk.address_rate, network_of(request))
    if worker is None:
        raise web.HTTPNotFound
    try:
        # on another thread than the databases': the provider may take its time
        back = f"{desk.settings.public_url}/chat"
        page = await asyncio.to_thread(worker.page_of, request.match_info["token"], back)
    except (NotReached, RefusedForGood) as error:
        log.warning("A payment page could not be opened: %s", error)
        return _answer(request, "pay_later", 503)
    if page is None:
        return _answer(request, "pay_over", 410)
    raise web.HTTPSeeOther(page)


def _answer(request: web.Request, name: str, status: int) -> web.Response:
    return web.Response(text=say(name, voice_of(request)), status=status, headers={"Cache-Control": "no-store"})
