"""Buttons under messages. A button carries a short key; what it means is stored (tables.telegram_choice).

Meanings: `choice:<id>` of a choice the assistant offered, `language:<tag>`, `privacy:<what>`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from aftercare.desk.store import Event
from aftercare.desk.telegram.texts import tell
from aftercare.desk.texts import Voice

LANGUAGES = {"zh-Hans": "简体中文", "zh-Hant": "繁體中文", "en": "English"}
# said in the traveller's place when a language is chosen, so that the assistant knows it too
ASK_FOR = {"zh-Hans": "请说中文", "zh-Hant": "請說繁體中文", "en": "Please speak English"}

# names of the bot's own answers that have buttons
ASKS_LANGUAGE = "telegram_language"
ASKS_PRIVACY = "telegram_privacy"
ASKS_DELETE = "telegram_delete"


@dataclass(frozen=True)
class Button:
    """A button as shown, and what it means."""

    title: str
    meaning: str


Rows = Sequence[Sequence[Button]]


def buttons_of(event: Event, name: str | None, voice: Voice) -> Rows:
    """The keyboard under an event: choices one per row."""
    if name == ASKS_LANGUAGE:
        return [[Button(title, f"language:{tag}")] for tag, title in LANGUAGES.items()]
    if name == ASKS_PRIVACY:
        return [[Button(tell(what, voice), f"privacy:{what}")] for what in ("download", "delete")]
    if name == ASKS_DELETE:
        return [[Button(tell(what, voice), f"privacy:{what}")] for what in ("delete_now", "keep")]
    return [[Button(title, f"choice:{event.seq}-{index}")] for index, title in enumerate(event.choices)]
