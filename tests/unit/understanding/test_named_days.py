"""Days named in a text, from a Wednesday on."""

from __future__ import annotations

from datetime import date

import pytest

from aftercare.understanding.named_days import named_days

WEDNESDAY = date(2026, 12, 2)


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("anyone there on Sunday?", [6]),
        ("are you open on wednesdays", [2]),
        ("at the weekend", [5, 6]),
        ("tomorrow or on monday", [3, 7]),
        ("星期天有人吗", [6]),
        ("周末呢", [5, 6]),
        ("禮拜五", [4]),
        ("后天", [4]),
        ("is anybody there", []),
        ("今天有人吗", []),
        ("一周以后", []),
    ],
)
def test_the_next_of_each_day_named(text: str, days: list[int]) -> None:
    assert named_days(text, WEDNESDAY) == [date(2026, 12, day) for day in days]
