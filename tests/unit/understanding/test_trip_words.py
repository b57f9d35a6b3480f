"""Days of a trip and countries in it: a month's name is no length, and whom one calls is nowhere one goes."""

from __future__ import annotations

import pytest

from aftercare.understanding.origin import is_origin
from aftercare.understanding.trip import days_named


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("我明年三月才去", None),
        ("3月5日出发", None),
        ("玩三个月", 90),
        ("住三個月", 90),
        ("两周", 14),
        ("5天", 5),
        ("three weeks", 21),
        ("2 months", 60),
    ],
)
def test_a_month_of_the_year_is_no_length(text: str, days: int | None) -> None:
    assert days_named(text) == days


@pytest.mark.parametrize(
    ("text", "place", "origin"),
    [
        ("three weeks, and whatsapp calls home to Germany", "Germany", True),
        ("想打电话回中国", "中国", True),
        ("first home to Germany, then back", "Germany", False),
        ("two weeks in Germany", "Germany", False),
    ],
)
def test_where_one_calls_home_is_no_destination(text: str, place: str, origin: bool) -> None:
    start = text.index(place)
    assert is_origin(text, start, start + len(place)) is origin
