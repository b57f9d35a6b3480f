"""What travellers type where an order number or an e-mail was asked for and neither could be read."""

from __future__ import annotations

import re

_LOOKS_LIKE_NUMBER = re.compile(r"\d(?:[\s-]?\d){4}|(?i:nz)\s*-?\s*\d")
_LOOKS_LIKE_EMAIL = re.compile(r"@|(?i:\b(?:gmail|outlook|hotmail|icloud|qq|163)\b)")


def looks_like_order_number(text: str) -> bool:
    """Whether a text seems to be meant as an order number."""
    return bool(_LOOKS_LIKE_NUMBER.search(text))


def looks_like_email(text: str) -> bool:
    """Whether a text seems to be meant as an e-mail address."""
    return bool(_LOOKS_LIKE_EMAIL.search(text))
