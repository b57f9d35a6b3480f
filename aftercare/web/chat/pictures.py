"""Takes the pictures travellers send, and serves pictures at addresses nobody can guess."""

from __future__ import annotations

import asyncio
import logging
import re

from aiohttp import web

from aftercare.conversations.context import Desk, Limits
from aftercare.conversations.messages import TravellerMessage
from aftercare.conversations.pictures import NotAPicture
from aftercare.web.chat.messages import accept
from aftercare.web.chat.requests import bearer_token, conversation_of, enforce_rate
from aftercare.web.context import DESK, network_of
from aftercare.web.errors import ApiError

log = logging.getLogger(__name__)

_ID = re.compile(r"[A-Za-z0-9_.:-]{1,64}")


async def upload(request: web.Request) -> web.Response:
    """POST /api/chat/pictures?id=…: the bytes of a picture become a message: 202 {seq}."""
    desk = request.app[DESK]
    token = bearer_token(request)
    client_id = request.query.get("id", "")
    if not _ID.fullmatch(client_id):
        raise ApiError(422, "malformed", detail="id: 1 to 64 letters, digits or . _ : -")
    enforce_rate(desk.message_rate, token.conversation_id)
    await conversation_of(request, token)  # before up to five megabytes are read
    enforce_rate(desk.picture_rate, network_of(request))
    await _enforce_quotas(desk, token.conversation_id)
    raw = await _read(request, desk.limits)
    try:
        media_type, content = await desk.pictures.reencode(raw)
    except NotAPicture:
        raise ApiError(422, "picture_unreadable") from None
    return await accept(request, token, TravellerMessage(client_id, picture=(media_type, content)))


async def _enforce_quotas(desk: Desk, conversation_id: str) -> None:
    """Whether there is room for one more.

    Raises:
        ApiError: 429 for the conversation's own share, 503 for everybody's.
    """
    own, everybody = await desk.worker.run(desk.store.sizes_of_pictures, conversation_id)
    if own >= desk.limits.pictures_of_conversation:
        raise ApiError(429, "pictures_full", seconds=3600)
    if everybody >= desk.limits.pictures_of_everybody:
        log.error("Pictures take %s MB; no more are taken (Limits.pictures_of_everybody)", everybody >> 20)
        raise ApiError(503, "pictures_full", seconds=3600)


async def show(request: web.Request) -> web.Response:
    """GET /media/…: a picture; its address is the permission."""
    desk = request.app[DESK]
    found = await desk.worker.run(desk.store.get_picture, request.match_info["picture"])
    if found is None:
        raise ApiError(404, "not_found")
    media_type, content = found
    return web.Response(
        body=content,
        content_type=media_type,
        headers={
            "Cache-Control": "private, max-age=31536000, immutable",
            "Cross-Origin-Resource-Policy": "cross-origin",
        },
    )


async def _read(request: web.Request, limits: Limits) -> bytes:
    """The body, up to the limit; a larger one is refused before it is read."""
    if (request.content_length or 0) > limits.picture:
        raise ApiError(413, "picture_too_large")
    raw = bytearray()

    async def collect() -> None:
        async for chunk in request.content.iter_chunked(64 * 1024):
            raw.extend(chunk)
            if len(raw) > limits.picture:
                raise ApiError(413, "picture_too_large")

    try:
        await asyncio.wait_for(collect(), limits.upload_seconds)
    except TimeoutError:
        raise ApiError(408, "too_slow") from None
    return bytes(raw)
