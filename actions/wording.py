"""How amounts, dates, data and lists are written in each language."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from zoneinfo import ZoneInfo

from aftercare.base import money_and_dates, responses
from aftercare.base.language import Language
from aftercare.orders.support_hours import Hours


class Wording:
    """Writes values for one language and timezone; Chinese in Simplified."""

    def __init__(self, language: Language, timezone: str) -> None:
        self.language = language
        self.zone = ZoneInfo(timezone)

    def pick(self, en: str, zh: str) -> str:
        """Of a name that data has in both languages, the one of this language."""
        return zh if self.language == "zh" else en

    def phrase(self, name: str, /, **values: object) -> str:
        """A phrase of data/responses with its placeholders filled in.

        Raises:
            KeyError: there is no such phrase, or a placeholder has no value.
        """
        return responses.phrase(name, self.language, **values)

    def word(self, key: str | None) -> str:
        """A state or other fixed term; unknown terms are written as they are."""
        return responses.term(key, self.language)

    def money(self, minor: int, currency: str) -> str:
        """An amount in minor units, e.g. 2900 NZD → NZ$29.00."""
        return money_and_dates.money(minor, currency)

    def data(self, mb: int) -> str:
        """An amount of data in MB, in GB from 1,000 MB up (1 GB = 1024 MB, as plans are sold)."""
        return money_and_dates.data(mb)

    def day(self, moment: datetime | date) -> str:
        """A date: 21 Nov 2026 / 2026年11月21日."""
        return money_and_dates.day(moment, self.language, self.zone)

    def time(self, moment: datetime) -> str:
        """A date and time in the support timezone: 21 Nov, 03:30 / 11月21日 03:30."""
        local = moment.astimezone(self.zone)
        day = f"{local.month}月{local.day}日" if self.language == "zh" else f"{local.day} {local:%b},"
        return f"{day} {local:%H:%M}"

    def clock(self, moment: datetime) -> str:
        """A time of day in the support timezone."""
        return f"{moment.astimezone(self.zone):%H:%M}"

    def hours_of_day(self, day: date, hours: tuple[datetime, datetime] | None) -> str:
        """When people work on a day of this week: Sunday 09:00–17:00 / 星期日 09:00–17:00."""
        times = f"{self.clock(hours[0])}–{self.clock(hours[1])}" if hours else self.phrase("closed")
        return f"{self.phrase(f'weekday_{day.weekday()}')} {times}"

    def hours_of_days(self, first: int, last: int, hours: Hours | None) -> str:
        """When people work from one weekday to another: Monday to Friday 08:00–20:00 / 星期一至星期五 08:00–20:00."""
        names = self.phrase(f"weekday_{first}")
        if last != first:
            names = self.phrase("from_to", first=names, last=self.phrase(f"weekday_{last}"))
        return f"{names} {hours.opens:%H:%M}–{hours.closes:%H:%M}" if hours else f"{names} {self.phrase('closed')}"

    def days(self, count: int) -> str:
        """A number of days."""
        return responses.counted("days", count, self.language)

    def counted(self, name: str, count: int) -> str:
        """The phrase `<name>_one` or `<name>_many` with its count."""
        return responses.counted(name, count, self.language)

    def listing(self, items: Iterable[str]) -> str:
        """Items joined as the language does."""
        return self.phrase("list_separator").join(items)

    def labelled(self, label: str, text: str) -> str:
        """A label, a colon and what it is about."""
        return self.phrase("labelled", label=label, text=text)

    def place_in_queue(self, place: int) -> int:
        """The number that tells a place in a queue: the place itself; in Chinese how many are in front of it."""
        return place - 1 if self.language == "zh" else place

    @staticmethod
    def ticket(identifier: int) -> str:
        """A ticket's public number."""
        return f"T{identifier:06d}"
