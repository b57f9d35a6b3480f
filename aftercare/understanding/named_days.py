"""Days of the week that a text names, in both languages."""

from __future__ import annotations

import re
from datetime import date, timedelta

_EN = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_ZH = "一二三四五六日"
_NAMED_EN = re.compile(rf"\b({'|'.join(_EN)}|weekends?|tomorrow)(?:s|'s)?\b", re.IGNORECASE)
_NAMED_ZH = re.compile(r"(?:星期|礼拜|禮拜|周|週)([一二三四五六日天末])|([明后後])天")
_AHEAD = {"tomorrow": 1, "明": 1, "后": 2, "後": 2}


def named_days(text: str, today: date) -> list[date]:
    """The next day of each name in `text`, from `today` on, in order: "on sunday?", "周末有人吗"."""
    found: set[date] = set()
    for match in (*_NAMED_EN.finditer(text), *_NAMED_ZH.finditer(text)):
        name = next(group for group in match.groups() if group).casefold()
        if name in _AHEAD:
            found.add(today + timedelta(days=_AHEAD[name]))
            continue
        weekend = name.startswith("weekend") or name == "末"
        numbers = (5, 6) if weekend else (_EN.index(name) if name in _EN else 6 if name == "天" else _ZH.index(name),)
        found.update(today + timedelta(days=(number - today.weekday()) % 7) for number in numbers)
    return sorted(found)
