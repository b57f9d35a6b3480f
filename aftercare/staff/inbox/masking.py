"""Masks personal data in the inbox; showing it is a permission, and each use is in the audit log."""

from __future__ import annotations

import re
from collections.abc import Callable

from aftercare.base.identifiers import normalise_order_number
from aftercare.staff.ui.masking import INVISIBLE, SPELT_EMAIL, half_width

_DOTS = "••••"
_EMAIL = re.compile(r"[A-Za-z0-9._%+'-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
_CODE = re.compile(
    r"LPA:[!-~]+|(?<![A-Za-z0-9])1\$[!-~]+|https?://[!-~]*(?:/media/|carddata)[!-~]*"
    r"|(?<![A-Za-z0-9-])[A-Z0-9]{4,8}(?:-[A-Z0-9]{4,8}){2,}(?![A-Za-z0-9-])"
)
# seven digits or more, however they are grouped: phone numbers, ICCID, EID, IMEI, cards; order numbers stay
_DIGITS = re.compile(r"(?<![A-Za-z0-9])\+?\d(?:[ .()-]{0,2}\d){6,}")
# one or two letters and six to eight digits, as passports of most countries have; numbers of orders and tickets stay
_PASSPORT = re.compile(r"(?<![A-Za-z0-9])(?!T\d{6}(?!\d))[A-Z]{1,2} ?\d{6,8}(?![A-Za-z0-9])", re.IGNORECASE)
_DATE = re.compile(r"(?:19|20)\d\d-\d\d-\d\d(?:[ T]\d\d(?::?\d\d)?)?")


def mask(text: str | None, shown: int = 4) -> str:
    """Dots and the last `shown` characters, to compare with what a traveller reads out; dots alone for short texts."""
    if not text:
        return ""
    return _DOTS + text[-shown:] if len(text) > shown * 2 else _DOTS


def mask_email(email: str | None) -> str:
    """The first letter of the local part, dots, and the domain."""
    if not email:
        return ""
    local, at, domain = email.rpartition("@")
    return f"{local[:1]}{_DOTS}{at}{domain}"


def mask_name(name: str | None) -> str:
    """The first letter of each word, with dots for the rest."""
    return " ".join(word[:1] + _DOTS for word in (name or "").split())


def mask_text(text: str) -> str:
    """A message with e-mail addresses, codes, passports, links to pictures and numbers of 7 or more digits masked.

    They are looked for as they are read: in half width, without characters that cannot be seen, with "at" and "dot"
    spelt out.
    """
    text = INVISIBLE.sub("", text)
    for pattern, hide in _HIDDEN:
        plain, parts, at = half_width(text), [], 0
        for found in pattern.finditer(plain):
            parts += [text[at : found.start()], hide(found[0])]
            at = found.end()
        text = "".join([*parts, text[at:]])
    return text


def _number(found: str) -> str:
    return found if _DATE.fullmatch(found) else mask(found)


def _passport(found: str) -> str:
    return found if normalise_order_number(found) else mask(found, 2)


_HIDDEN: tuple[tuple[re.Pattern[str], Callable[[str], str]], ...] = (
    (_EMAIL, mask_email),
    (SPELT_EMAIL, lambda _found: _DOTS),
    (_CODE, lambda _found: _DOTS),
    (_PASSPORT, _passport),
    (_DIGITS, _number),
)
