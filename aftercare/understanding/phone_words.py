"""The words of a text that may be part of a phone's name."""

from __future__ import annotations

import re

_WORDS = re.compile(r"(?<![a-z0-9])(?:[a-z]+\d+[a-z]*|x[rs]|[a-z]{4,})(?![a-z0-9])")
_OF_MANY = frozenset(("iphone", "galaxy", "note", "plus", "ultra", "phone", "magic", "pixel", "mate", "find", "mini"))


def words_of_name(text: str) -> set[str]:
    """The words of a text that may be a phone's own part of its name: "xr", "p40"; none that many names share."""
    return set(_WORDS.findall(text.casefold())) - _OF_MANY
