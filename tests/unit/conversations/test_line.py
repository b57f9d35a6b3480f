"""The place in the line in words, and by when it is read."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from aftercare.base.voice import Voice
from aftercare.conversations.line import PlaceInLine

NOON = datetime(2026, 11, 24, 23, 0, tzinfo=UTC)  # of the 25th, a Wednesday, in New Zealand


@pytest.mark.parametrize(
    ("number", "voice", "place", "read_by"),
    [
        (1, Voice("en"), "you are next", "25 Nov, 12:15"),
        (4, Voice("en"), "you are number 4", "25 Nov, 12:30"),
        (1, Voice("zh", "hans"), "前面没有人", "11月25日 12:15"),
        (4, Voice("zh", "hant"), "前面還有 3 位", "11月25日 12:30"),
    ],
)
def test_in_words(number: int, voice: Voice, place: str, read_by: str) -> None:
    words = PlaceInLine(number, 2, NOON, False).words(voice, NOON)
    assert words == {"place": place, "read_by": read_by}


def test_who_is_here_at_night_does_not_count() -> None:
    night = NOON + timedelta(hours=10)
    assert PlaceInLine(4, 4, night, False).words(Voice("en"), night)["read_by"] == "26 Nov, 09:00"


def test_a_time_that_is_over_is_not_told_again() -> None:
    here = PlaceInLine(1, 1, NOON, True)
    assert here.as_json(NOON + timedelta(minutes=14)) == {
        "place": 1,
        "read_by": "2026-11-24T23:15:00+00:00",
        "waiting": True,
        "late": False,
    }
    over = here.as_json(NOON + timedelta(minutes=15))
    assert (over["read_by"], over["late"]) == ("2026-11-24T23:30:00+00:00", True)
