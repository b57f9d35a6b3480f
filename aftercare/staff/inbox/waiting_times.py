"""How long a traveller has waited in support hours, and whether that is still in time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache

from aftercare.orders import support_hours

_MOST_DAYS = 30


@dataclass(frozen=True)
class WaitingTime:
    """`minutes` of support time; `level` is ok, soon (half of the promised time is over) or late."""

    minutes: int
    level: str


def waiting_time(since: datetime, now: datetime) -> WaitingTime:
    """The wait since an aware time, nights and closed days not counted."""
    minutes = support_minutes(since, now)
    promised = support_hours.load_support_hours().read_within_minutes
    level = "late" if minutes >= promised else "soon" if minutes * 2 >= promised else "ok"
    return WaitingTime(minutes, level)


def support_minutes(since: datetime, until: datetime) -> int:
    """Whole minutes of support time between two aware times; from a month on, a month."""
    zone = support_hours.timezone()
    day, last = since.astimezone(zone).date(), until.astimezone(zone).date()
    day = max(day, last - timedelta(days=_MOST_DAYS))
    seconds = 0.0
    while day <= last:
        if hours := _open(day, zone.key):
            start = max(hours[0], since.timestamp())
            seconds += max(0.0, min(hours[1], until.timestamp()) - start)
        day += timedelta(days=1)
    return int(seconds // 60)


@lru_cache(maxsize=512)
def _open(day: date, _zone: str) -> tuple[float, float] | None:
    """Opening and closing time as seconds since 1970; a page of long waits asks for a thousand days."""
    hours = support_hours.opening(day)
    return None if hours is None else (hours[0].timestamp(), hours[1].timestamp())
