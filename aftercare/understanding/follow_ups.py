"""Short questions that only mean something after what was said last."""

from __future__ import annotations

import re

_HOW_LONG = re.compile(
    r"\W*(?:and |so |ok(?:ay)?,? |but )?(?:how (?:long|soon|much longer)|when)\b"
    r"(?:(?! refund| plan| valid| expire).){0,40}"
    r"|\W*(?:那|大概|大约|還|还)*(?:要|需要|得)?(?:等)?多久.{0,8}|.{0,6}(?:什么时候|什麼時候|几时|啥时候)(?:能|才|会)?(?:好|修好|恢复|恢復|到|有|行).{0,3}",
    re.IGNORECASE,
)
_WHY = re.compile(
    r"\W*(?:but )?why(?: not| is that| can'?t i)?\W*"
    r"|\W*(?:那|可是|但)?(?:为什么|為什麼|为啥|凭什么)(?:不能|不可以|不给|不行)?(?:退|换)?(?:啊|呢)?\W*",
    re.IGNORECASE,
)
_LONGEST = 50


def asks_how_long(text: str) -> bool:
    """Whether a text only asks for the time: "how long?", "还要多久"."""
    return len(text) <= _LONGEST and bool(_HOW_LONG.fullmatch(text.strip()))


def asks_why(text: str) -> bool:
    """Whether a text only asks for the reason: "why not?", "为什么不能退"."""
    return bool(_WHY.fullmatch(text))
