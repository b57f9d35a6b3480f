"""Filters of the inbox, read from and written to the query string of its page."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from datetime import UTC, date, datetime, time, timedelta
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

TABS = ("person", "mine", "unassigned", "low", "unhappy", "all")
_CLOCK = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])")
_CURSOR = re.compile(r"(?P<at>[0-9]{1,19})-(?P<number>[0-9]{1,10})")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MOST = 200  # characters kept of a value


@dataclass(frozen=True)
class Cursor:
    """The last row of a page of the list: `at` is its time, `number` its number in the index.

    As text `<microseconds since 1970>-<number>`.
    """

    at: datetime
    number: int

    @classmethod
    def read(cls, text: str) -> Cursor | None:
        """Parse a cursor; None when the text is none."""
        parts = _CURSOR.fullmatch(text)
        if parts is None:
            return None
        try:
            return cls(_EPOCH + timedelta(microseconds=int(parts["at"])), int(parts["number"]))
        except OverflowError:
            return None

    def __str__(self) -> str:
        return f"{(self.at - _EPOCH) // timedelta(microseconds=1)}-{self.number}"


@dataclass(frozen=True)
class Filters:
    """All filters as the form's texts; "" matches everything. A conversation must match every filter.

    `certain_from` and `certain_to` are confidences in tenths, 0 to 10; with `intent`, one message must match both.
    Dates and times are in the support time zone; `time_from` later than `time_to` spans midnight.
    """

    tab: str = "person"
    q: str = ""
    channel: str = ""
    language: str = ""
    intent: str = ""
    entity: str = ""
    action: str = ""
    certain_from: str = ""
    certain_to: str = ""
    date_from: str = ""
    date_to: str = ""
    time_from: str = ""
    time_to: str = ""
    length_from: str = ""
    length_to: str = ""
    tag: str = ""
    flag: str = ""
    reviewed: str = ""  # yes, no, saved
    rating_from: str = ""
    rating_to: str = ""
    provider: str = ""
    order: str = ""
    customer: str = ""

    @classmethod
    def read(cls, query: Mapping[str, str]) -> Filters:
        """The filters in a query string; unknown parameters are ignored, an unknown tab becomes the first."""
        found = cls(**{field.name: query.get(field.name, "").strip()[:_MOST] for field in fields(cls)})
        return replace(found, tab=found.tab if found.tab in TABS else TABS[0])

    def query(self, **changes: str) -> str:
        """The query string of these filters, some of them changed."""
        changed = replace(self, **changes)
        return urlencode([(name, value) for name, value in changed._set() if value])

    def _set(self) -> Iterable[tuple[str, str]]:
        return ((field.name, getattr(self, field.name)) for field in fields(self))

    @property
    def narrow(self) -> tuple[str, ...]:
        """The names of the filters in use, the tab aside."""
        return tuple(name for name, value in self._set() if value and name != "tab")

    def tenths(self) -> range | None:
        """The tenths of confidence that match, the upper end excluded; None for all."""
        low, high = number(self.certain_from, 10), number(self.certain_to, 10)
        if low is None and high is None:
            return None
        return range(low or 0, max(10 if high is None else high, (low or 0) + 1))

    def days(self, zone: ZoneInfo) -> tuple[datetime | None, datetime | None]:
        """Start (inclusive) and end (exclusive) of the chosen days; None where a side is open."""
        first, last = day(self.date_from), day(self.date_to)
        return (
            None if first is None else datetime.combine(first, time(), zone),
            None if last is None else datetime.combine(last + timedelta(days=1), time(), zone),
        )

    def minutes(self) -> tuple[int, int] | None:
        """First minute of the day and last one (exclusive); None for all."""
        low, high = minute(self.time_from), minute(self.time_to)
        if low is None and high is None:
            return None
        return low or 0, 24 * 60 if high is None else high


def number(text: str, most: int = 1_000_000) -> int | None:
    """A whole number, at most `most`; None when the text is no number."""
    return min(int(text), most) if text.isascii() and text.isdigit() and len(text) < 10 else None


def day(text: str) -> date | None:
    """An ISO date (`<input type=date>`) of 1971 to 2200; None for anything else."""
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    return found if 1971 <= found.year <= 2200 else None


def minute(text: str) -> int | None:
    """The minute of the day of `HH:MM` (`<input type=time>`); None for anything else."""
    parts = _CLOCK.fullmatch(text)
    return None if parts is None else int(parts[1]) * 60 + int(parts[2])
