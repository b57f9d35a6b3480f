"""Takes what travellers write or choose: stored first, acknowledged then, answered through the events."""

from __future__ import annotations

import asyncio

from aiohttp import web

from aftercare.base.database import utc_now
from aftercare.catalogue.browsers import family_of
from aftercare.conversations.conversation import NoConversation, UnknownChoice
from aftercare.conversations.messages import TravellerMessage
from aftercare.conversations.store import Store
from aftercare.conversations.tokens import Token
from aftercare.web.chat.requests import (
    UNTOLD,
    MessageRequest,
    PageFacts,
    bearer_token,
    enforce_rate,
    read_json,
    storable_text,
)
from aftercare.web.context import DESK, network_of
from aftercare.web.errors import ApiError

# seconds in which the streams send the traveller's own message: mostly together with the answer, in one write
_ECHO_WITHIN = 0.05


async def post_message(request: web.Request) -> web.Response:
    """Store what the traveller says; the answer comes through the events."""
    token = bearer_token(request)
    body = await read_json(request, MessageRequest)
    enforce_rate(request.app[DESK].message_rate, token.conversation_id)
    if body.text is None:
        return await accept(request, token, TravellerMessage(body.id, choice=body.choice), body)
    text = storable_text(request, body.text)
    if not text:
        raise ApiError(422, "text_empty")
    return await accept(request, token, TravellerMessage(body.id, text=text), body)


async def accept(
    request: web.Request, token: Token, message: TravellerMessage, page: PageFacts = UNTOLD
) -> web.Response:
    """Store a message and have it answered. `page` is what the page it was written on tells.

    202 {seq, language?}; the seq is the same for each repetition.
    """
    desk = request.app[DESK]
    phone = family_of(request.headers.get("User-Agent", ""), page.phone)
    desk.origins.note(token.conversation_id, network_of(request), phone, page.seller, page.currency)
    try:
        accepted = await desk.runner.run_durably(Store.accept, token.conversation_id, token.use, message, utc_now())
    except UnknownChoice as error:
        raise ApiError(422, "choice_unknown", error.voice) from None
    except NoConversation:
        raise ApiError(401, "token_invalid") from None
    if accepted.stored:
        desk.turns.wake(token.conversation_id, accepted.pending)
        # two rounds of the loop get the question on its way to Rasa: the answer is what the traveller waits for,
        # and writing to sockets here would hold it up (measured: a third of what the desk adds to a message)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        desk.hub.publish_stored(token.conversation_id, accepted.stored, within=_ECHO_WITHIN)
    language = {"language": accepted.language} if accepted.language else {}
    return web.json_response({"seq": accepted.seq, **language}, status=202)
