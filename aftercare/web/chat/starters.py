"""Offers what a conversation can begin with, before there is one."""

from __future__ import annotations

from aiohttp import web

from aftercare.conversations.starters import starters
from aftercare.web.chat.requests import enforce_rate
from aftercare.web.context import DESK, network_of
from aftercare.web.errors import voice_of


async def list_starters(request: web.Request) -> web.Response:
    """GET /api/chat/starters: the choices every conversation offers, in the language of Accept-Language."""
    enforce_rate(request.app[DESK].address_rate, network_of(request))
    offered = starters(voice_of(request))
    return web.json_response({"choices": [{"id": key, "title": choice.title} for key, choice in offered.items()]})
