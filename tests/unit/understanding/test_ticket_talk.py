"""What travellers want of their tickets, in their words."""

from __future__ import annotations

import pytest

from aftercare.understanding.ticket_talk import (
    adds_to_ticket,
    compares_with_refund,
    names_ticket,
    reason_named,
    ticket_in,
    wanted_of_ticket,
)


@pytest.mark.parametrize(
    ("text", "wish"),
    [
        ("is there any news on my ticket", "state"),
        ("T000012?", "state"),
        ("has somebody seen it by now", "state"),
        ("what did your colleague write", "state"),
        ("工单有进度了吗", "state"),
        ("有人处理了没", "state"),
        ("did you pass my address on to them", "passed_on"),
        ("was that noted?", "passed_on"),
        ("你帮我转过去了没有", "passed_on"),
        ("I told you all that already", "passed_on"),
        ("when will it be ready, I have to have it by Thursday", "when"),
        ("工单什么时候能办好", "when"),
        ("please note that the eSIM goes on the tablet", "add"),
        ("can you mail it to books@shop.example.com", "add"),
        ("the company name was wrong, it should be Rata Ltd", "add"),
        ("备注一下装在平板上", "add"),
        ("抬头打错了，应该是蕨叶", "add"),
        ("please cancel T000012", "drop"),
        ("we don't need the replacement any more", "drop"),
        ("那补发不用了，别补发了", "drop"),
        ("and what should I do until then", "meanwhile"),
        ("这段时间怎么上网", "meanwhile"),
        ("where will it be sent to", "where"),
        ("新码发到哪个邮箱", "where"),
    ],
)
def test_after_a_ticket_was_named(text: str, wish: str) -> None:
    assert wanted_of_ticket(text, has=True, lately=True) == wish


@pytest.mark.parametrize(
    "text",
    [
        "my ferry ticket is for Friday",
        "no signal in Picton",
        "yes please",
        "套餐什么时候到期",
        "is there a plan for ten days",
        "还是上不了网",
    ],
)
def test_what_is_of_something_else(text: str) -> None:
    assert wanted_of_ticket(text, has=True, lately=True) is None


@pytest.mark.parametrize(
    "text", ["when will it be done", "please note that it is blue", "and until then?", "有人看了吗"]
)
def test_without_a_ticket_none_is_meant(text: str) -> None:
    assert wanted_of_ticket(text, has=False, lately=False) is None


def test_a_number_of_a_ticket() -> None:
    assert ticket_in("I wrote yesterday, ticket t000031 or so, please look it up") == 31
    assert ticket_in("NZT000031") is None
    assert names_ticket("Your ticket is T000004.")


def test_asked_whether_it_was_told_adds_nothing() -> None:
    assert not adds_to_ticket("did you tell them my room number?")
    assert adds_to_ticket("and send it to desk@hotel.example.com, did you note that?")
    assert reason_named("about the tax invoice") == "invoice"


@pytest.mark.parametrize("text", ["if I take the refund, does the ticket still count", "退款的话补发还算数吗"])
def test_compared_with_money_back(text: str) -> None:
    assert compares_with_refund(text)
