"""Choices that are typed instead of clicked."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aftercare.understanding.choices import typed_choice

CHOICES = [
    {"title": "No signal at all", "payload": "/report_no_service"},
    {"title": "有信号但上不了网", "payload": "/report_no_data"},
    {"title": "It's very slow", "payload": "/report_slow_data"},
]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("1", 0), ("2.", 1), ("the second one", 1), ("Option 3", 2), ("第二个", 1), ("第三个吧", 2), ("選第一個", 0),
        ("我要第二個", 1),
        ("２", 1), ("3rd", 2), ("the last one", 2), ("最后一个", 2), ("no signal at all!", 0), ("有訊號", None),
        ("有信號但上不了網", 1), ("it’s very slow", 2), ("4", None), ("no", None), ("", None), ("???", None),
        ("2 phones", None), ("one moment please", None), ("NZ10000001", None), ("12", None),
    ],
)  # fmt: skip
def test_place_or_title(text: str, place: int | None) -> None:
    """A place, a title, or neither."""
    assert typed_choice(text, CHOICES) == (None if place is None else CHOICES[place]["payload"])


def test_a_single_choice_has_no_place() -> None:
    """Where one thing was offered, "1" may be anything; its title still means it."""
    assert typed_choice("1", CHOICES[:1]) is None
    assert typed_choice("No signal at all", CHOICES[:1]) == "/report_no_service"


@given(st.text(max_size=40))
def test_only_offered_payloads(text: str) -> None:
    """Whatever is typed, only an offered payload can come of it."""
    assert typed_choice(text, CHOICES) in {None, *(choice["payload"] for choice in CHOICES)}
