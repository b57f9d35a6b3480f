"""Answers travellers who take their conversation along, or have it deleted."""

from __future__ import annotations

import asyncio
import re

from aiohttp import web
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from aftercare.base.database import utc_now
from aftercare.conversations.own_data import as_file, erase, page, pictures_of, zone_named
from aftercare.conversations.rasa_client import RasaUnavailable
from aftercare.orders import mails
from aftercare.web.chat.requests import bearer_token, conversation_of, enforce_rate
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
        text = await asyncio.to_thread(page, transcript, pictures, voice_of(request), zone_named(zone))
        name, media_type = "esim-chat.html", "text/html"
    else:
        text = await asyncio.to_thread(as_file, transcript, pictures)
        name, media_type = "chat.json", "application/json"
    return web.Response(
        text=text, content_type=media_type, headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )


async def mail_available(request: web.Request) -> web.Response:
    """GET /api/chat/transcript-mail: whether the conversation can be mailed: mail is sent, and its buyer is known."""
    desk, conversation = request.app[DESK], await conversation_of(request, bearer_token(request))
    known = desk.settings.mails and await desk.orders_worker.run(_has_buyer, desk.orders, conversation.id)
    return web.json_response({"available": bool(known)})


async def mail(request: web.Request) -> web.Response:
    """POST /api/chat/transcript-mail: mail the conversation to the buyer whose order was proven in it."""
    desk, token = request.app[DESK], bearer_token(request)
    enforce_rate(desk.message_rate, token.conversation_id)
    zone = request.query.get("zone", "UTC")
    if not _ZONE.fullmatch(zone):
        raise ApiError(422, "malformed", detail="zone: the name of a time zone")
    conversation = await conversation_of(request, token)
    if not await desk.orders_worker.run(_put_mail, desk.orders, conversation.id, zone):
        raise ApiError(404, "not_found")
    desk.outbox.wake()
    return web.Response(status=204)


def _has_buyer(orders: Engine, conversation_id: str) -> bool:
    with Session(orders, future=True) as session:
        return mails.buyer_of(session, conversation_id) is not None


def _put_mail(orders: Engine, conversation_id: str, zone: str) -> bool:
    with Session(orders, future=True) as session, session.begin():
        return mails.put_transcript(session, conversation_id, zone, utc_now())


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
