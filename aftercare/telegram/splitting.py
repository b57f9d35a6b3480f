"""Cuts a long text into messages Telegram takes, at the ends of paragraphs, sentences or words."""

from __future__ import annotations

import re

# core.telegram.org/bots/api#sendmessage and #sendphoto; counted after entities are parsed. Telegram counts in UTF-16
# units in places (#messageentity), so an emoji may be two: counting so is safe either way.
TEXT_LIMIT = 4096
CAPTION_LIMIT = 1024

# where a text may be cut, best first; the cut is behind the match
_SENTENCE = r"[。！？!?…]+[”’」』）)\"']*|\.[”’\"')]*(?=\s)"
_ENDS = tuple(re.compile(end) for end in (r"\n\s*\n", r"\n", _SENTENCE, r"[;；，、,]|\s"))
_JOINS = re.compile("[\u200d\ufe0f\U0001f3fb-\U0001f3ff]")  # belongs to the character before it


def length(text: str) -> int:
    """Length in UTF-16 units."""
    return len(text) + sum(1 for character in text if ord(character) > 0xFFFF)


def split(text: str, limit: int = TEXT_LIMIT) -> list[str]:
    """The text in parts of up to `limit` UTF-16 units, none of them blank."""
    parts = []
    rest = text.strip()
    while length(rest) > limit:
        cut = _cut(rest, limit)
        parts.append(rest[:cut].rstrip())
        rest = rest[cut:].lstrip()
    return [*parts, rest] if rest else parts


def _cut(text: str, limit: int) -> int:
    """Where to cut: the last good place in the second half of what fits, else right at the limit."""
    most = fits(text, limit)
    for end in _ENDS:
        places = [match.end() for match in end.finditer(text, 0, most) if match.end() >= most // 2]
        if places:
            return places[-1]
    # not between the parts of one visible character (skin tone, flag, family)
    while most > 1 and (_JOINS.match(text[most]) or text[most - 1] == "\u200d"):
        most -= 1
    return most


def fits(text: str, limit: int) -> int:
    """How many characters of the text fit into `limit` UTF-16 units."""
    used = 0
    for index, character in enumerate(text):
        used += 2 if ord(character) > 0xFFFF else 1
        if used > limit:
            return index
    return len(text)
