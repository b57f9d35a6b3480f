"""What a traveller hears who takes a request back: what is open, done once, or why it is too late."""

from __future__ import annotations

from typing import Any

import pytest
from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher
from sqlalchemy.orm import Session

from actions.refunds import withdrawal
from actions.turn import Turn
from aftercare.orders.refunds.decide import decide
from aftercare.orders.refunds.load import facts_for
from aftercare.orders.requests import latest_request, open_request
from aftercare.orders.tables import RefundRequest
from aftercare.orders.tickets import open_ticket
from tests.support.order_rows import NOW, add_order, days

NUMBER = "NZ10000003"


def turn(**slots: Any) -> Turn:
    here = Turn(Tracker("c1", slots, {}, [], False, None, {}, "action_listen"), CollectingDispatcher())
    here.now = NOW
    return here


def said(of: Turn) -> list[tuple[str, str]]:
    return [(message["response"], message.get("detail", "")) for message in of.dispatcher.messages]


def request(session: Session, fault: bool = False) -> RefundRequest:
    decision = decide(*facts_for(session, NUMBER, NOW, fault_reported=fault), "refund")
    return open_request(session, NUMBER, "refund", decision, "c1", NOW)[0]


def test_named_confirmed_withdrawn_and_not_twice(session: Session) -> None:
    add_order(session)
    request(session)
    asked, done, again = turn(), turn(), turn(language="zh")
    draft = withdrawal.offer(asked, session, NUMBER)
    assert draft is not None
    assert said(asked) == [("utter_withdraw_confirm", "NZ$29.00")]
    withdrawal.carry_out(done, session, NUMBER, draft)
    withdrawal.carry_out(again, session, NUMBER, draft)
    assert (said(done), said(again)) == ([("utter_withdrawn", "")], [("utter_withdraw_already", "")])
    assert again.dispatcher.messages[0]["kind"] == "退款"
    assert latest_request(session, NUMBER).state == "withdrawn"


def test_a_confirmation_of_an_earlier_request_does_not_take_back_a_later_one(session: Session) -> None:
    add_order(session)
    request(session)
    draft = withdrawal.offer(turn(), session, NUMBER)
    withdrawal.carry_out(turn(), session, NUMBER, draft)
    later = request(session)
    withdrawal.carry_out(turn(), session, NUMBER, draft)
    assert latest_request(session, NUMBER).id == later.id
    assert later.state == "approved"


def test_what_a_person_still_looks_at_has_no_amount_and_they_are_told(session: Session) -> None:
    add_order(session, bought_at=NOW - days(20), esim={"profile_state": "enabled", "data_used_mb": 3000})
    request(session, fault=True)
    ticket, _ = open_ticket(session, "c1", "refund_review", "en", {}, NOW)
    here = turn()
    draft = withdrawal.offer(here, session, NUMBER)
    assert said(here) == [("utter_withdraw_confirm", "requested")]
    withdrawal.carry_out(here, session, NUMBER, draft)
    assert ticket.summary == {"withdrawn": True}


@pytest.mark.parametrize(
    ("state", "response"), [("paid", "utter_withdraw_too_late"), ("declined", "utter_withdraw_none")]
)
def test_what_has_come_to_an_end_is_not_withdrawn(session: Session, state: str, response: str) -> None:
    add_order(session)
    made = request(session)
    draft = withdrawal.offer(turn(), session, NUMBER)
    made.state = state
    session.flush()
    before, after = turn(), turn()
    assert withdrawal.offer(before, session, NUMBER) is None
    withdrawal.carry_out(after, session, NUMBER, draft)
    assert said(before) == said(after) == [(response, "")]
    assert latest_request(session, NUMBER).state == state


def test_nothing_was_ever_asked_for(session: Session) -> None:
    add_order(session)
    here = turn()
    assert withdrawal.offer(here, session, NUMBER) is None
    assert said(here) == [("utter_withdraw_none", "")]
