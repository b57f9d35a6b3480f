"""Answers travellers who take their conversation along, or have it deleted."""

from __future__ import annotations

import asyncio
import re
from datetime import UTC, tzinfo
from zoneinfo import ZoneInfo

from aiohttp import web

from aftercare.conversations.own_data import as_file, erase, page, pictures_of
from aftercare.conversations.rasa_client import RasaUnavailable
from aftercare.web.chat.requests import bearer_token, conversation_of
from aftercare.web.context import DESK
from aftercare.web.errors import ApiError, voice_of

_ZONE = re.compile(r"[A-Za-z0-9_+/-]{1,40}")


async def download(request: web.Request) -> web.Response:
    """GET /api/chat/conversation: everything said so far as JSON, or with ?format=page as a page to read and print."""
    desk = request.app[DESK]
    token = bearer_token(request)
    as_page = {"json": False, "page": True}.get(request.query.get("format", "json"))
    zone = request.query.get("zone", "UTC")
    if as_page is None or not _ZONE.fullmatch(zone):
        raise ApiError(422, "malformed", detail="format: json or page; zone: the name of a time zone")
    conversation = await conversation_of(request, token)
    transcript = await desk.worker.run(desk.store.transcript, conversation.id)
    if transcript is None:
        raise ApiError(401, "token_invalid")
    pictures = await pictures_of(desk, transcript)
    if as_page:
        text = await asyncio.to_thread(page, transcript, pictures, voice_of(request), _zone(zone))
        name, media_type = "esim-chat.html", "text/html"
    else:
        text = await asyncio.to_thread(as_file, transcript, pictures)
        name, media_type = "chat.json", "application/json"
    return web.Response(
        text=text, content_type=media_type, headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )


async def delete(request: web.Request) -> web.Response:
    """DELETE /api/chat/conversation: the conversation with all that belongs to it.

    While Rasa is away nothing is deleted and the traveller is told to try again.
    """
    conversation = await conversation_of(request, bearer_token(request))
    try:
        await erase(request.app[DESK], conversation.id)
    except RasaUnavailable:
        raise ApiError(503, "not_deleted", seconds=5) from None
    return web.Response(status=204)


def _zone(name: str) -> tzinfo:
    """The zone of this name; UTC for one we do not know."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return UTC
