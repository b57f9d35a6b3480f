"""The single questions of a message: "can I share it, and what does it cost?" has two."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from aftercare.base.language import HAN
from aftercare.understanding.second_intent import parts

# How a question begins in English, after words that only join it to what was said before.
_BEGINS = re.compile(
    r"\W*(?:and|also|or|so|but|plus|then|please|pls|hi|hello|ok)?\W*"
    r"(?:is|are|am|was|do|does|did|don't|doesn't|can|could|will|would|should|may|must|have|has|how|hows|what|whats|"
    r"what's|when|where|wheres|which|who|whose|why|any)\b",
    re.IGNORECASE,
)
# A question after what it is about: "it shows two lines which one is yours".
_ASKS_WHICH = re.compile(
    r"(?<!know )(?<!sure )\bwhich (?:one|line|of (?:them|these|the two))\b[^,.;]* (?:is|are|do|should|can)\b"
    r"|\bwhich one(?:['’]s| is| are)\b",
    re.IGNORECASE,
)
# Words that make a Chinese sentence a question, wherever they stand.
_ASKS = re.compile(
    r"吗|嗎|呢|么[?？]?$|咩|啊[?？]$|怎么|怎麼|怎样|怎樣|點樣|点样|如何|什么(?![都也])|什麼(?![都也])|甚麼(?![都也])|乜|哪|邊|边度|多少|多久|多大|多长|多長|几|幾|"
    r"点解|點解|为什么|為什麼|(?:能|会|會|可|要|有|是|用|行|好|收|係|系)[唔不没沒](?:能|会|會|可|要|有|是|用|行|好|收|係|系)|可唔可以|可不可以|"
    r"还是|還是|咋|[^没沒]有[^没沒]{0,8}(?:没有|沒有)[?？]?$|(?:不|没|沒|冇|未)[?？]?$"
)
_ALTERNATIVE = re.compile(r"或者|或是|还是|還是|定係|or\b", re.IGNORECASE)
# Between Chinese characters a space stands for a comma.
_HAN_SPACE = re.compile(rf"(?<={HAN.pattern})[ \u3000]+(?={HAN.pattern})")
# "so it does not start, correct?": a yes to it says no.
_ASSERTS_NOT = re.compile(
    r"(?:\bnot\b|n['’]t\b|\bno\b).*\b(?:correct|right|yes|ok(?:ay)?|is it|does it|am i)\W*$"
    r"|[不没沒].*(?:对吧|對吧|对吗|對嗎|对么|是吧|是吗|是嗎|对不对|對不對|是不是)\W*$",
    re.IGNORECASE | re.DOTALL,
)
SURELY_ASKED = 0.8
"""From this probability on the whole message says what is asked; below it the one question in it may say more."""
OF_THE_WHOLE = 0.02
"""What answers a part of a message has something to do with the whole of it: its least probability there."""
_SAYS_ENOUGH = 3
"""A question has so many words at least, or Han characters."""
_APART = 3
"""Beside a space a Chinese clause has so many characters at least; a name that is set apart has fewer."""
MOST = 3
"""A message of more questions is a story; its whole says best what it is about."""


class Split(NamedTuple):
    """The single questions of a message, and what it tells besides."""

    questions: Sequence[str]
    besides: str


def questions(text: str) -> Sequence[str]:
    """The questions of a message, two or three; none when it has one, or too many."""
    return split(text).questions


def split(text: str) -> Split:
    """The questions of a message, two or three, and what else it tells; no question when it has one, or too many."""
    pieces: list[tuple[str, str]] = []
    for part, sign in _pieces(text):
        if pieces and _ALTERNATIVE.match(part):  # "now, or on arrival?" is one question
            part = f"{pieces.pop()[0]}, {part}"
        pieces.append((part, sign))
    asked = [part for part, sign in pieces if _is_question(part, sign)]
    if not 2 <= len(asked) <= MOST:
        return Split((), text)
    return Split(asked, ", ".join(part for part, sign in pieces if not _is_question(part, sign) and _says(part) > 1))


def only_question(text: str) -> str | None:
    """The one question of a message that tells something as well; None when it has none, several, or nothing else."""
    found = list(_pieces(text))
    asked = [part for part, sign in found if _is_question(part, sign)]
    return asked[0] if len(asked) == 1 < len(found) else None


def asserts_not(text: str) -> bool:
    """Whether a text says that something is not so, and wants that confirmed."""
    return bool(_ASSERTS_NOT.search(text))


def _pieces(text: str) -> Iterator[tuple[str, str]]:
    """The clauses of a message, each with the sign after it."""
    for start, end in list(parts(text)) or [(0, len(text))]:
        clauses = _HAN_SPACE.split(text[start:end].strip())
        if min(map(_says, clauses)) < _APART:
            clauses = [text[start:end].strip()]
        for clause in clauses[:-1]:
            yield clause, ""
        yield clauses[-1], text[end : end + 1]


def _says(part: str) -> int:
    return len(HAN.findall(part)) + len(re.findall(r"[A-Za-z0-9'’]+", part))


def _is_question(part: str, sign: str = "") -> bool:
    asks = sign in ("?", "？") or _BEGINS.match(part) or _ASKS.search(part) or _ASKS_WHICH.search(part)
    return _says(part) >= _SAYS_ENOUGH and bool(asks)
