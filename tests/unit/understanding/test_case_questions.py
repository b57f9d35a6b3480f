"""Numbers of a case that are asked for, and money that may not come in time."""

from __future__ import annotations

import pytest

from aftercare.understanding.case_questions import (
    asks_if_late,
    asks_request_number,
    asks_ticket_number,
    named_ticket,
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("sorry, which ticket number did you give me", True),
        ("what is my ticket", True),
        ("case no. again please", True),
        ("帮我看下工单编号", True),
        ("工单是多少", True),
        ("my ticket was closed without an answer", False),
        ("why does my ticket number get no reply", False),
        ("工单号给了也没人回", False),
        ("can I pick my number", False),
        ("我的订单号是多少", False),
    ],
)
def test_the_number_of_a_ticket(text: str, expected: bool) -> None:
    assert asks_ticket_number(text) is expected


@pytest.mark.parametrize(
    ("text", "number"),
    [("is it T000012?", 12), ("工单T000003对吗", 3), ("NZT000003", None), ("an A14 and a T5", None)],
)
def test_a_ticket_that_is_named(text: str, number: int | None) -> None:
    assert named_ticket(text) == number


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("is there a refund number for my bank", True),
        ("the request no. please", True),
        ("退款单号发我", True),
        ("申请编号多少", True),
        ("I request a number in New Zealand", False),
        ("订单号在哪", False),
    ],
)
def test_the_number_of_a_request(text: str, expected: bool) -> None:
    assert asks_request_number(text) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("and if nothing has arrived by that day?", True),
        ("whom do I tell when it's not there in time", True),
        ("what if the money doesn't show up", True),
        ("要是到那天还没收到钱怎么办", True),
        ("万一没到账呢", True),
        ("it hasn't arrived", False),
        ("还没到账", False),
        ("what if the QR code doesn't arrive", False),
        ("如果没收到二维码怎么办", False),
    ],
)
def test_money_that_may_not_come_in_time(text: str, expected: bool) -> None:
    assert asks_if_late(text) is expected
