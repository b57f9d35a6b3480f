"""A yes or a no, alone or at the beginning."""

import pytest

from aftercare.understanding.yes_no import begins_with_yes, is_just_no


@pytest.mark.parametrize(
    ("text", "expected"), [("no", True), ("Nope!", True), ("不", True), ("no signal", False), ("不行", False)]
)
def test_just_no(text: str, expected: bool) -> None:
    assert is_just_no(text) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [("yes, refund it", True), ("好的，请帮我退", True), ("I want a refund", False), ("不用了", False)],
)
def test_begins_with_yes(text: str, expected: bool) -> None:
    assert begins_with_yes(text) is expected
