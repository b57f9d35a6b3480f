"""Takes what travellers write or choose: stored first, acknowledged then, answered through the events."""

from __future__ import annotations

from aiohttp import web

from aftercare.database import utc_now
from aftercare.desk.chat.requests import MessageRequest, bearer, clean, count, read_json
from aftercare.desk.context import DESK
from aftercare.desk.errors import ApiError
from aftercare.desk.store import Conversation, Incoming, NoConversation, UnknownChoice, heard


async def post_message(request: web.Request) -> web.Response:
    """Store what the traveller says; the answer comes through the events."""
    desk = request.app[DESK]
    _, conversation = await bearer(request)
    body = await read_json(request, MessageRequest)
    if body.text is not None:
        message = Incoming(body.id, text=_checked(request, body.text, conversation))
    else:
        message = Incoming(body.id, choice=body.choice)
    count(desk.message_rate, conversation.id)
    return await accept(request, conversation, message)


async def accept(request: web.Request, conversation: Conversation, message: Incoming) -> web.Response:
    """Store a message and have it answered: 202 {seq}, the same for each repetition."""
    desk = request.app[DESK]
    try:
        accepted = await desk.worker.run(desk.store.accept, conversation.id, message, utc_now())
    except UnknownChoice:
        raise ApiError(422, "choice_unknown", conversation.voice) from None
    except NoConversation:
        raise ApiError(401, "token_invalid") from None
    if accepted.new:
        desk.hub.notify(conversation.id)
        desk.turns.wake(conversation.id)
    return web.json_response({"seq": accepted.seq}, status=202)


def _checked(request: web.Request, text: str, conversation: Conversation) -> str:
    text, limit = clean(text), request.app[DESK].limits.text
    if not text:
        raise ApiError(422, "text_empty", conversation.voice)
    if len(text) > limit:
        raise ApiError(422, "text_too_long", heard(text, conversation.voice), length=len(text), limit=limit)
    return text
