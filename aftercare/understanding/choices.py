"""Understands a choice that is typed instead of clicked: by its title, or by its place among those offered."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from aftercare.base.language import normalise

_PLACES = {
    "1": 0, "2": 1, "3": 2, "4": 3, "5": 4, "一": 0, "二": 1, "三": 2, "四": 3, "五": 4,
    "first": 0, "second": 1, "third": 2, "fourth": 3, "fifth": 4, "one": 0, "two": 1, "three": 2, "four": 3, "five": 4,
    "1st": 0, "2nd": 1, "3rd": 2, "4th": 3, "5th": 4,
}  # fmt: skip
_PLACE = re.compile(
    r"\W*(?:the\s+|option\s+|number\s+|no\.?\s*|第|我?选|我?要)*"
    r"([1-5](?:st|nd|rd|th)|first|second|third|fourth|fifth|one|two|three|four|five|[1-5一二三四五])"
    r"\s*(?:one|option|个|项|种|号)?(?:吧|please|,|\s)*\W*",
    re.IGNORECASE,
)
_LAST = re.compile(r"\W*(?:(?:the\s+)?last\s+(?:one|option)|最后一?[个项种])(?:吧|please|,|\s)*\W*", re.IGNORECASE)
_PUNCTUATION = re.compile(r"[\W_]+")


def typed_choice(text: str, choices: Sequence[Mapping[str, str]]) -> str | None:
    """The payload of the choice a text names ("2", "the second one", "第二个", its title); None when it names none.

    `choices` have `title` and `payload`, in the order in which they were offered.
    """
    plain = normalise(text).casefold()
    bare = _PUNCTUATION.sub("", plain)
    for choice in choices:
        if bare and bare == _PUNCTUATION.sub("", normalise(choice["title"]).casefold()):
            return choice["payload"]
    if len(choices) < 2:
        return None
    if _LAST.fullmatch(plain):
        return choices[-1]["payload"]
    found = _PLACE.fullmatch(plain)
    place = _PLACES[found[1]] if found else len(choices)
    return choices[place]["payload"] if place < len(choices) else None
