"""A traveller's right to their chat: take it along, or have it deleted."""

from __future__ import annotations

import json
from typing import Any

from aiohttp import web

from aftercare.desk.chat import identity
from aftercare.desk.chat.requests import bearer, opened
from aftercare.desk.context import DESK
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
    return web.json_response(
        _body(transcript),
        headers={"Content-Disposition": 'attachment; filename="chat.json"'},
        dumps=lambda body: json.dumps(body, ensure_ascii=False, indent=1),
    )


async def delete(request: web.Request) -> web.Response:
    """DELETE /api/chat/conversation: the conversation with its pictures, Rasa's copy, and its proofs of ownership.

    Rasa's copy goes first: while Rasa is away nothing is deleted and the traveller is told to try again.
    """
    desk = request.app[DESK]
    conversation = await opened(request, bearer(request))
    try:
        await desk.rasa.erase(conversation.id)
    except EngineUnavailable:
        raise ApiError(503, "not_deleted", seconds=5) from None
    await desk.worker.run(desk.store.delete, conversation.id)
    await desk.orders_worker.run(identity.forget_orders, desk.orders, conversation.id)
    desk.hub.close(conversation.id)
    return web.Response(status=204)


def _body(transcript: Transcript) -> dict[str, Any]:
    return {
        "conversation_id": transcript.conversation.id,
        "channel": transcript.conversation.channel,
        "events": [event.as_json() for event in transcript.events],
    }
