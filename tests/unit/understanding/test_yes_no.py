"""A no by itself."""

import pytest

from aftercare.understanding.yes_no import is_just_no


@pytest.mark.parametrize(
    ("text", "expected"), [("no", True), ("Nope!", True), ("不", True), ("no signal", False), ("不行", False)]
)
def test_just_no(text: str, expected: bool) -> None:
    assert is_just_no(text) is expected
