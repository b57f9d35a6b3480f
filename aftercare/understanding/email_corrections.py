"""An e-mail address given before and put right by a fragment: "sorry, example not exmaple", "打错了，是 .com"."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from difflib import SequenceMatcher

_FRAGMENT = re.compile(r"[a-z0-9][a-z0-9_-]*(?:\.[a-z0-9-]+)*")
_BESIDE = frozenset(
    {
        "sorry", "not", "no", "its", "it", "is", "i", "meant", "mean", "the", "a", "an", "should", "be", "with", "and",
        "typo", "wrong", "oops", "mail", "email", "e-mail", "address", "my", "of", "at", "in", "one", "two", "but",
        "mistake", "made", "wrote", "typed", "instead", "s", "was", "that", "to", "you", "me", "so", "dot", "right",
    }
)  # fmt: skip
_CORRECTS = re.compile(
    r"\b(?:sorry|not|typo|wrong|oops|meant|mean|mistake|should|it'?s|instead|with a|mistyped|misspelled)\b"
    r"|错|錯|不是|应该|應該|^\W*是|少了|多了|改成|改为",
    re.IGNORECASE,
)
# Said of the end of an address.
_ENDINGS = frozenset({"com", "net", "org", "nz", "cn", "hk", "tw", "au", "uk", "co", "edu", "gov", "sg", "jp", "de"})
_LONGEST = 60
# Beside the fragment itself and what it replaces.
_OTHER_WORDS = 1
# A fragment is meant for a part of the address from this likeness on; a short one, as "com", from the other.
_ALIKE, _SHORT_ALIKE, _SHORT = 0.7, 0.6, 3


def corrected_email(given: str, text: str) -> str | None:
    """The address `given` with the part put right that a short text names; None when it names none."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    if len(plain) > _LONGEST or "@" in plain or not _CORRECTS.search(plain.replace("’", "'")):
        return None
    parts = re.split(r"([@.])", given.casefold())
    found = {(at, fragment): alike for at, fragment, alike in _candidates(parts, plain)}
    if not found:
        return None
    best = max(found.values())
    meant = [key for key, alike in found.items() if alike == best]
    if len(meant) != 1:
        return None
    at, fragment = meant[0]
    others = set(re.findall(r"[a-z0-9_-]{2,}", plain)) - _BESIDE - {fragment, parts[at]}
    if len(others) > _OTHER_WORDS:
        return None
    return "".join([*parts[:at], fragment, *parts[at + 1 :]])


def _candidates(parts: list[str], text: str) -> Iterator[tuple[int, str, float]]:
    """(place of the part, fragment, likeness) of each fragment that resembles a part without being it."""
    whole = {part for part in parts if part not in "@."}
    for found in _FRAGMENT.findall(text):
        for fragment in found.split("."):
            if fragment in _BESIDE or fragment in whole or len(fragment) < 2:
                continue
            places = [len(parts) - 1] if fragment in _ENDINGS else range(len(parts))
            for at in places:
                part = parts[at]
                if part in "@." or not part:
                    continue
                alike = SequenceMatcher(None, fragment, part).ratio()
                if alike >= (_SHORT_ALIKE if min(len(fragment), len(part)) <= _SHORT else _ALIKE):
                    yield at, fragment, alike
