"""What travellers type when they have no order number at hand."""

import pytest

from aftercare.understanding.order_answers import (
    cannot_find_order,
    goes_without_order,
    looks_like_email,
    looks_like_order_number,
)


@pytest.mark.parametrize(
    "text",
    [
        "找不到订单号",
        "我没有订单号啊",
        "订单号在哪里",
        "忘记单号了",
        "I can't find the order number",
        "where is the order number?",
        "I lost my confirmation email",
        "don't have an order number",
    ],
)
def test_cannot_find(text: str) -> None:
    assert cannot_find_order(text)


@pytest.mark.parametrize("text", ["NZ10000001", "wang@example.com", "my order is NZ10000001", "我的订单号是NZ10000001"])
def test_gives_it(text: str) -> None:
    assert not cannot_find_order(text)


@pytest.mark.parametrize("text", ["先不用订单号", "without it", "skip", "跳过"])
def test_without(text: str) -> None:
    assert goes_without_order(text)


def test_what_was_meant_as_number_or_address() -> None:
    assert looks_like_order_number("NZ 12345")
    assert not looks_like_order_number("what for?")
    assert looks_like_email("wang at gmail")
    assert not looks_like_email("what for?")
