"""The stay that two dates in a text bound: "dec 20 to jan 15", "12月20日到1月15日"."""

from __future__ import annotations

import re
from datetime import date, timedelta

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = rf"({'|'.join(_MONTHS)})[a-z]*\.?"
_DATES = re.compile(
    rf"\b{_MONTH}\s*(?:the )?(\d{{1,2}})(?:st|nd|rd|th)?\b(?!\s*(?:days?|gb))"
    rf"|\b(\d{{1,2}})(?:st|nd|rd|th)?\s*(?:of )?{_MONTH}(?![a-z])"
    r"|(\d{1,2})\s*月\s*(\d{1,2})\s*[日号號]?|\b(\d{1,2})(?:st|nd|rd|th)\b|(?<!\d)(\d{1,2})\s*[号號]",
    re.IGNORECASE,
)
_ENOUGH = re.compile(
    r"\b(?:enough|long enough|cover(?:s|ed)?|last|too short|fit)\b|[够夠]|撑|撐|用到|覆盖|覆蓋|来得及|來得及",
    re.IGNORECASE,
)
_ONLY_DATES = re.compile(
    r"(?:\b(?:from|to|till|until|and|the|of|it'?s|i mean|you didn'?t answer|no)\b|[\W\d]|从|從|到|至|是|我|去|回)*",
    re.IGNORECASE,
)


def stay(text: str, today: date) -> tuple[date, date] | None:
    """First and last day of a stay that begins today or later; None when a text does not name just two dates.

    A date without a month is the next of that number.
    """
    found = [_date(match.groups(), today) for match in _DATES.finditer(text)]
    if len(found) != 2 or found[0] is None or found[1] is None:
        return None
    begins, ends = found[0], found[1]
    if ends < begins and (later := _next(ends.month, ends.day, begins)):
        ends = later
    return (begins, ends) if begins <= ends else None


def asks_if_enough(text: str) -> bool:
    """Whether a text asks if something lasts, or is nothing but dates."""
    return bool(_ENOUGH.search(text)) or bool(_ONLY_DATES.fullmatch(_DATES.sub(" ", text)))


def _date(groups: tuple[str | None, ...], today: date) -> date | None:
    name, day, day_before, name_after, month_zh, day_zh, alone, alone_zh = groups
    month = name or name_after
    number = int(day or day_before or day_zh or alone or alone_zh or 0)
    if month:
        return _next(_MONTHS.index(month.casefold()) + 1, number, today)
    return _next(int(month_zh), number, today) if month_zh else _next_of_number(number, today)


def _next(month: int, day: int, since: date) -> date | None:
    """The next such date from a day on; None when there is none."""
    for year in (since.year, since.year + 1):
        try:
            found = date(year, month, day)
        except ValueError:
            return None
        if found >= since:
            return found
    return None


def _next_of_number(day: int, since: date) -> date | None:
    return next((each for each in (since + timedelta(days=n) for n in range(62)) if each.day == day), None)
