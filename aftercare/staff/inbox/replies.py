"""Writing to the traveller: replies with and without a picture, and the typing notice."""

from __future__ import annotations

import asyncio
import uuid

from aiohttp import BodyPartReader, web

from aftercare.conversations import staff_actions
from aftercare.conversations.messages import clean_text
from aftercare.conversations.pictures import NotAPicture
from aftercare.staff.access.permissions import Permission, needs
from aftercare.staff.inbox import conversation_actions
from aftercare.staff.inbox.action import ActionRefused, author, with_notices
from aftercare.staff.inbox.live import INBOX
from aftercare.web.bodies import read_form
from aftercare.web.context import DESK


@needs(Permission.reply)
@with_notices
async def reply(request: web.Request) -> web.Response:
    """POST …/reply {text, client_id, picture?}: write to the traveller, once for each client_id."""
    fields, raw = await _read_reply(request)
    text, picture = clean_text(fields.get("text", "")), None
    if raw:
        try:
            picture = await request.app[DESK].pictures.reencode(raw)
        except NotAPicture:
            raise ActionRefused("inbox.picture_unreadable", 422) from None
    client_id = (fields.get("client_id") or uuid.uuid4().hex)[:63]
    await conversation_actions.write(request, request.match_info["id"], text, client_id, picture)
    return web.Response(status=204)


async def _read_reply(request: web.Request) -> tuple[dict[str, str], bytes]:
    """The fields of a reply and the bytes of its picture, which may be larger than other requests."""
    if request.content_type != "multipart/form-data":
        form = await read_form(request)
        return {name: value for name, value in form.items() if isinstance(value, str)}, b""
    fields, raw, limits = {}, bytearray(), request.app[DESK].limits
    try:
        async with asyncio.timeout(limits.upload_seconds):
            parts = await request.multipart()
            while (part := await parts.next()) is not None:
                if not isinstance(part, BodyPartReader):
                    continue
                kept = raw if part.name == "picture" else bytearray()
                while chunk := await part.read_chunk():
                    kept.extend(chunk)
                    if len(kept) > (limits.picture if part.name == "picture" else limits.body):
                        raise ActionRefused("inbox.picture_large", 413)
                if kept is not raw:
                    fields[str(part.name)] = kept.decode("utf-8", "replace")
    except TimeoutError:
        raise ActionRefused("inbox.too_slow", 408) from None
    except (ValueError, LookupError, RuntimeError):  # what aiohttp raises for a form that is broken
        raise web.HTTPBadRequest from None
    return fields, bytes(raw)


@needs(Permission.reply)
@with_notices
async def typing(request: web.Request) -> web.Response:
    """POST …/typing: show the traveller that somebody is typing."""
    desk, own, conversation_id = request.app[DESK], author(request), request.match_info["id"]
    service = request.app[INBOX]
    thread = await service.reads.run(service.threads.latest, conversation_id)
    if thread is not None and thread.conversation.agent_id == own.id:
        staff_actions.typing(desk, conversation_id, own.name)
    return web.Response(status=204)
