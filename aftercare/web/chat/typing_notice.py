"""Shows the person who has a conversation that the traveller is writing."""

from __future__ import annotations

from aiohttp import web

from aftercare.conversations.hub import LiveEvent
from aftercare.web.chat.requests import bearer_token, conversation_of
from aftercare.web.context import DESK


async def post_typing(request: web.Request) -> web.Response:
    """POST /api/chat/typing: 204; of use only while a person has the conversation."""
    conversation = await conversation_of(request, bearer_token(request))
    if conversation.state == "agent":
        request.app[DESK].hub.publish_live(conversation.id, LiveEvent("typing", "traveller"))
    return web.Response(status=204)
