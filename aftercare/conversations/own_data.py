"""A traveller's right to their conversation: all of it as a file or a page to keep, or deleted everywhere."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import jinja2

from aftercare.base.database import utc_now
from aftercare.base.voice import Voice
from aftercare.conversations import identity
from aftercare.conversations.context import Desk
from aftercare.conversations.conversation import Transcript
from aftercare.conversations.messages import Message
from aftercare.conversations.texts import say

_PAGE = jinja2.Environment(
    loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
).get_template("saved_chat.html")


async def erase(desk: Desk, conversation_id: str) -> None:
    """Delete a conversation with its pictures, Rasa's copy, which goes first, and its proofs of ownership.

    Raises:
        RasaUnavailable: nothing was deleted; try again later.
    """
    await desk.rasa.erase(conversation_id)
    await desk.worker.run(desk.store.delete, conversation_id)
    await desk.orders_worker.run(identity.forget_orders, desk.orders, conversation_id)
    desk.hub.publish_deleted(conversation_id)


async def pictures_of(desk: Desk, transcript: Transcript) -> dict[str, str]:
    """The pictures both sides sent, as data URLs by their address: the addresses end with the conversation."""
    found: dict[str, str] = {}
    for message in transcript.messages:
        if message.image and message.image.startswith("/media/"):
            kept = await desk.worker.run(desk.store.get_picture, message.image.removeprefix("/media/"))
            if kept is not None:
                found[message.image] = f"data:{kept[0]};base64,{base64.b64encode(kept[1]).decode()}"
    return found


def as_file(transcript: Transcript, pictures: dict[str, str]) -> str:
    """A conversation as JSON, for other programs."""
    body: dict[str, Any] = {
        "conversation_id": transcript.conversation.id,
        "channel": transcript.conversation.channel,
        "events": [message.as_json() for message in transcript.messages],
        "pictures": pictures,
    }
    return json.dumps(body, ensure_ascii=False, indent=1)


def page(transcript: Transcript, pictures: dict[str, str], voice: Voice, zone: tzinfo) -> str:
    """A conversation as one file that any browser opens, pictures included, in the language of `voice`."""

    def who(message: Message) -> str:
        named = {"traveller": "saved_chat_you", "agent": "saved_chat_agent"}.get(message.sender, "saved_chat_assistant")
        return message.agent or say(named, voice)

    lines = [
        {
            "kind": "state" if message.kind == "state" else message.sender,
            "who": "" if message.kind == "state" else who(message),
            "at": _local(message.at, zone),
            "text": message.text,
            "image": pictures.get(message.image or "", message.image),
            "alt": message.image_alt or "",
        }
        for message in transcript.messages
        if message.text or message.image
    ]
    tag = {"en": "en", "zh": "zh-Hant" if voice.script == "hant" else "zh-Hans"}[voice.language]
    return _PAGE.render(
        language=tag,
        title=say("saved_chat_title", voice),
        saved=say("saved_chat_saved", voice, at=_local(utc_now(), zone), zone=zone),
        lines=lines,
    )


def zone_named(name: str) -> tzinfo:
    """The zone of this name; UTC for one we do not know."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return UTC


def _local(at: datetime, zone: tzinfo) -> str:
    return at.astimezone(zone).strftime("%Y-%m-%d %H:%M")
