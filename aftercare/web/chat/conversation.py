"""A traveller closes the conversation, rates it, or sets the language it goes on in."""

from __future__ import annotations

from aiohttp import web

from aftercare.base.database import utc_now
from aftercare.conversations import staff_actions
from aftercare.conversations.conversation import NoConversation
from aftercare.web.chat.requests import (
    LanguageRequest,
    RatingRequest,
    bearer_token,
    conversation_of,
    enforce_rate,
    read_json,
    storable_text,
)
from aftercare.web.context import DESK
from aftercare.web.errors import ApiError


async def close(request: web.Request) -> web.Response:
    """POST /api/chat/end: the conversation is closed until the traveller writes again."""
    desk = request.app[DESK]
    token = bearer_token(request)
    enforce_rate(desk.message_rate, token.conversation_id)
    conversation = await conversation_of(request, token)
    try:
        await staff_actions.close(desk, conversation.id, None)
    except NoConversation:
        raise ApiError(401, "token_invalid") from None
    return web.Response(status=204)


async def feedback(request: web.Request) -> web.Response:
    """POST /api/chat/rating: 1 to 5 with an optional comment; sent again before the chat goes on, it is replaced."""
    desk = request.app[DESK]
    token = bearer_token(request)
    body = await read_json(request, RatingRequest)
    enforce_rate(desk.message_rate, token.conversation_id)
    comment = storable_text(request, body.comment)
    try:
        await desk.worker.run(desk.store.store_rating, token.conversation_id, token.use, body.score, comment, utc_now())
    except NoConversation:
        raise ApiError(401, "token_invalid") from None
    return web.Response(status=204)


async def set_language(request: web.Request) -> web.Response:
    """POST /api/chat/language: what tells no language itself is answered in this one."""
    desk = request.app[DESK]
    token = bearer_token(request)
    body = await read_json(request, LanguageRequest)
    enforce_rate(desk.message_rate, token.conversation_id)
    try:
        await desk.worker.run(desk.store.set_language, token.conversation_id, token.use, body.locale, utc_now())
    except NoConversation:
        raise ApiError(401, "token_invalid") from None
    return web.Response(status=204)
