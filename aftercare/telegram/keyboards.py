"""Buttons under messages. A button carries a short key; what it means is stored (tables.telegram_choice).

Meanings: `choice:<id>` of a choice the assistant offered, `language:<tag>`, `privacy:<what>`,
`rate:<stars>`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from aftercare.base.voice import Voice
from aftercare.conversations.messages import Message
from aftercare.conversations.texts import say

LANGUAGES = {"zh-Hans": "简体中文", "zh-Hant": "繁體中文", "en": "English"}
STARS = range(1, 6)

# phrases of the bot's own answers that have buttons
ASKS_LANGUAGE = "telegram_language"
ASKS_PRIVACY = "telegram_privacy"
ASKS_DELETE = "telegram_delete_sure"


@dataclass(frozen=True)
class Button:
    """A button as shown, and what it means."""

    title: str
    meaning: str


Rows = Sequence[Sequence[Button]]


def buttons_of(event: Message, name: str | None, voice: Voice) -> Rows:
    """The keyboard under an event: choices one per row; stars beside each other."""
    if name == ASKS_LANGUAGE:
        return [[Button(title, f"language:{tag}")] for tag, title in LANGUAGES.items()]
    if name == ASKS_PRIVACY:
        return _privacy_rows(voice, download="telegram_download", delete="telegram_delete")
    if name == ASKS_DELETE:
        return _privacy_rows(voice, delete_now="telegram_delete_now", keep="telegram_keep")
    stars = [[Button(f"{stars} ⭐", f"rate:{stars}") for stars in STARS]] if event.rate else []
    return [*stars, *_choices(event)]


def _privacy_rows(voice: Voice, **titles: str) -> Rows:
    return [[Button(say(title, voice), f"privacy:{what}")] for what, title in titles.items()]


def _choices(event: Message) -> Rows:
    return [[Button(choice.title, f"choice:{event.seq}-{index}")] for index, choice in enumerate(event.choices)]
