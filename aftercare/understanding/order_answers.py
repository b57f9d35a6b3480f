"""What travellers type where an order number or an e-mail was asked for and neither could be read."""

from __future__ import annotations

import re

from aftercare.base.identifiers import order_numbers

# Five digits or more; a phone number begins with 0 or +.
_DIGITS = re.compile(r"\+?\d(?:[\s-]?\d){4,}")
_LOOKS_LIKE_EMAIL = re.compile(r"@|(?i:\b(?:gmail|outlook|hotmail|icloud|qq|163)\b)")


def looks_like_order_number(text: str) -> bool:
    """Whether a text seems to be meant as an order number."""
    runs = (found[0] for found in _DIGITS.finditer(text))
    return any(not run.startswith(("0", "+")) for run in runs) or order_numbers().seem_meant(text)


def looks_like_email(text: str) -> bool:
    """Whether a text seems to be meant as an e-mail address."""
    return bool(_LOOKS_LIKE_EMAIL.search(text))
