"""The address at which the payment provider tells news of refunds; closed without one."""

from __future__ import annotations

import logging

from aiohttp import web

from aftercare.connectors.payments import PayoutWorker
from aftercare.connectors.ports import NotGenuine
from aftercare.web.bodies import read_body
from aftercare.web.chat.requests import enforce_rate
from aftercare.web.context import DESK, network_of
from aftercare.web.pay import CHECKOUTS

log = logging.getLogger(__name__)
PAYOUTS: web.AppKey[PayoutWorker] = web.AppKey("payouts", PayoutWorker)


def add_routes(app: web.Application) -> None:
    """Add POST /hooks/payments/{provider}."""
    app.router.add_post("/hooks/payments/{provider}", webhook)


async def webhook(request: web.Request) -> web.Response:
    """POST /hooks/payments/{provider}: signed by the provider; what is not about our refunds is accepted."""
    desk, worker = request.app[DESK], request.app.get(PAYOUTS)
    enforce_rate(desk.address_rate, network_of(request))
    if worker is None or worker.provider.name != request.match_info["provider"]:
        raise web.HTTPNotFound
    body = await read_body(request)
    try:
        ours = await desk.orders_worker.run(worker.take_webhook, body, request.headers)
        if not ours and (checkouts := request.app.get(CHECKOUTS)) is not None:
            ours = await desk.orders_worker.run(checkouts.take_webhook, body, request.headers)
    except NotGenuine:
        log.warning("A webhook of %s was not signed with our secret", worker.provider.name)
        message = "The signature does not match."
        return web.json_response({"error": {"code": "signature_invalid", "message": message}}, status=401)
    desk.outbox.wake()
    return web.json_response({"result": "taken" if ours else "ignored"})
