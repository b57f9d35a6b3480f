"""Shows the person who has a conversation that the traveller is writing."""

from __future__ import annotations

from aiohttp import web

from aftercare.conversations.context import DESK
from aftercare.conversations.hub import live_event
from aftercare.web.chat.requests import bearer, opened


async def post_typing(request: web.Request) -> web.Response:
    """POST /api/chat/typing: 204; of use only while a person has the conversation."""
    conversation = await opened(request, bearer(request))
    if conversation.state == "agent":
        request.app[DESK].hub.happens(conversation.id, live_event("typing", "traveller"))
    return web.Response(status=204)
