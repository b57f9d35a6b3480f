"""Short questions of time and reason."""

import pytest

from aftercare.understanding.follow_ups import asks_how_long, asks_why


@pytest.mark.parametrize(
    "text",
    [
        "how long?",
        "How long will that take?",
        "and when will it be fixed?",
        "还要多久",
        "大概要多久？",
        "什么时候能修好",
        "多久能好",
        "when?",
    ],
)
def test_asks_how_long(text: str) -> None:
    assert asks_how_long(text)


@pytest.mark.parametrize(
    "text",
    [
        "when does the plan start?",
        "how long is it valid for?",
        "what is an eSIM?",
        "退款多久到账的规定在哪里可以看到",
        "how much?",
    ],
)
def test_asks_something_else(text: str) -> None:
    assert not asks_how_long(text)


@pytest.mark.parametrize(("text", "expected"), [("why not?", True), ("为什么不能退", True), ("why is it slow?", False)])
def test_asks_why(text: str, expected: bool) -> None:
    assert asks_why(text) is expected
