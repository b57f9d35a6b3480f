"""Short questions of time and reason."""

import pytest

from aftercare.understanding.follow_ups import (
    asks_faster,
    asks_for_time,
    asks_how_long,
    asks_how_or_where,
    asks_if_usable,
    asks_what_now,
    asks_why,
)


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
        "hold on, how soon is that back on my credit card?",
        "ok wait, when does it arrive?",
        "等一下，多久能到",
        "请问钱要多久到账",
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


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("so what do I do now?", True),
        ("what now?", True),
        ("hmm so what can I do", True),
        ("那我们怎么办", True),
        ("那现在怎么办？", True),
        ("怎么办", True),
        ("what do I do with the QR code?", False),
        ("没网怎么办", False),
    ],
)
def test_asks_what_now(text: str, expected: bool) -> None:
    assert asks_what_now(text) is expected


@pytest.mark.parametrize(
    "text",
    [
        "does it still work then?",
        "may I use it in the meantime",
        "will the plan still be usable",
        "那还可以用吗",
        "这张卡还能用对吧？",
    ],
)
def test_asks_if_usable(text: str) -> None:
    assert asks_if_usable(text)


@pytest.mark.parametrize("text", ["which card does it go to?", "how do I install it?", "多少钱", "不用了"])
def test_asks_nothing_of_its_use(text: str) -> None:
    assert not asks_if_usable(text)


@pytest.mark.parametrize(
    ("text", "expected"), [("any way to get it sooner", True), ("能不能早点到账", True), ("when?", False)]
)
def test_asks_faster(text: str, expected: bool) -> None:
    assert asks_faster(text) is expected


def test_what_asks_for_a_time_or_a_place_in_the_menus() -> None:
    assert asks_for_time("when does it reset, NZ time?")
    assert asks_for_time("几点恢复")
    assert not asks_for_time("is it unlimited")
    assert asks_how_or_where("which network, how, pixel 8 not samsung")
    assert asks_how_or_where("在哪里开")
    assert not asks_how_or_where("it is on")
