"""An address put right by the part that was wrong."""

from __future__ import annotations

import pytest

from aftercare.understanding.email_corrections import corrected_email


@pytest.mark.parametrize(
    ("given", "text", "right"),
    [
        ("emma@exmaple.com", "oops, example not exmaple", "emma@example.com"),
        ("tom@example.con", "sorry it's .com", "tom@example.com"),
        ("tom@example.con", "写错了，应该是.com", "tom@example.com"),
        ("ana@gmial.com", "不是 gmial 是 gmail", "ana@gmail.com"),
        ("wnag@example.com", "I meant wang", "wang@example.com"),
    ],
)
def test_the_part_is_replaced(given: str, text: str, right: str) -> None:
    assert corrected_email(given, text) == right


@pytest.mark.parametrize(
    "text", ["no, I want a person", "sorry, how do I find it", "it's tom@other.com", "打错了", "sorry, not this one"]
)
def test_what_corrects_nothing(text: str) -> None:
    assert corrected_email("wang@example.com", text) is None
