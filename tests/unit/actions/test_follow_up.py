"""Short questions of time, and wishes that are refused."""

import pytest

from actions.follow_up import asks_how_long
from aftercare.understanding.negation import refuses_refund


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


@pytest.mark.parametrize(
    "text",
    [
        "I don't want a refund, I want it to work",
        "I’m not asking for a refund",
        "we don't need a refund",
        "我不要退款，我要能上网",
        "不是要退款",
        "不想退钱，想让它能用",
    ],
)
def test_refuses(text: str) -> None:
    assert refuses_refund(text)


@pytest.mark.parametrize(
    "text",
    [
        "I want a refund",
        "it's not working, I want a refund",
        "why can't I get a refund",
        "不能用，我要退款",
        "能不能退款",
        "不退款吗",
        "要退款",
    ],
)
def test_wants(text: str) -> None:
    assert not refuses_refund(text)
