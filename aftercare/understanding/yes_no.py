"""A yes or a no, as people begin or fill a message with it."""

from __future__ import annotations

import re

_JUST_NO = re.compile(r"\W*(?:no+|nope|nah|否|不|没|沒)\W*", re.IGNORECASE)
_BEGINS_WITH_YES = re.compile(
    r"\W*(?:yes|yeah|yep|ok|okay|sure|please do|go ahead|好|可以|确认|確認|是的|行|嗯|对|對)", re.IGNORECASE
)


def is_just_no(text: str) -> bool:
    """Whether a text is nothing but a no: "no", "nope", "不"."""
    return bool(_JUST_NO.fullmatch(text))


def begins_with_yes(text: str) -> bool:
    """Whether a text begins with a yes, whatever follows: "yes, refund it", "好的，请帮我退"."""
    return bool(_BEGINS_WITH_YES.match(text))
