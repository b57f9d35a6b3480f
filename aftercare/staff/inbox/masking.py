"""Masks personal data in the inbox; showing it is a permission, and each use is in the audit log."""

from __future__ import annotations

import re

_DOTS = "••••"
_EMAIL = re.compile(r"[A-Za-z0-9._%+'-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
_CODE = re.compile(
    r"LPA:[!-~]+|(?<![A-Za-z0-9])1\$[!-~]+|https?://[!-~]*(?:/media/|carddata)[!-~]*"
    r"|(?<![A-Za-z0-9-])[A-Z0-9]{4,8}(?:-[A-Z0-9]{4,8}){2,}(?![A-Za-z0-9-])"
)
# seven digits or more, however they are grouped: phone numbers, ICCID, EID, IMEI, cards; order numbers stay
_DIGITS = re.compile(r"(?<![A-Za-z0-9])\+?\d(?:[ .()-]{0,2}\d){6,}")
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
    """A message with e-mail addresses, activation codes, links to pictures and numbers of 7 or more digits masked."""
    text = _EMAIL.sub(lambda found: mask_email(found[0]), text)
    text = _CODE.sub(_DOTS, text)
    return _DIGITS.sub(lambda found: found[0] if _DATE.fullmatch(found[0]) else mask(found[0]), text)
