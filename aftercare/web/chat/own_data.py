"""A traveller's right to their chat: take it along, or have it deleted."""

from __future__ import annotations

import asyncio
import base64
import json
import re
from datetime import datetime, timezone, tzinfo
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import jinja2
from aiohttp import web

from aftercare.base.database import utc_now
from aftercare.conversations import identity
from aftercare.conversations.context import DESK, Desk
from aftercare.conversations.rasa_client import EngineUnavailable
from aftercare.conversations.store import Event, Transcript
from aftercare.conversations.texts import Voice, say
from aftercare.web.chat.requests import bearer, opened
from aftercare.web.errors import ApiError, voice_of

_PAGE = jinja2.Environment(
    loader=jinja2.FileSystemLoader(Path(__file__).parents[1] / "templates"),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
).get_template("saved_chat.html")
_ZONE = re.compile(r"[A-Za-z0-9_+/-]{1,40}")


async def download(request: web.Request) -> web.Response:
    """GET /api/chat/conversation: everything said so far as JSON, or with ?format=page as a page to read and print."""
    desk = request.app[DESK]
    token = bearer(request)
    as_page = {"json": False, "page": True}.get(request.query.get("format", "json"))
    zone = request.query.get("zone", "UTC")
    if as_page is None or not _ZONE.fullmatch(zone):
        raise ApiError(422, "malformed", detail="format: json or page; zone: the name of a time zone")
    conversation = await opened(request, token)
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


async def pictures_of(desk: Desk, transcript: Transcript) -> dict[str, str]:
    """The pictures both sides sent, as data URLs by their address: the addresses end with the conversation."""
    found: dict[str, str] = {}
    for event in transcript.events:
        if event.image and event.image.startswith("/media/"):
            kept = await desk.worker.run(desk.store.get_picture, event.image.removeprefix("/media/"))
            if kept is not None:
                found[event.image] = f"data:{kept[0]};base64,{base64.b64encode(kept[1]).decode()}"
    return found


def as_file(transcript: Transcript, pictures: dict[str, str]) -> str:
    """A conversation as JSON, for other programs."""
    body: dict[str, Any] = {
        "conversation_id": transcript.conversation.id,
        "channel": transcript.conversation.channel,
        "events": [event.as_json() for event in transcript.events],
        "pictures": pictures,
    }
    return json.dumps(body, ensure_ascii=False, indent=1)


def page(transcript: Transcript, pictures: dict[str, str], voice: Voice, zone: tzinfo) -> str:
    """A conversation as one file that any browser opens, pictures included, in the language of `voice`."""

    def who(event: Event) -> str:
        named = {"traveller": "page_you", "agent": "page_agent"}.get(event.sender, "page_assistant")
        return event.agent or say(named, voice)

    lines = [
        {
            "kind": "state" if event.kind == "state" else event.sender,
            "who": "" if event.kind == "state" else who(event),
            "at": _local(event.at, zone),
            "text": event.text,
            "image": pictures.get(event.image or "", event.image),
        }
        for event in transcript.events
        if event.text or event.image
    ]
    tag = {"en": "en", "zh": "zh-Hant" if voice.script == "hant" else "zh-Hans"}[voice.language]
    return _PAGE.render(
        language=tag,
        title=say("page_title", voice),
        saved=say("page_saved", voice, at=_local(utc_now(), zone), zone=zone),
        lines=lines,
    )


def _zone(name: str) -> tzinfo:
    """The zone of this name; UTC for one we do not know."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return timezone.utc


def _local(at: datetime, zone: tzinfo) -> str:
    return at.astimezone(zone).strftime("%Y-%m-%d %H:%M")
