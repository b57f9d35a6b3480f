"""The stay that two dates in a text bound: "dec 20 to jan 15", "12月20日到1月15日"."""

from __future__ import annotations

import re
from datetime import date, timedelta
from functools import partial

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_NAMES = "|".join(_MONTHS)
_MONTH = rf"(?P<month>{_NAMES})[a-z]*\.?"
_DATES = re.compile(
    rf"\b({_NAMES})[a-z]*\.?\s*(?:the )?(\d{{1,2}})(?:st|nd|rd|th)?\b(?!\s*(?:days?|gb))"
    rf"|\b(\d{{1,2}})(?:st|nd|rd|th)?\s*(?:of )?({_NAMES})[a-z]*\.?(?![a-z])"
    r"|(\d{1,2})\s*月\s*(\d{1,2})\s*[日号號]?|\b(\d{1,2})(?:st|nd|rd|th)\b|(?<!\d)(\d{1,2})\s*[号號]",
    re.IGNORECASE,
)
# The month of both dates stands once: "3-12 Feb", "Feb 3 to 12", "2月3-12日"; each with how both are written.
_TO = r"\s*(?:-|–|—|~|～|to|till|until|through)\s*"
_DAY = r"(?:st|nd|rd|th)?"
_SHARED = (
    (
        re.compile(
            rf"\b(?P<first>\d{{1,2}}){_DAY}{_TO}(?:the )?(?P<last>\d{{1,2}}){_DAY}\s*(?:of )?{_MONTH}(?![a-z])",
            re.IGNORECASE,
        ),
        "{first} {month} to {last} {month}",
    ),
    (
        re.compile(
            rf"\b{_MONTH}\s*(?:the )?(?P<first>\d{{1,2}}){_DAY}{_TO}(?:the )?(?P<last>\d{{1,2}}){_DAY}(?!\s*[a-z\d])",
            re.IGNORECASE,
        ),
        "{month} {first} to {month} {last}",
    ),
    (
        re.compile(
            r"(?P<month>\d{1,2})月(?P<first>\d{1,2})[日号號]?\s*(?:[-–—~～]|到|至)+\s*(?P<last>\d{1,2})[日号號]"
        ),
        "{month}月{first}日到{month}月{last}日",
    ),
)
_HAN = re.compile(r"[\u4e00-\u9fff]")
_MONTH_FIRST = re.compile(r"(?<![\d/.])(1[0-2]|0?[1-9])/(3[01]|[12]\d|0?[1-9])(?![\d/])")
_ENOUGH = re.compile(
    r"\b(?:enough|long enough|cover(?:s|ed)?|last|too short|fit)\b|[够夠]|撑|撐|用到|覆盖|覆蓋|来得及|來得及",
    re.IGNORECASE,
)
_ONLY_DATES = re.compile(
    r"(?:\b(?:from|to|till|until|and|the|of|it'?s|i mean|you didn'?t answer|no)\b|[\W\d]|从|從|到|至|是|我|去|回)*",
    re.IGNORECASE,
)

_PLAN_DAYS = re.compile(r"(?<![\d月/])(\d{1,3})[ -]?(?:days?\b|天|日(?=的?(?:套餐|方案|卡|计划|計劃)))", re.IGNORECASE)


def stay(text: str, today: date) -> tuple[date, date] | None:
    """First and last day of a stay that begins today or later; None when a text does not name just two dates.

    A date without a month is the next of that number.
    """
    found = [match.groups() for match in _DATES.finditer(_with_months(text))]
    if len(found) != 2 or (begins := _date(found[0], today)) is None:
        return None
    ends = _date(found[1], begins)
    return None if ends is None else (begins, ends)


def days_between(text: str, today: date) -> int | None:
    """How many days a stay has, first and last counted; None when a text does not name just two dates."""
    found = stay(text, today)
    return (found[1] - found[0]).days + 1 if found else None


def plan_days_named(text: str) -> int | None:
    """The days of the plan that a text names beside two dates; None when it names none or several."""
    found = {int(each) for each in _PLAN_DAYS.findall(text)}
    return found.pop() if len(found) == 1 else None


def names_stay(text: str) -> bool:
    """Whether a text names just two dates."""
    return len(_DATES.findall(_with_months(text))) == 2


def _with_months(text: str) -> str:
    """The text with the month beside both dates where it stands once; Chinese writes the month first."""
    if _HAN.search(text):
        text = _MONTH_FIRST.sub(r"\1月\2日", text)
    for pattern, both in _SHARED:
        text = pattern.sub(partial(_both_written, both), text)
    return text


def _both_written(both: str, found: re.Match[str]) -> str:
    """Both dates with their month; "dec 20 to the 5th" ends in another month, which is not written."""
    return both.format(**found.groupdict()) if int(found["first"]) < int(found["last"]) else found[0]


def asks_if_enough(text: str) -> bool:
    """Whether a text asks if something lasts, or is nothing but dates."""
    return bool(_ENOUGH.search(text)) or bool(_ONLY_DATES.fullmatch(_DATES.sub(" ", _with_months(text))))


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
