"""The addresses at which shops push their orders; closed until a key or secret is configured."""

from __future__ import annotations

import hmac
import json
import logging
from typing import Any

from aiohttp import web
from pydantic import ValidationError
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from aftercare.base.identifiers import normalise_order_number
from aftercare.base.settings import Settings
from aftercare.connectors.order_rows import explained
from aftercare.connectors.order_webhooks import order_webhooks
from aftercare.connectors.ports import NotGenuine, OrderWebhook
from aftercare.orders.intake import OrderReadElsewhere, OrderRefused, ShopOrder, TakenOrder, take
from aftercare.web.bodies import read_body
from aftercare.web.chat.requests import enforce_rate
from aftercare.web.context import DESK, network_of

log = logging.getLogger(__name__)
READ_FROM: web.AppKey[str] = web.AppKey("orders_read_from", str)
"""The source whose orders are read from the shop's database, where there is one."""
_WEBHOOKS: web.AppKey[dict[str, OrderWebhook]] = web.AppKey("order_webhooks", dict)


def add_routes(app: web.Application, settings: Settings) -> None:
    """Add what is configured."""
    if settings.orders_api_keys:
        app.router.add_put(r"/api/orders/{number:.{1,90}}", put_order)
    app[_WEBHOOKS] = order_webhooks(settings)
    if app[_WEBHOOKS]:
        app.router.add_post("/hooks/orders/{shop}", webhook)


async def put_order(request: web.Request) -> web.Response:
    """PUT /api/orders/{number}: an order in full; putting it again changes nothing.

    Answers {number, result: added|changed|same|older, lines} with 201 when it is new, else 200; 409 for an order that
    is read from the shop's database.
    """
    desk = request.app[DESK]
    enforce_rate(desk.address_rate, network_of(request))
    scheme, _, key = request.headers.get("Authorization", "").partition(" ")
    # all keys are compared, in constant time each
    known = [hmac.compare_digest(key.strip().encode(), each.encode()) for each in desk.settings.orders_api_keys.split()]
    if scheme.lower() != "bearer" or not any(known):
        return _error(401, "key_invalid", "Send Authorization: Bearer KEY with one of ORDERS_API_KEYS.")
    number = request.match_info["number"]
    try:
        body = json.loads(await read_body(request))
    except (ValueError, RecursionError):
        return _error(400, "malformed", "The body is not JSON.")
    if not isinstance(body, dict):
        return _error(422, "malformed", "An object is expected.")
    same = normalise_order_number(str(body.get("number", number))) == normalise_order_number(number)
    if not same:
        return _error(422, "number_differs", "The number of the body is not that of the address.")
    try:
        order = ShopOrder.model_validate({**body, "number": number})
    except ValidationError as error:
        return _error(422, "malformed", explained(error))
    try:
        return await _take(request, order, "api")
    except OrderReadElsewhere as error:
        return _error(409, "read_from_shop", str(error))


async def webhook(request: web.Request) -> web.Response:
    """POST /hooks/orders/{shop}: a signed webhook; what is no order of eSIMs is accepted and forgotten."""
    desk = request.app[DESK]
    enforce_rate(desk.address_rate, network_of(request))
    shop = request.match_info["shop"]
    reader = request.app[_WEBHOOKS].get(shop)
    if reader is None:
        raise web.HTTPNotFound
    try:
        order = reader.read(await read_body(request), request.headers)
    except NotGenuine:
        log.warning("A webhook of %s was not signed with our secret", shop)
        return _error(401, "signature_invalid", "The signature does not match.")
    except (ValueError, KeyError, TypeError, ArithmeticError) as error:
        # a shop gives up a webhook whose answers are errors for long: the fault is told, and logged without the order
        reason = str(error) if type(error) is ValueError else f"{type(error).__name__}"
        log.warning("An order of %s cannot be taken: %s", shop, reason)
        return _error(422, "order_refused", reason)
    if order is None:
        return web.json_response({"result": "ignored"})
    try:
        return await _take(request, order, shop)
    except OrderReadElsewhere as error:  # no error: a shop gives up a webhook that is answered with errors
        return web.json_response({"number": order.number, "result": "kept", "message": str(error)})


async def _take(request: web.Request, order: ShopOrder, source: str) -> web.Response:
    desk = request.app[DESK]
    try:
        taken = await desk.orders_worker.run(take_order, desk.orders, order, source, request.app.get(READ_FROM))
    except OrderReadElsewhere:
        raise
    except OrderRefused as error:
        log.warning("An order of %s cannot be taken: %s", source, error)
        return _error(422, "order_refused", str(error))
    result: dict[str, Any] = {"number": order.number, "result": taken.result, "lines": list(taken.lines)}
    return web.json_response(result, status=201 if taken.result == "added" else 200)


def take_order(engine: Engine, order: ShopOrder, source: str, read_from: str | None) -> TakenOrder:
    """Take an order in a transaction of its own.

    Raises:
        OrderRefused: nothing was changed.
    """
    with Session(engine, future=True) as session:
        taken = take(session, order, source, read_from)
        session.commit()
        return taken


def _error(status: int, code: str, message: str) -> web.Response:
    return web.json_response({"error": {"code": code, "message": message}}, status=status)
