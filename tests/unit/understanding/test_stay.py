"""Two dates that bound a stay."""

from __future__ import annotations

from datetime import date

import pytest

from aftercare.understanding.stay import asks_if_enough, stay

TODAY = date(2026, 12, 2)


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("are 30 days enough for dec 20 to jan 15", date(2026, 12, 20), date(2027, 1, 15)),
        ("we land the 20th and leave jan 15", date(2026, 12, 20), date(2027, 1, 15)),
        ("from 3rd of March until 9 March", date(2027, 3, 3), date(2027, 3, 9)),
        ("12月20号到1月15号够吗", date(2026, 12, 20), date(2027, 1, 15)),
        ("a school trip, 3-12 Feb", date(2027, 2, 3), date(2027, 2, 12)),
        ("feb 3rd to the 12th", date(2027, 2, 3), date(2027, 2, 12)),
        ("dec 20 to the 5th", date(2026, 12, 20), date(2027, 1, 5)),
        ("2月3到12号", date(2027, 2, 3), date(2027, 2, 12)),
        ("12/20到1/5去南岛", date(2026, 12, 20), date(2027, 1, 5)),
    ],
)
def test_a_stay(text: str, first: date, last: date) -> None:
    assert stay(text, TODAY) == (first, last)


@pytest.mark.parametrize(
    "text", ["30 days for 2 weeks", "1-2 GB in feb", "on dec 20", "dec 20, jan 3 and jan 9", "dec 45 to jan 2"]
)
def test_no_stay(text: str) -> None:
    assert stay(text, TODAY) is None


def test_whether_it_lasts_is_asked_or_only_dates_are_given() -> None:
    assert asks_if_enough("is that long enough for dec 20 to jan 15")
    assert asks_if_enough("20 dec to 15 jan")
    assert asks_if_enough("12月20日到1月25日")
    assert not asks_if_enough("we fly on 20 dec and come back on 15 jan")
