"""Which marked parts of a message can be taught: known entities that look like what they are, none overlapping."""

from __future__ import annotations

import re
from collections.abc import Iterable

from aftercare.base.identifiers import normalise_order_number, valid_eid, valid_iccid
from aftercare.base.masking import half_width
from aftercare.staff.ui.masking import Span
from aftercare.staff.ui.names import ENTITIES

_LONGEST_NAME = 40  # characters of a phone, a place, a plan: what is longer is a sentence
_LONGEST_MESSAGE = 200  # characters of an error message
_EMAIL = re.compile(r"[^\s@]+\s?@\s?[^\s@]+")


def plausible(spans: Iterable[Span], text: str) -> tuple[Span, ...]:
    """The spans of `text` that can be taught, in order.

    Of those that overlap, an identifier stays before a name, and a longer one before a shorter one.
    """
    kept: list[Span] = []
    for span in sorted(spans, key=lambda each: (not _is_identifier(each.entity), each.start - each.end)):
        free = all(span.end <= other.start or other.end <= span.start for other in kept)
        if free and 0 <= span.start < span.end <= len(text) and _fits(span.entity, text[span.start : span.end]):
            kept.append(span)
    return tuple(sorted(kept, key=lambda each: each.start))


def _is_identifier(entity: str) -> bool:
    return entity in ("order_number", "email", "iccid", "eid")


def _fits(entity: str, part: str) -> bool:
    plain = half_width(part)
    digits = re.sub(r"[^0-9]", "", plain)
    match entity:
        case "order_number":
            return normalise_order_number(plain) is not None
        case "email":
            return _EMAIL.fullmatch(plain) is not None
        case "iccid":
            return bool(valid_iccid(digits)) and len(plain) < 2 * len(digits)
        case "eid":
            return bool(valid_eid(digits)) and len(plain) < 2 * len(digits)
        case "error_message":
            return len(part) <= _LONGEST_MESSAGE
    return entity in ENTITIES and len(part) <= _LONGEST_NAME
