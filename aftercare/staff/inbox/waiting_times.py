"""How long a traveller has waited in support hours, and whether that is still in time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache

from aftercare.base.language import Language
from aftercare.orders import support_hours
from aftercare.staff.ui.texts import translate

_MOST_DAYS = 30


@dataclass(frozen=True)
class WaitingTime:
    """A wait so far, in whole minutes."""

    minutes: int
    """Of support time."""
    level: str
    """ok, soon (half of the promised time is over) or late."""
    real: int
    """By the clock, nights and closed days counted."""

    def words(self, language: Language) -> str:
        """The wait by the clock, and beside it the support time where that is another."""
        time = _duration(self.real, language)
        if self.real - self.minutes > 1:
            time = translate(language, "inbox.wait_both", time=time, open=_duration(self.minutes, language))
        return translate(language, f"inbox.waits_{self.level}", time=time)


def _duration(minutes: int, language: Language) -> str:
    if minutes < 60:
        return translate(language, "inbox.wait_minutes", n=minutes)
    if minutes < 48 * 60:
        return translate(language, "inbox.wait_hours", n=minutes // 60)
    return translate(language, "inbox.wait_days", n=minutes // (24 * 60))


def waiting_time(since: datetime, now: datetime) -> WaitingTime:
    """The wait since an aware time; whether it is in time is judged by the support time in it."""
    minutes = support_minutes(since, now)
    promised = support_hours.load_support_hours().read_within_minutes
    level = "late" if minutes >= promised else "soon" if minutes * 2 >= promised else "ok"
    real = max(minutes, int((now - since).total_seconds() // 60))
    return WaitingTime(minutes, level, real)


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
