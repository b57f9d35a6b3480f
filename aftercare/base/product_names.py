"""Names of phones, places and networks in the catalogue: whoever writes one has not chosen a language by it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache, lru_cache
from typing import Any

import yaml

from aftercare.base.settings import CATALOGUE

_SECTIONS = ("devices", "destinations", "regions", "operators")
_KEYS = ("model", "name", "name_en", "name_zh", "aliases")
_TOKEN = re.compile(r"[A-Za-z\d'’+&]+|[\u3400-\u9fff]+")
_LATIN = re.compile(r"[A-Za-z]")
_HAN = re.compile(r"[\u3400-\u9fff]+")


def without_latin_names(text: str) -> str:
    """The text with each of these names in Latin letters left out, the longest first."""
    tokens = list(_TOKEN.finditer(text))
    words = [token[0].lower() for token in tokens]
    names, longest = _latin_names()
    kept, copied, at = [], 0, 0
    while at < len(words):
        length = next((n for n in range(min(longest, len(words) - at), 0, -1) if tuple(words[at : at + n]) in names), 0)
        if length:
            kept += [text[copied : tokens[at].start()], " "]
            copied = tokens[at + length - 1].end()
        at += length or 1
    return "".join(kept) + text[copied:]


def without_chinese_names(simplified: str) -> str:
    """The Simplified text with each of these names in Chinese characters as blanks of the same length."""
    return _chinese_names().sub(lambda match: " " * len(match[0]), simplified)


@lru_cache(maxsize=1)
def _latin_names() -> tuple[frozenset[tuple[str, ...]], int]:
    """The names as words in small letters, and how many words the longest has."""
    names = frozenset(tuple(map(str.lower, _TOKEN.findall(name))) for name in _names() if _LATIN.search(name))
    return names, max(map(len, names), default=0)


@lru_cache(maxsize=1)
def _chinese_names() -> re.Pattern[str]:
    names = {name for name in _names() if _HAN.fullmatch(name)}
    phone = r"(?:的?手机)?"
    return re.compile("|".join(re.escape(name) + phone for name in sorted(names, key=len, reverse=True)) or r"(?!)")


def _names() -> Iterator[str]:
    for section in _SECTIONS:
        for entry in _entries(section):
            brand = entry.get("brand")
            for key in _KEYS:
                value = entry.get(key) or ()
                for name in (value,) if isinstance(value, str) else value:
                    yield str(name)
                    if key == "model" and brand:
                        yield f"{brand} {name}"


@cache
def _entries(section: str) -> tuple[dict[str, Any], ...]:
    """The raw entries; `aftercare.catalogue` says what is wrong with a file, here it then names nothing."""
    try:
        text = (CATALOGUE / f"{section}.yml").read_text(encoding="utf-8")
        listed = (yaml.load(text, Loader=yaml.CSafeLoader) or {}).get(section) or ()
    except (OSError, yaml.YAMLError, AttributeError):
        return ()
    return tuple(entry for entry in listed if isinstance(entry, dict))
