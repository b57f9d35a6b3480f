"""A message is cut where it may ask a second thing, and only different matters count as two."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aftercare.assistant.second_intent import parts, two_matters


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("no signal since yesterday and I want my money back", ["no signal since yesterday", "I want my money back"]),
        ("没信号，而且我想退款", ["没信号", "我想退款"]),
        ("流量剩多少？还有发票怎么开", ["流量剩多少", "发票怎么开"]),
        ("I want a refund", []),
        ("I want a refund.", []),
        ("android phone", []),
    ],
)
def test_parts(text, expected):
    assert [text[start:end] for start, end in parts(text)] == expected


@given(st.text())
def test_parts_lie_in_order_inside_the_text(text):
    at = 0
    for start, end in parts(text):
        assert at <= start < end <= len(text)
        at = end


@pytest.mark.parametrize(
    ("first", "second", "two"),
    [
        ("report_no_service", "request_refund", True),
        ("greet", "request_refund", True),
        ("check_data_usage", "ask_invoice", True),
        ("report_no_service", "report_stopped_working", False),
        ("request_refund", "ask_refund_policy", False),
        ("request_refund", "thank", False),
        ("request_refund", "complain", False),
        ("request_refund", "out_of_scope", False),
        ("request_exchange", "ask_price_plans", False),
        ("ask_price_plans", "request_exchange", True),
    ],
)
def test_two_matters(first, second, two):
    assert two_matters(first, second) is two


def test_an_address_is_not_cut():
    assert list(parts("order NZ10000006 raj@example.com bars but no internet 3.5 hours")) == list(
        parts("order NZ10000006 raj@example_com bars but no internet 3_5 hours")
    )
