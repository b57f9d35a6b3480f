"""Which language a traveller asks to be answered in."""

from __future__ import annotations

import re

from aftercare.base.language import Language

_CHINESE = re.compile(r"中文|普通话|國語|国语|汉语|华语|chinese|mandarin", re.IGNORECASE)
_ENGLISH = re.compile(r"英文|英语|英語|english", re.IGNORECASE)


def language_named(text: str) -> Language | None:
    """The language a text names: "in English please", "说中文"; None when it names none. Chinese when it names both."""
    if _CHINESE.search(text):
        return "zh"
    return "en" if _ENGLISH.search(text) else None
