"""A message that is nothing but a no."""

from __future__ import annotations

import re

_JUST_NO = re.compile(r"\W*(?:no+|nope|nah|否|不|没|沒)\W*", re.IGNORECASE)


def is_just_no(text: str) -> bool:
    """Whether a text is nothing but a no: "no", "nope", "不"."""
    return bool(_JUST_NO.fullmatch(text))
