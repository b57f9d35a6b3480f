"""Wishes that are named to be refused."""

import pytest

from aftercare.understanding.negation import refuses_refund


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
