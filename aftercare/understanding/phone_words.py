"""What a text says of a phone it names: the words of the name, or that it is left ("forget the Huawei")."""

from __future__ import annotations

import re

_BEFORE = re.compile(
    r"\b(?:forget|never ?mind|leave|skip|ignore|drop)(?: about)?(?: (?:the|my|that|this|your|his|her))?\s*$"
    r"|(?:不管|别管|別管|不说|不說|不问|不問)(?:那个|那個)?\s*$",
    re.IGNORECASE,
)
_AFTER = re.compile(
    r"\s*(?:的?(?:手机|手機))?(?:就|先|那个|那個)*(?:算了|不管|不用管|别管|別管|不说了|不說了|不问了|不問了)"
)


def is_dropped(text: str, start: int, end: int) -> bool:
    """Whether the phone named from `start` to `end` is one that the text leaves."""
    return bool(_BEFORE.search(text[:start]) or _AFTER.match(text[end:]))


_WORDS = re.compile(r"(?<![a-z0-9])(?:[a-z]+\d+[a-z]*|x[rs]|[a-z]{4,})(?![a-z0-9])")
_OF_MANY = frozenset(("iphone", "galaxy", "note", "plus", "ultra", "phone", "magic", "pixel", "mate", "find", "mini"))


def words_of_name(text: str) -> set[str]:
    """The words of a text that may be a phone's own part of its name: "xr", "p40"; none that many names share."""
    return set(_WORDS.findall(text.casefold())) - _OF_MANY
