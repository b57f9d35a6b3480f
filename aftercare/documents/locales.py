"""The language and script a document is written in."""

from __future__ import annotations

from functools import lru_cache
from typing import Literal

from aftercare.base.language import Language, to_traditional
from aftercare.catalogue.load import load_catalogue

Locale = Literal["en", "zh-Hans", "zh-Hant"]
LOCALES: tuple[Locale, ...] = ("en", "zh-Hans", "zh-Hant")


def locale_of(language: Language, traditional: bool = False) -> Locale:
    """The locale of a conversation's language and script."""
    if language == "en":
        return "en"
    return "zh-Hant" if traditional else "zh-Hans"


def language_of(locale: Locale) -> Language:
    """The language whose texts a document of this locale takes."""
    return "en" if locale == "en" else "zh"


def write(locale: Locale, en: str, zh: str) -> str:
    """The text of the locale; `zh` is in Simplified Chinese."""
    if locale == "en":
        return en
    return to_traditional(zh) if locale == "zh-Hant" else zh


@lru_cache(maxsize=1)
def _countries() -> dict[str, tuple[str, str]]:
    return {place.country: (place.name_en, place.name_zh) for place in load_catalogue().destinations}


def country(code: str, locale: Locale) -> str:
    """A country's name, or its ISO code when the catalogue does not have it."""
    return write(locale, *_countries().get(code, (code, code)))
