"""Nothing bought yet, and which plan is asked for."""

from __future__ import annotations

import pytest

from aftercare.understanding.plan_descriptions import price_of_plan
from aftercare.understanding.shopping import asks_which_plan, not_bought_yet
from aftercare.understanding.trip import people


@pytest.mark.parametrize(
    "text",
    [
        "we haven't bought a plan yet",
        "I have not ordered, so there is no number",
        "before i buy: does it work on a ferry",
        "thinking of getting one for my mum",
        "还没下单呢",
        "未買住，想問下",
        "下单前想先问一下",
    ],
)
def test_nothing_was_bought(text: str) -> None:
    assert not_bought_yet(text)


@pytest.mark.parametrize(
    "text",
    [
        "I didn't buy that one",
        "i never ordered two of these",
        "i didn't order this, refund",
        "没买到票",
        "我没买保险",
        "没有购买记录",
    ],
)
def test_something_else_was_not_bought(text: str) -> None:
    assert not not_bought_yet(text)


@pytest.mark.parametrize(
    "text", ["which of your plans has hotspot", "plans with calls", "买哪个好", "有没有带热点的套餐"]
)
def test_which_plan_is_asked(text: str) -> None:
    assert asks_which_plan(text)


@pytest.mark.parametrize("text", ["what plan am i on", "which plan did i buy", "which eSIM should I switch on"])
def test_ones_own_plan_is_asked(text: str) -> None:
    assert not asks_which_plan(text)


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("17 phones, a school trip", 17),
        ("十七个人的团", 17),
        ("23个人", 23),
        ("30 students and 3 teachers", 33),
        ("can 2 phones share it", 1),
        ("my 12 year old", 1),
        ("family of 4", 4),
    ],
)
def test_how_many_travel(text: str, count: int) -> None:
    assert people([text]) == count


@pytest.mark.parametrize(
    ("text", "price"),
    [("the $27 one", 27), ("27蚊嗰個", 27), ("34.9那个", 34.9), ("the 10 GB one", None), ("30天那个", None)],
)
def test_a_plan_is_named_by_its_price(text: str, price: float | None) -> None:
    assert price_of_plan(text) == price
