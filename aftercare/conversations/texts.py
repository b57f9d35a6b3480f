"""In which language and script a traveller is answered, and the phrases of `data/responses` in it."""

from __future__ import annotations

from typing import NamedTuple

from aftercare.base.language import Language, Script, to_traditional
from aftercare.base.responses import phrase


class Voice(NamedTuple):
    """The language and script a traveller is answered in."""

    language: Language
    script: Script | None = None


def say(name: str, voice: Voice, **values: object) -> str:
    """The phrase `name` for this traveller; Traditional Chinese is converted from Simplified.

    Raises:
        KeyError: there is no such phrase, or a placeholder has no value.
    """
    text = phrase(name, voice.language, **values)
    return to_traditional(text) if voice == ("zh", "hant") else text


def voice_of_locale(locale: str) -> Voice:
    """The voice a browser's or Telegram's locale asks for: "zh-TW" → Traditional Chinese; unknown → English."""
    parts = locale.lower().replace("_", "-").split("-")
    if parts[0] not in ("zh", "yue"):
        return Voice("en")
    return Voice("zh", "hant" if {"hant", "tw", "hk", "mo"} & set(parts[1:]) else "hans")
