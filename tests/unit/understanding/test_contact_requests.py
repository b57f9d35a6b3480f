"""A wish for a person beside a question, and whether somebody rings."""

from __future__ import annotations

import pytest

from aftercare.understanding.contact_requests import asks_for_person_beside, asks_if_called


@pytest.mark.parametrize(
    "text",
    [
        "a person then. and what did I use yesterday?",
        "what does the law say? can a human look at it",
        "找人工吧，我昨天用了多少",
    ],
)
def test_a_person_beside_a_question(text: str) -> None:
    assert asks_for_person_beside(text)


@pytest.mark.parametrize(
    "text",
    [
        "a person please",
        "not a person. which plan fits?",
        "can a person share the plan?",
        "can somebody help, what is it?",
    ],
)
def test_no_person_beside_a_question(text: str) -> None:
    assert not asks_for_person_beside(text)


def test_whether_somebody_rings() -> None:
    assert asks_if_called("they won’t call me, right?")
    assert asks_if_called("你们会打电话给我吗")
    assert not asks_if_called("can I call home with it?")
