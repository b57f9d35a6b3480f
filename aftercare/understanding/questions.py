"""The single questions of a message: "can I share it, and what does it cost?" has two."""

from __future__ import annotations

import re
from collections.abc import Sequence

from aftercare.base.language import HAN
from aftercare.understanding.second_intent import parts

# How a question begins in English, after words that only join it to what was said before.
_BEGINS = re.compile(
    r"\W*(?:and|also|or|so|but|plus|then|please|pls|hi|hello|ok)?\W*"
    r"(?:is|are|am|was|do|does|did|don't|doesn't|can|could|will|would|should|may|must|have|has|how|hows|what|whats|"
    r"what's|when|where|wheres|which|who|whose|why|any)\b",
    re.IGNORECASE,
)
# Words that make a Chinese sentence a question, wherever they stand.
_ASKS = re.compile(
    r"吗|嗎|呢|么[?？]?$|咩|啊[?？]$|怎么|怎麼|怎样|怎樣|點樣|点样|如何|什么|什麼|甚麼|乜|哪|邊|边度|多少|多久|多大|多长|多長|几|幾|"
    r"点解|點解|为什么|為什麼|(?:能|会|會|可|要|有|是|用|行|好|收|係|系)[唔不没沒](?:能|会|會|可|要|有|是|用|行|好|收|係|系)|可唔可以|可不可以"
)
SURELY_ASKED = 0.8
"""From this probability on the whole message says what is asked; below it the one question in it may say more."""
OF_THE_WHOLE = 0.02
"""What answers a part of a message has something to do with the whole of it: its least probability there."""
_SAYS_ENOUGH = 3
"""A question has so many words at least, or Han characters."""
MOST = 3
"""A message of more questions is a story; its whole says best what it is about."""


def questions(text: str) -> Sequence[str]:
    """The questions of a message, two or three; none when it has one, or too many."""
    found = [part for start, end in parts(text) if _is_question(part := text[start:end].strip())]
    return found if 2 <= len(found) <= MOST else ()


def only_question(text: str) -> str | None:
    """The one question of a message that tells something as well; None when it has none, several, or nothing else."""
    found = [(text[start:end].strip(), text[end : end + 1]) for start, end in parts(text)]
    asked = [part for part, sign in found if _is_question(part, sign)]
    return asked[0] if len(asked) == 1 < len(found) else None


def _is_question(part: str, sign: str = "") -> bool:
    said = len(HAN.findall(part)) + len(re.findall(r"[A-Za-z0-9'’]+", part))
    asks = sign in ("?", "？") or _BEGINS.match(part) or _ASKS.search(part)
    return said >= _SAYS_ENOUGH and bool(asks)
