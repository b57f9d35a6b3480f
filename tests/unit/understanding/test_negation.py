"""Wishes that are named to be refused."""

import pytest

from aftercare.understanding.negation import drops_request, only_refuses_refund, refuses_refund


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


@pytest.mark.parametrize("text", ["I don't want a refund, I just want it to work", "我不想退款，我只想能用"])
def test_only_refuses(text: str) -> None:
    assert only_refuses_refund(text)


@pytest.mark.parametrize("text", ["不想换套餐，我要退款", "I don't want a swap, I want a refund", "I want a refund"])
def test_wants_one_all_the_same(text: str) -> None:
    assert not only_refuses_refund(text)


@pytest.mark.parametrize(
    "text", ["please don't refund me after all", "forget about the refund", "不用退了", "别给我退款", "还是不退了"]
)
def test_a_request_is_dropped(text: str) -> None:
    assert drops_request(text)


@pytest.mark.parametrize(
    "text", ["where is my refund", "why can't you refund it", "为什么不能退", "怎么还不退款", "退款到哪了"]
)
def test_no_request_is_dropped(text: str) -> None:
    assert not drops_request(text)
