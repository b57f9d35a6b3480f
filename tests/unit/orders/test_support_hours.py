"""Support hours: closed days, clock changes, and by when a case is read."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aftercare.catalogue.yaml_file import CatalogueError
from aftercare.orders.support_hours import is_open, load_support_hours, next_open, opening, read_by

NZ = ZoneInfo("Pacific/Auckland")


def nz(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=NZ)


@pytest.mark.parametrize(
    ("moment", "answered"),
    [
        ("2026-11-25 07:59", False),
        ("2026-11-25 08:00", True),
        ("2026-11-25 19:59", True),
        ("2026-11-25 20:00", False),
        ("2026-11-28 08:30", False),  # Saturday
        ("2026-11-28 09:00", True),
        ("2026-11-29 16:59", True),  # Sunday
        ("2026-11-29 17:00", False),
        ("2026-12-25 12:00", False),  # Christmas Day
        ("2026-12-28 12:00", False),  # Boxing Day, moved to Monday
        ("2027-06-25 12:00", False),  # Matariki
    ],
)
def test_is_open(moment: str, answered: bool) -> None:
    assert is_open(nz(moment)) is answered
    assert is_open(nz(moment).astimezone(UTC)) is answered


@pytest.mark.parametrize(
    ("moment", "opens"),
    [
        ("2026-11-25 12:00", "2026-11-25 12:00"),
        ("2026-11-25 03:00", "2026-11-25 08:00"),
        ("2026-11-27 21:00", "2026-11-28 09:00"),
        ("2026-12-24 21:00", "2026-12-27 09:00"),  # 25th and 26th are holidays, the 27th a Sunday
        ("2026-12-31 20:30", "2027-01-03 09:00"),
    ],
)
def test_next_open(moment: str, opens: str) -> None:
    assert next_open(nz(moment)) == nz(opens)


@pytest.mark.parametrize(("day", "hours"), [("2026-09-27", 8), ("2027-04-04", 8), ("2026-09-26", 8)])
def test_clock_changes_move_no_opening_hour(day: str, hours: int) -> None:
    """Clocks change at 02:00 or 03:00 on these Sundays: doors still open at 09:00 of the clock on the wall."""
    opens, closes = opening(datetime.fromisoformat(day).date())
    assert (opens.hour, (closes.timestamp() - opens.timestamp()) / 3600) == (9, hours)
    before = nz(f"{day} 00:30")
    assert next_open(before).isoformat() == opens.isoformat()


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ("2026-11-25 12:00", "2026-11-25 12:15"),
        ("2026-11-25 23:00", "2026-11-26 08:15"),
        ("2026-11-25 19:50", "2026-11-26 08:05"),  # ten minutes today, five tomorrow
        ("2026-11-25 19:45", "2026-11-25 20:00"),
    ],
)
def test_read_by_counts_support_time_only(moment: str, expected: str) -> None:
    assert read_by(nz(moment)) == nz(expected)


@pytest.mark.parametrize(
    ("moment", "place", "staff", "expected"),
    [
        ("2026-11-25 12:00", 2, 1, "2026-11-25 12:30"),
        ("2026-11-25 12:00", 2, 2, "2026-11-25 12:15"),
        ("2026-11-25 12:00", 3, 2, "2026-11-25 12:30"),
        ("2026-11-25 12:00", 1, 0, "2026-11-25 12:15"),  # nobody seen at work: as for one
        ("2026-11-25 19:50", 2, 1, "2026-11-26 08:20"),
        ("2026-11-27 19:50", 40, 1, "2026-11-29 10:50"),  # 10 min on Friday, 8 h on Saturday, 1 h 50 on Sunday
    ],
)
def test_read_by_counts_those_in_front_and_the_staff(moment: str, place: int, staff: int, expected: str) -> None:
    assert read_by(nz(moment), place=place, staff=staff) == nz(expected)


MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2028, 12, 20), timezones=st.just(UTC))


@given(MOMENTS)
def test_next_open_is_open_and_nothing_before_it_is(moment: datetime) -> None:
    opens = next_open(moment)
    assert is_open(opens)
    assert opens.timestamp() >= moment.timestamp()
    if opens.timestamp() > moment.timestamp():
        assert not is_open(opens - timedelta(minutes=1))
        assert not is_open(moment)


@given(MOMENTS, st.integers(0, 10_000))
def test_a_later_case_is_never_read_before_an_earlier_one(moment: datetime, minutes: int) -> None:
    assert read_by(moment).timestamp() <= read_by(moment + timedelta(minutes=minutes)).timestamp()


@given(MOMENTS, st.integers(1, 100), st.integers(0, 10))
def test_further_back_is_never_earlier_and_more_staff_never_later(moment: datetime, place: int, staff: int) -> None:
    here = read_by(moment, place=place, staff=staff).timestamp()
    assert here <= read_by(moment, place=place + 1, staff=staff).timestamp()
    assert here >= read_by(moment, place=place, staff=staff + 1).timestamp()


@pytest.mark.parametrize(
    ("text", "line", "field"),
    [
        ('weekly:\n  monday: {from: "20:00", to: "08:00"}\nread_within_minutes: 15\n', 2, "weekly.monday"),
        ('weekly:\n  moonday: {from: "08:00", to: "20:00"}\nread_within_minutes: 15\n', 2, "weekly.moonday"),
        ('weekly:\n  monday: {from: "08:00", to: "20:00"}\nread_within_minutes: soon\n', 3, "read_within_minutes"),
        ("weekly: {}\nread_within_minutes: 15\n", 1, "weekly"),
        (
            'weekly:\n  monday: {form: "08:00", to: "20:00"}\nread_within_minutes: 15\n',
            2,
            r"weekly.monday.form: Extra inputs are not permitted \(expected one of from, to\)",
        ),
    ],
)
def test_a_wrong_line_is_named(tmp_path: Path, text: str, line: int, field: str) -> None:
    path = tmp_path / "support_hours.yml"
    path.write_text(text)
    with pytest.raises(CatalogueError, match=rf"(?m)support_hours.yml:{line}: {field}"):
        load_support_hours(path)


def test_a_file_without_hours_for_months_is_reported(tmp_path: Path) -> None:
    path = tmp_path / "support_hours.yml"
    closed = "\n".join(f"  - {{day: {nz('2026-12-01').date() + timedelta(days=n)}, name: winter}}" for n in range(80))
    path.write_text(f'weekly:\n  monday: {{from: "08:00", to: "20:00"}}\nread_within_minutes: 5\nclosed:\n{closed}\n')
    with pytest.raises(ValueError, match=r"support_hours.yml"):
        next_open(nz("2026-12-01 12:00"), path)
