"""Puts Telegram into the desk: its background work, the webhook, and the one-time link from the web."""

from __future__ import annotations

import hmac
import json
import logging
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from aiohttp import web

from aftercare.base.database import utc_now
from aftercare.base.settings import Settings
from aftercare.telegram.updates import WEBHOOK, parse_update
from aftercare.web.bodies import read_body
from aftercare.web.chat.requests import bearer_token, conversation_of, enforce_rate
from aftercare.web.context import DESK, network_of
from aftercare.web.errors import ApiError

if TYPE_CHECKING:
    from aftercare.telegram.service import Telegram

log = logging.getLogger(__name__)

TELEGRAM: web.AppKey[Telegram] = web.AppKey("telegram")


def add_telegram(app: web.Application, settings: Settings) -> None:
    """Add the routes and, when a token is set, Telegram itself."""
    app.router.add_get("/api/chat/telegram-link", available, allow_head=False)
    app.router.add_post("/api/chat/telegram-link", make_link)
    _keep_secrets_out_of_logs()
    if not settings.telegram_token:
        log.info("Telegram is off: TELEGRAM_TOKEN is empty (docs/telegram.md)")
        return
    if settings.telegram_mode == "webhook":
        app.router.add_post(WEBHOOK, receive)
    app.cleanup_ctx.append(_run)


async def _run(app: web.Application) -> AsyncIterator[None]:
    from aftercare.telegram.service import Telegram  # half a second and 20 MB that only a desk with a bot needs

    app[TELEGRAM] = Telegram(app[DESK])
    await app[TELEGRAM].start()
    yield
    await app[TELEGRAM].stop()


async def receive(request: web.Request) -> web.Response:
    """POST /telegram/webhook: an update is stored and acknowledged; Telegram repeats what was not.

    core.telegram.org/bots/api#setwebhook
    """
    desk = request.app[DESK]
    shown = request.headers.get("X-Telegram-Bot-Api-Secret-Token", "")
    if not hmac.compare_digest(shown.encode(), desk.settings.secret("telegram_webhook").encode()):
        raise ApiError(403, "not_found")
    try:
        raw = json.loads(await read_body(request))
    except (ValueError, RecursionError):
        raise ApiError(400, "malformed", detail="not JSON") from None
    update = parse_update(raw) if isinstance(raw, dict) else None
    if update is not None:
        await request.app[TELEGRAM].store_updates([update])
    return web.Response()


async def available(request: web.Request) -> web.Response:
    """GET /api/chat/telegram-link: whether a conversation can go on in Telegram."""
    desk = request.app[DESK]
    enforce_rate(desk.address_rate, network_of(request))
    return web.json_response({"available": _ready(request.app)})


async def make_link(request: web.Request) -> web.Response:
    """POST /api/chat/telegram-link: a link that moves this conversation to Telegram, once, within ten minutes."""
    desk = request.app[DESK]
    conversation = await conversation_of(request, bearer_token(request))
    if not _ready(request.app):
        raise ApiError(404, "no_telegram", conversation.voice)
    telegram = request.app[TELEGRAM]
    code, expires_at = await desk.worker.run(telegram.store.create_link, conversation.id, utc_now())
    body = {"url": f"{telegram.link}?start={code}", "expires_at": expires_at.isoformat().replace("+00:00", "Z")}
    return web.json_response(body, status=201)


def _ready(app: web.Application) -> bool:
    """Whether Telegram has told us the bot's name, without which there is no link."""
    return TELEGRAM in app and bool(app[TELEGRAM].link)


def _keep_secrets_out_of_logs() -> None:
    """These log addresses with the bot's token in them, or what travellers write."""
    for name in ("httpx", "httpcore", "telegram"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
