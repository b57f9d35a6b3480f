"""When people answer: hours and closed days from data/catalogue/support_hours.yml, right across clock changes."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Self
from zoneinfo import ZoneInfo

from pydantic import Field, model_validator

from aftercare.base import settings
from aftercare.catalogue.models import Count, Entry, Text
from aftercare.catalogue.yaml_file import YamlFile

FILE = settings.CATALOGUE / "support_hours.yml"
_SEARCH_DAYS = 60


class Hours(Entry):
    """Local opening and closing time of a day."""

    opens: time = Field(alias="from")
    closes: time = Field(alias="to")

    @model_validator(mode="after")
    def _order(self) -> Self:
        if self.closes <= self.opens:
            raise ValueError("to must be after from")
        return self


class Week(Entry):
    """Hours per weekday; a day left out is closed."""

    monday: Hours | None = None
    tuesday: Hours | None = None
    wednesday: Hours | None = None
    thursday: Hours | None = None
    friday: Hours | None = None
    saturday: Hours | None = None
    sunday: Hours | None = None

    @model_validator(mode="after")
    def _some_day(self) -> Self:
        if not any(self.days):
            raise ValueError("at least one day needs hours")
        return self

    @property
    def days(self) -> tuple[Hours | None, ...]:
        """The hours from Monday to Sunday; None for a day without people."""
        return self.monday, self.tuesday, self.wednesday, self.thursday, self.friday, self.saturday, self.sunday

    def hours(self, day: date) -> Hours | None:
        """The hours of the weekday of `day`."""
        return self.days[day.weekday()]


class ClosedDay(Entry):
    """A day without people, usually a public holiday."""

    day: date
    name: Text


class SupportHours(Entry):
    """The file as it is edited."""

    weekly: Week
    read_within_minutes: Count
    closed: tuple[ClosedDay, ...] = ()


@lru_cache(maxsize=4)
def load_support_hours(path: Path = FILE) -> SupportHours:
    """The validated hours, read once per file.

    Raises:
        CatalogueError: naming file, line and what is expected.
    """
    file = YamlFile(path)
    return file.validate(SupportHours, file.data, ())


def timezone() -> ZoneInfo:
    """The zone in which hours are meant and told."""
    return ZoneInfo(settings.settings().support_timezone)


def opening(day: date, path: Path = FILE) -> tuple[datetime, datetime] | None:
    """When people start and stop on a local `day`, as aware local times; None when they do not work."""
    hours = load_support_hours(path)
    today = hours.weekly.hours(day)
    if today is None or any(closed.day == day for closed in hours.closed):
        return None
    zone = timezone()
    return datetime.combine(day, today.opens, zone), datetime.combine(day, today.closes, zone)


def is_open(now: datetime, path: Path = FILE) -> bool:
    """Whether people answer at the aware time `now`."""
    hours = opening(now.astimezone(timezone()).date(), path)
    return hours is not None and hours[0].timestamp() <= now.timestamp() < hours[1].timestamp()


def next_open(now: datetime, path: Path = FILE) -> datetime:
    """The next moment people answer, as an aware local time; `now` itself while they do.

    Raises:
        ValueError: the file has no opening hours within the next 60 days.
    """
    local = now.astimezone(timezone())
    if is_open(now, path):
        return local
    for ahead in range(_SEARCH_DAYS):
        hours = opening(local.date() + timedelta(days=ahead), path)
        if hours is not None and hours[0].timestamp() > now.timestamp():
            return hours[0]
    raise ValueError(f"no opening hours within {_SEARCH_DAYS} days of {now}: please look at {path.name}")


def read_by(now: datetime, path: Path = FILE, *, place: int = 1, staff: int = 1) -> datetime:
    """By when a case opened `now` is read, as an aware local time: some minutes of support time later.

    With `place` in a line and `staff` on duty, the minutes are counted for everybody before it as well: each of the
    staff reads one case within them. With none on duty it is counted as for one.

    Raises:
        ValueError: the file has no opening hours within the next 60 days.
    """
    seconds = load_support_hours(path).read_within_minutes * 60.0 * -(-place // max(1, staff))
    start = next_open(now, path)
    while (closing := opening(start.date(), path)) is not None:
        left = closing[1].timestamp() - start.timestamp()
        if left >= seconds:
            break
        # the rest of the minutes falls on the next day people work
        start, seconds = next_open(_moment(start, left), path), seconds - left
    return _moment(start, seconds)


def _moment(start: datetime, seconds: float) -> datetime:
    """Real seconds after `start`, in the support timezone; adding to a local time would ignore a clock change."""
    return datetime.fromtimestamp(start.timestamp() + seconds, timezone())
