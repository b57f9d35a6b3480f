"""By what a text tells orders of one traveller apart."""

from __future__ import annotations

import pytest

from aftercare.understanding.order_references import (
    asks_which_order,
    comes_back_to_first,
    comes_back_to_own,
    order_by_ending,
    order_reference,
)


@pytest.mark.parametrize(
    ("text", "by", "last"),
    [
        ("which one did I buy first", "bought", False),
        ("refund the older one", "bought", False),
        ("先买的那笔", "bought", False),
        ("the newer order", "bought", True),
        ("后买的那单", "bought", True),
        ("which runs out sooner", "ends", False),
        ("哪个先到期", "ends", False),
        ("the cheaper one", "price", False),
        ("贵的那单", "price", True),
        ("which of them is already installed", "state", True),
    ],
)
def test_what_orders_are_told_apart_by(text: str, by: str, last: bool) -> None:
    assert order_reference(text) == (by, last)


@pytest.mark.parametrize("text", ["no signal", "the second one", "我要退款", ""])
def test_no_difference_is_named(text: str) -> None:
    assert order_reference(text) is None


def test_which_order_is_asked() -> None:
    assert asks_which_order("which did I order first")
    assert asks_which_order("哪单先买")
    assert not asks_which_order("the one I bought first")


@pytest.mark.parametrize(
    "text",
    [
        "ok back to mine",
        "let's go back to my order",
        "my own esim now",
        "回到我自己的订单",
    ],
)
def test_back_to_ones_own_order(text: str) -> None:
    assert comes_back_to_own(text)


@pytest.mark.parametrize("text", ["when will my order arrive", "我的订单到了吗", "that one is mine"])
def test_ones_own_order_named_without_coming_back(text: str) -> None:
    assert not comes_back_to_own(text)


@pytest.mark.parametrize("text", ["back to the first one: when does it end", "講返轉頭，回到第一張"])
def test_back_to_the_order_named_first(text: str) -> None:
    assert comes_back_to_first(text)
    assert not comes_back_to_first(text.replace("first", "second").replace("一", "二"))


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("refund 13 instead", "NZ10000013"),
        ("改退15那单", "NZ10000015"),
        ("the one with 0013", "NZ10000013"),
        ("refund the 15 gb one", None),
        ("I have 13 days left", None),
        ("13 and 15", None),
        ("it starts on 15 dec", None),
        ("NZ$13.00", None),
    ],
)
def test_an_order_is_named_by_the_end_of_its_number(text: str, number: str | None) -> None:
    assert order_by_ending(text, ["NZ10000013", "NZ10000015"]) == number


def test_of_one_order_no_end_of_a_number_is_needed() -> None:
    assert order_by_ending("refund 13", ["NZ10000013"]) is None
