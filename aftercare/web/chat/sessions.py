"""Starts a conversation, or hands a fresh token to one that goes on."""

from __future__ import annotations

import logging

from aiohttp import web

from aftercare.base.database import utc_now
from aftercare.conversations import identity
from aftercare.conversations.messages import clean_text
from aftercare.web.chat.requests import SessionRequest, conversation_of, enforce_rate, read_json, read_token
from aftercare.web.context import DESK, address_of
from aftercare.web.errors import ApiError

log = logging.getLogger(__name__)


async def open_session(request: web.Request) -> web.Response:
    """A new conversation, or a fresh token for one that goes on."""
    desk = request.app[DESK]
    enforce_rate(desk.address_rate, address_of(request))
    body = await read_json(request, SessionRequest)
    email = None
    if body.identity is not None:
        try:
            email = identity.email_of(body.identity, desk.settings)
        except identity.IdentityError as error:
            log.warning("An identity was refused: %s", error)
            raise ApiError(401, "identity_invalid") from None
    now = utc_now()
    if body.resume is not None:
        token_before = read_token(request, body.resume)
        conversation = await conversation_of(request, token_before)
        # a token in its grace time was replaced before: its successor is handed out again
        generation = max(token_before.generation + 1, conversation.token_generation)
    else:
        locale = body.locale or request.headers.get("Accept-Language", "en").split(",")[0].split(";")[0][:35]
        conversation = await desk.worker.run(desk.store.open_conversation, "web", clean_text(locale), now)
        generation = conversation.token_generation
    if email is not None:
        await desk.orders_worker.run(identity.verify_orders, desk.orders, conversation.id, email)
    token, expires_at = desk.tokens.sign(conversation.id, generation, now)
    return web.json_response(
        {
            "conversation_id": conversation.id,
            "token": token,
            "expires_at": expires_at.isoformat().replace("+00:00", "Z"),
        },
        status=201,
    )
