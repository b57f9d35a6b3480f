"""Starts a conversation, or hands a fresh token to one that goes on."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress

from aiohttp import web
from sqlalchemy.exc import SQLAlchemyError

from aftercare.base.database import utc_now
from aftercare.connectors.order_lookup import bring
from aftercare.conversations import identity
from aftercare.conversations.context import Desk
from aftercare.conversations.conversation import Conversation
from aftercare.conversations.identity import Identity
from aftercare.conversations.messages import clean_text
from aftercare.web.chat.requests import SessionRequest, conversation_of, enforce_rate, read_json, read_token
from aftercare.web.context import DESK, network_of
from aftercare.web.errors import ApiError

log = logging.getLogger(__name__)


async def open_session(request: web.Request) -> web.Response:
    """A new conversation, or a fresh token for one that goes on."""
    desk = request.app[DESK]
    enforce_rate(desk.address_rate, network_of(request))
    body = await read_json(request, SessionRequest)
    who = None if body.identity is None else _identity(desk, body.identity)
    now = utc_now()
    conversation: Conversation | None = None
    if body.resume is not None:
        token_before = read_token(request, body.resume)
        conversation = await conversation_of(request, token_before)
        # a token in its grace time was replaced before: its successor is handed out again
        generation = max(token_before.generation + 1, conversation.token_generation)
        if who is not None and not await _belongs(desk, conversation.id, who):
            conversation = None  # somebody else signed in here: theirs stays theirs
    if who is not None:
        here = None if conversation is None else conversation.id
        if await desk.worker.run(identity.was_used, desk.store.engine, who, here):
            raise _refused("used before")
    if conversation is None:
        locale = body.locale or request.headers.get("Accept-Language", "en").split(",")[0].split(";")[0][:35]
        conversation = await desk.worker.run(desk.store.open_conversation, "web", clean_text(locale), now)
        generation = conversation.token_generation
    if who is not None:
        if not await desk.worker.run(identity.bind, desk.store.engine, conversation.id, who):
            raise _refused("used at the same moment")
        with suppress(SQLAlchemyError):  # the next line logs it
            await asyncio.to_thread(bring, desk.orders, [who.order] if who.order else [], [who.email])
        await desk.orders_worker.run(identity.verify_orders, desk.orders, conversation.id, who)
    token, expires_at = desk.tokens.sign(conversation.id, generation, now)
    return web.json_response(
        {
            "conversation_id": conversation.id,
            "token": token,
            "expires_at": expires_at.isoformat().replace("+00:00", "Z"),
        },
        status=201,
    )


def _identity(desk: Desk, token: str) -> Identity:
    try:
        return identity.read_identity(token, desk.settings)
    except identity.IdentityError as error:
        raise _refused(str(error)) from None


def _refused(reason: str) -> ApiError:
    log.warning("An identity was refused: %s", reason)
    return ApiError(401, "identity_invalid")


async def _belongs(desk: Desk, conversation_id: str, who: Identity) -> bool:
    try:
        return await desk.orders_worker.run(identity.belongs_to, desk.store.engine, desk.orders, conversation_id, who)
    except SQLAlchemyError as error:  # whose it is cannot be told: a new one shows nobody's orders
        log.error("The order database fails: %s", type(error).__name__)
        return False
