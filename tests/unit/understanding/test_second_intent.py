"""A message is cut where it may ask a second thing, and only different matters count as two."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aftercare.understanding.second_intent import parts, second_matter, two_matters
from aftercare.understanding.segmentation import segmenter


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
        ("ask_hotspot", "ask_calls_sms", True),
        ("ask_price_plans", "ask_promotions", True),
        ("ask_plan_start", "ask_coverage", True),
        ("check_data_usage", "ask_topup", True),
        ("ask_topup", "check_data_usage", False),
        ("resend_qr", "ask_how_to_install", True),
        ("report_no_data", "ask_how_to_install", False),
        ("report_stopped_working", "check_data_usage", False),
        ("request_refund", "ask_device_compatibility", False),
    ],
)
def test_two_matters(first, second, two):
    assert two_matters(first, second) is two


def test_an_address_is_not_cut():
    assert list(parts("order NZ10000006 raj@example.com bars but no internet 3.5 hours")) == list(
        parts("order NZ10000006 raj@example_com bars but no internet 3_5 hours")
    )


def first_part_asks(text, intent, first):
    """Whether the first part of `text` counts as a second matter when every part is read as `intent`."""
    second = second_matter(text, segmenter().words(text), [], first, lambda _: (intent, 0.9), 0.7)
    return second is not None and second.start == 0


@pytest.mark.parametrize(
    ("text", "asks"), [("上不了网，另外把使用明细发给我", True), ("用吗，另外把使用明细发给我", False)]
)
def test_a_part_says_enough_by_words_or_by_characters(text, asks):
    assert first_part_asks(text, "report_no_data", first="recover_usage_records") is asks


@pytest.mark.parametrize(
    ("text", "asks"),
    [
        ("I want a refund, it does not work", True),
        ("I don't want a refund, it does not work", False),
        ("我要退款，上不了网", True),
        ("我不要退款，上不了网", False),
        ("别给我退款，上不了网", False),
    ],
)
def test_a_refund_that_is_refused_is_no_second_matter(text, asks):
    assert first_part_asks(text, "request_refund", first="report_no_data") is asks
