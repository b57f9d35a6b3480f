"""The questions of a message, told apart from what it says beside them."""

from __future__ import annotations

import pytest

from aftercare.understanding.questions import only_question


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("we fly to Queenstown on friday. does it run on an iphone 12?", "does it run on an iphone 12"),
        ("孩子在哭，行李也没到。这个卡能不能打电话", "这个卡能不能打电话"),
        ("no data at all. my phone is new?", "my phone is new"),
        ("does it run on an iphone 12?", None),  # nothing else is said
        ("no data at all. the phone is new", None),
        ("how long is it valid? and can I share it?", None),  # several
    ],
)
def test_the_one_question_of_a_story(text: str, asked: str | None) -> None:
    found = only_question(text)
    assert (found.rstrip("?？") if found else found) == asked
