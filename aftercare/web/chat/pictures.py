"""Pictures travellers send: checked by content, drawn anew (no place or camera left), served at unguessable URLs."""

from __future__ import annotations

import asyncio
import io
import re
import warnings

from aiohttp import web
from PIL import Image, ImageOps

from aftercare.conversations.context import DESK, Limits
from aftercare.conversations.store import Incoming
from aftercare.web.chat.messages import accept
from aftercare.web.chat.requests import bearer, count, opened
from aftercare.web.errors import ApiError

FORMATS = ("PNG", "JPEG", "WEBP", "GIF")
MOST_PIXELS = 50_000_000  # of the picture as sent; a small file can unfold to gigabytes
LONGEST_SIDE = 2000  # pixels of the picture as kept: the text of a phone's screenshot stays readable
_ID = re.compile(r"[A-Za-z0-9_.:-]{1,64}")


class NotAPicture(Exception):
    """The bytes are no picture of a kind we open."""


def reencode(raw: bytes) -> tuple[str, bytes]:
    """Media type and bytes of the picture drawn anew, upright and without metadata.

    Raises:
        NotAPicture: not PNG, JPEG, WebP or GIF, damaged, or too many pixels.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(raw), formats=FORMATS) as opened:
                if opened.width * opened.height > MOST_PIXELS:
                    raise NotAPicture("too many pixels")
                lossy = opened.format == "JPEG"
                picture: Image.Image = ImageOps.exif_transpose(opened)
                picture = picture.convert("RGB" if lossy or "A" not in picture.getbands() else "RGBA")
        picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
        buffer = io.BytesIO()
        if lossy:
            picture.save(buffer, "JPEG", quality=85, optimize=True)
            return "image/jpeg", buffer.getvalue()
        picture.save(buffer, "PNG")
        return "image/png", buffer.getvalue()
    except NotAPicture:
        raise
    except Exception as error:  # decoders raise whatever they like on broken files
        raise NotAPicture(type(error).__name__) from None


async def upload(request: web.Request) -> web.Response:
    """POST /api/chat/pictures?id=…: the bytes of a picture become a message: 202 {seq}."""
    desk = request.app[DESK]
    token = bearer(request)
    client_id = request.query.get("id", "")
    if not _ID.fullmatch(client_id):
        raise ApiError(422, "malformed", detail="id: 1 to 64 letters, digits or . _ : -")
    count(desk.message_rate, token.conversation_id)
    await opened(request, token)  # before five megabytes are read for nobody
    raw = await _read(request, desk.limits)
    try:
        media_type, content = await asyncio.get_running_loop().run_in_executor(None, reencode, raw)
    except NotAPicture:
        raise ApiError(422, "picture_unreadable") from None
    return await accept(request, token, Incoming(client_id, picture=(media_type, content)))


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
    except asyncio.TimeoutError:
        raise ApiError(408, "too_slow") from None
    return bytes(raw)
