"""Serves the model in use to Rasa servers, by the protocol of Rasa's model servers (`models:` in endpoints.yml)."""

from __future__ import annotations

import asyncio
import hmac

from aiohttp import web

from aftercare.staff.teaching.models import active_model
from aftercare.web.chat.requests import enforce_rate
from aftercare.web.context import DESK, network_of


def add_routes(app: web.Application) -> None:
    """Add GET /models/production."""
    app.router.add_get("/models/production", production)


async def production(request: web.Request) -> web.Response:
    """GET /models/production: the model as .tar.gz with its ETag; 304 when `If-None-Match` has it, 204 without a model.

    The secret comes as `?token=…` (Rasa's way) or as a bearer token; a wrong one is answered with 401.
    """
    desk = request.app[DESK]
    enforce_rate(desk.address_rate, network_of(request))
    scheme, _, sent = request.headers.get("Authorization", "").partition(" ")
    token = sent.strip() if scheme.lower() == "bearer" else request.query.get("token", "")
    if not hmac.compare_digest(token.encode(), desk.settings.secret("model_server").encode()):
        raise web.HTTPUnauthorized
    found = await asyncio.to_thread(active_model)
    if found is None:
        return web.Response(status=204)
    path, etag = found
    headers = {"ETag": etag, "filename": path.name, "Cache-Control": "no-store"}
    if request.headers.get("If-None-Match") == etag:
        return web.Response(status=304, headers=headers)
    body = await asyncio.to_thread(path.read_bytes)
    return web.Response(body=body, content_type="application/gzip", headers=headers)
