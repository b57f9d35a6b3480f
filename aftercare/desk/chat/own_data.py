"""A traveller's right to their chat: take it along, or have it deleted."""

from __future__ import annotations

import json
from typing import Any

from aiohttp import web

from aftercare.desk.chat import identity
from aftercare.desk.chat.requests import bearer, opened
from aftercare.desk.context import DESK, Desk
from aftercare.desk.engine import EngineUnavailable
from aftercare.desk.errors import ApiError
from aftercare.desk.store import Transcript


async def download(request: web.Request) -> web.Response:
    """GET /api/chat/conversation: everything said so far, as a JSON file."""
    desk = request.app[DESK]
    conversation = await opened(request, bearer(request))
    transcript = await desk.worker.run(desk.store.transcript, conversation.id)
    if transcript is None:
        raise ApiError(401, "token_invalid")
    return web.Response(
        text=as_file(transcript),
        content_type="application/json",
        headers={"Content-Disposition": 'attachment; filename="chat.json"'},
    )


async def delete(request: web.Request) -> web.Response:
    """DELETE /api/chat/conversation: the conversation with all that belongs to it.

    While Rasa is away nothing is deleted and the traveller is told to try again.
    """
    conversation = await opened(request, bearer(request))
    try:
        await erase(request.app[DESK], conversation.id)
    except EngineUnavailable:
        raise ApiError(503, "not_deleted", seconds=5) from None
    return web.Response(status=204)


async def erase(desk: Desk, conversation_id: str) -> None:
    """Delete a conversation with its pictures, Rasa's copy, which goes first, and its proofs of ownership.

    Raises:
        EngineUnavailable: nothing was deleted; try again later.
    """
    await desk.rasa.erase(conversation_id)
    await desk.worker.run(desk.store.delete, conversation_id)
    await desk.orders_worker.run(identity.forget_orders, desk.orders, conversation_id)
    desk.hub.close(conversation_id)


def as_file(transcript: Transcript) -> str:
    """A conversation as the JSON a traveller takes along."""
    body: dict[str, Any] = {
        "conversation_id": transcript.conversation.id,
        "channel": transcript.conversation.channel,
        "events": [event.as_json() for event in transcript.events],
    }
    return json.dumps(body, ensure_ascii=False, indent=1)
