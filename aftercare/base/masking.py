"""Masks personal data: in the inbox, where showing it is a permission and each use is in the audit log, and in logs."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator

from aftercare.base.identifiers import normalise_order_number, order_numbers
from aftercare.base.language import HAN

# characters without width, which part a number for machines only
INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufe00-\ufe0f\ufeff]"
)
# Han letters beside an address without a space are no part of it
_NOT_HAN = rf"(?:(?!{HAN.pattern})[\w.%+'-])"
SPELT_EMAIL = re.compile(
    rf"{_NOT_HAN}{{1,80}}\s*[\[(]?(?<![A-Za-z])(?:at|艾特)(?![A-Za-z])[\])]?\s*[A-Za-z0-9-]{{1,60}}"
    r"(?:\s*[\[(]?(?<![A-Za-z])(?:dot|点)(?![A-Za-z])[\])]?\s*[a-z]{2,10})+",
    re.IGNORECASE,
)
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
_NETWORK_ADDRESS = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}")
# a day, with or without the time; and the moment a model is named by
_DATE = re.compile(r"(?:19|20)\d\d-\d\d-\d\d(?:[ T]\d\d(?::?\d\d)?)?|20\d{6}-\d{6}")


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
        plain = half_width(text)
        text = _hidden(text, pattern.finditer(plain), hide)
    for pattern, hide in _HIDDEN_NUMBERS:
        plain = half_width(text)
        text = _hidden(text, _beside_orders(pattern, plain), hide)
    return text


def _hidden(text: str, matches: Iterable[re.Match[str]], hide: Callable[[str], str]) -> str:
    parts, at = [], 0
    for found in matches:
        parts += [text[at : found.start()], hide(found[0])]
        at = found.end()
    return "".join([*parts, text[at:]])


def _beside_orders(pattern: re.Pattern[str], plain: str) -> Iterator[re.Match[str]]:
    """What of a text has a pattern and belongs to no order number."""
    at = 0
    for order in sorted(order_numbers().find(plain), key=lambda each: each.start):
        yield from pattern.finditer(plain, at, max(at, order.start))
        at = order.end
    yield from pattern.finditer(plain, at)


def _code(found: str) -> str:
    return found if normalise_order_number(found) else _DOTS


def _number(found: str) -> str:
    return found if _DATE.fullmatch(found) or _NETWORK_ADDRESS.fullmatch(found) else mask(found)


_HIDDEN: tuple[tuple[re.Pattern[str], Callable[[str], str]], ...] = (
    (_EMAIL, mask_email),
    (SPELT_EMAIL, lambda _found: _DOTS),
    (_CODE, _code),
)
_HIDDEN_NUMBERS: tuple[tuple[re.Pattern[str], Callable[[str], str]], ...] = (
    (_PASSPORT, lambda found: mask(found, 2)),
    (_DIGITS, _number),
)


def half_width(text: str) -> str:
    """The text in half width with every script's digits as 0-9; same length, so offsets stay valid."""
    return "".join(map(_plain_character, text))


def _plain_character(character: str) -> str:
    digit = unicodedata.digit(character, None)
    if digit is not None:
        return str(digit)
    folded = unicodedata.normalize("NFKC", character)
    return folded if len(folded) == 1 else character
