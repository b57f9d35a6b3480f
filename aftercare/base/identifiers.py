"""Order numbers, ICCIDs, EIDs and IMEIs: read as people write them, and checked by their own check digits."""

from __future__ import annotations

from aftercare.base.order_numbers import OrderNumbers, reader_of
from aftercare.base.settings import settings


def order_numbers() -> OrderNumbers:
    """The reader of this seller's order numbers (ORDER_NUMBER_PATTERNS)."""
    return reader_of(settings().order_number_patterns)


def normalise_order_number(text: str) -> str | None:
    """An order number as the shop writes it, from "nz 1000 0001", "NZ-10000001" or full-width digits; None for others.

    What order numbers look like is a setting: `NZ` and 8 digits unless it says otherwise.
    """
    return order_numbers().normalise(text)


def luhn_digit(digits: str) -> str:
    """The Luhn check digit that follows `digits` (ISO/IEC 7812-1).

    Raises:
        ValueError: `digits` is empty or has other characters than 0–9.
    """
    if not (digits.isascii() and digits.isdigit()):
        raise ValueError("only the digits 0-9 have a check digit")
    doubled = "".join(str(int(d) * 2) if place % 2 == 0 else d for place, d in enumerate(reversed(digits)))
    return str(-sum(map(int, doubled)) % 10)


def _is_number(text: str, lengths: tuple[int, ...]) -> bool:
    return text.isascii() and text.isdigit() and len(text) in lengths


def valid_iccid(text: str) -> bool:
    """Whether `text` is an ICCID: 19 or 20 digits, beginning 89, with a Luhn digit last (ITU-T E.118)."""
    return _is_number(text, (19, 20)) and text.startswith("89") and luhn_digit(text[:-1]) == text[-1]


def valid_imei(text: str) -> bool:
    """Whether `text` is an IMEI: 15 digits with a Luhn digit last (3GPP TS 23.003)."""
    return _is_number(text, (15,)) and luhn_digit(text[:-1]) == text[-1]


def valid_eid(text: str) -> bool:
    """Whether `text` is an EID: 32 digits that leave 1 when divided by 97, whatever their prefix (GSMA SGP.29)."""
    return _is_number(text, (32,)) and int(text) % 97 == 1
