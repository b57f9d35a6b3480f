"""What travellers type when they have no order number at hand."""

import pytest

from actions.order_form import _CANNOT_FIND, _WITHOUT


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
    assert _CANNOT_FIND.search(text)


@pytest.mark.parametrize("text", ["NZ10000001", "wang@example.com", "my order is NZ10000001", "我的订单号是NZ10000001"])
def test_gives_it(text: str) -> None:
    assert not _CANNOT_FIND.search(text)


@pytest.mark.parametrize("text", ["先不用订单号", "without it", "skip", "跳过"])
def test_without(text: str) -> None:
    assert _WITHOUT.search(text)
