"""An order number or an e-mail as people say it aloud or write it in a hurry, where a form has asked for one."""

from __future__ import annotations

import re
import unicodedata

from aftercare.base.identifiers import order_numbers

_DIGITS = {
    "zero": "0", "oh": "0", "one": "1", "two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "seven": "7",
    "eight": "8", "nine": "9",
    "零": "0", "〇": "0", "一": "1", "幺": "1", "二": "2", "三": "3", "四": "4", "五": "5", "六": "6", "七": "7",
    "八": "8", "九": "9",
}  # fmt: skip
_DIGIT = re.compile(r"\b(?:zero|oh|one|two|three|four|five|six|seven|eight|nine)\b|[零〇一幺二三四五六七八九]")
_NUMBER = re.compile(r"(?<![\d.+])(?<!\d[ -])(\d(?:[\s-]?\d)*)(?!\s?\d)")
_LETTERS_APART = re.compile(r"(?<=\b[a-z])[\s-]+(?=[a-z]\b)")
_AT = re.compile(r"\s+at\s+|\s*艾特\s*|\s*@\s*")
_DOT = re.compile(r"\s+dot\s+|\s*[点點]\s*|。(?=[a-z])")
_EMAIL = re.compile(r"[a-z0-9][a-z0-9._%+-]{0,62}@[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){0,4}\.[a-z]{2,24}(?![a-z0-9])")


def dictated_order_number(text: str) -> str | None:
    """The order number in "nz one zero zero …", "NZ一零零零零零零六" or its digits alone; None without one."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    digits = _LETTERS_APART.sub("", _DIGIT.sub(lambda match: _DIGITS[match[0]], plain))
    if named := next(order_numbers().find(digits), None):
        return named.number
    for found in _NUMBER.finditer(digits):
        if number := order_numbers().from_digits(re.sub(r"\D", "", found[1])):
            return number
    return None


def dictated_email(text: str) -> str | None:
    """The address in "raj at example dot com"; None without one."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    found = _EMAIL.search(_DOT.sub(".", _AT.sub("@", plain)))
    return found[0] if found else None
