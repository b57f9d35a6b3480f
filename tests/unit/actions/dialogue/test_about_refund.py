"""What is asked of money back or a swap is told of this order, in whatever state, and nothing is begun by it."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from actions.dialogue import about_refund
from actions.turn import Turn
from aftercare.orders import ownership
from aftercare.orders.refunds.decide import decide
from aftercare.orders.refunds.load import facts_for
from aftercare.orders.requests import open_request
from tests.support.order_rows import NOW, add_order, add_plan, add_provider
from tests.support.turns import CONVERSATION, EMAIL, next_action, prove, said, slots, turn

NUMBER = "NZ10000003"
OFFER: dict[str, Any] = {
    "situation": "refund_confirm",
    "form": "refund_form",
    "goal": "refund",
    "refund_draft": {"kind": "refund", "number": NUMBER, "ready": True},
}
STEP: dict[str, Any] = {"situation": "step", "asked": "roaming", "form": "diagnosis_form", "goal": "diagnose"}


def sold_by(orders: Engine, esim: dict[str, Any] | None = None, **policy: Any) -> None:
    """The order proven here, of a seller with these terms."""
    with Session(orders, future=True) as session, session.begin():
        add_provider(session, "kiwi", **policy)
        add_plan(session)
        add_order(session, NUMBER, esim=esim)
        assert ownership.verify(session, CONVERSATION, NUMBER, EMAIL, NOW).status == "verified"


def asked(text: str, **more: Any) -> Turn:
    return turn("ask", text=text, order_verified=True, **more)


def answer_to(here: Turn) -> list[str]:
    events = about_refund.answer(here)
    return said(here) if events is not None else []


@pytest.mark.parametrize(
    "text", ["how much of this would come back to me?", "这一单我能退多少", "呢張單可以退幾多", "可以退回一部分吗"]
)
def test_the_amount_beside_a_step_without_beginning_a_refund(orders: Engine, text: str) -> None:
    sold_by(orders)
    here = asked(text, **STEP)
    assert about_refund.answer(here) == []  # no slot, no form: the step is asked again
    assert said(here) == ["utter_refund_of_order"]
    message = here.dispatcher.messages[0]
    assert (message["amount"], message["paid"], message["number"]) == ("NZ$29.00", "NZ$29.00", NUMBER)
    assert "30 Nov 2026" in message["until"]  # seven days after the purchase


def test_a_clear_wish_beside_a_step_begins_the_refund(orders: Engine) -> None:
    sold_by(orders)
    here = turn("start:request_refund@0.2", text="别试了，退钱", intent="request_refund", confidence=0.8, **STEP)
    events = about_refund.answer(here) or []
    assert (next_action(events), slots(events)["goal"]) == ("refund_form", "refund")


def test_what_the_terms_refuse_is_said_with_its_rule(orders: Engine) -> None:
    sold_by(orders, window_days=0)
    here = asked("can I get some of the money back", **STEP)
    assert answer_to(here) == ["utter_refund_of_order_none"]
    assert "0" in here.dispatcher.messages[0]["rules"]


@pytest.mark.parametrize(
    "text", ["if I install it, can I still get a refund?", "先裝上的話還能退嗎", "万一装了没用能退吗"]
)
def test_a_condition_is_answered_by_the_rule_of_the_seller(orders: Engine, text: str) -> None:
    sold_by(orders, installed_refundable=False)
    assert answer_to(asked(text)) == ["utter_refund_if_installed_no"]
    assert answer_to(asked(text, **OFFER)) == ["utter_refund_if_installed_no"]


def test_an_installed_one_is_refunded_up_to_the_limit(orders: Engine) -> None:
    sold_by(orders, data_limit_mb=500)
    here = asked("once I scan it, is the money gone?", **OFFER)
    assert answer_to(here) == ["utter_refund_if_installed_yes"]
    assert "500 MB" in here.dispatcher.messages[0]["use"]


@pytest.mark.parametrize(
    ("text", "response"),
    [
        ("who takes that fee?", "utter_refund_fee"),
        ("手续费谁收的", "utter_refund_fee"),
        ("until when can I decide", "utter_refund_until"),
        ("最晚哪天之前要申请", "utter_refund_until"),
        ("will it end up on my card or as shop credit", "utter_refund_payout"),
        ("钱是退回微信吗", "utter_refund_payout"),
        ("how come it takes so long", "utter_refund_payout"),
        ("what happens to the code if I say yes", "utter_refund_code"),
        ("那二维码还能用吗", "utter_refund_code"),
        ("is that the full amount?", "utter_refund_why_less"),
    ],
)
def test_a_question_beside_the_offer_is_answered_from_it(orders: Engine, text: str, response: str) -> None:
    sold_by(orders, fee_minor=350)
    assert answer_to(asked(text, **OFFER)) == [response]


@pytest.mark.parametrize("form", [STEP, OFFER])
def test_what_is_kept_names_the_fee_beside_the_data_used(orders: Engine, form: dict[str, Any]) -> None:
    used = {"data_used_mb": 2_048, "profile_state": "enabled"}
    sold_by(orders, esim=used, fee_minor=350, partial_refund=True, data_limit_mb=1)
    here = asked("how much of this would come back to me?", **form)
    answer_to(here)
    assert "NZ$3.50" in here.dispatcher.messages[0].get("why", "") + here.dispatcher.messages[0].get("rules", "")


def test_shop_credit_is_said_to_be_no_card(orders: Engine) -> None:
    sold_by(orders, paid_to="credit")
    here = asked("which card does it go to?", **OFFER)
    assert answer_to(here) == ["utter_refund_payout"]
    assert "credit" in here.dispatcher.messages[0]["to"]


def test_where_it_would_go_after_a_refusal(orders: Engine) -> None:
    sold_by(orders, window_days=0)
    here = asked("退到哪里呢", situation="told", asked="refund_decision")
    assert answer_to(here) == ["utter_refund_payout_none"]


def requested(orders: Engine, kind: Any, plan: str | None = None) -> None:
    with Session(orders, future=True) as session, session.begin():
        facts, terms = facts_for(session, NUMBER, NOW) or pytest.fail("no order")
        open_request(session, NUMBER, kind, decide(facts, terms, kind), CONVERSATION, NOW, plan)


def test_nobody_uses_the_code_while_its_refund_runs(orders: Engine) -> None:
    prove(orders, NUMBER)
    requested(orders, "refund")
    here = asked("can my sister scan the code instead?", situation="told", asked="article")
    assert answer_to(here) == ["utter_refund_code_running"]


@pytest.mark.parametrize(
    ("text", "response"),
    [
        ("when and where will I get the new code", "utter_refund_status_new_code"),
        ("新的二维码什么时候发", "utter_refund_status_new_code"),
        ("差价怎么付", "utter_refund_status_difference"),
        ("does my old code still work", "utter_refund_status_old_code"),
    ],
)
def test_after_a_swap_its_code_and_money_are_told_as_promised(orders: Engine, text: str, response: str) -> None:
    with Session(orders, future=True) as session, session.begin():
        add_plan(session)
        add_plan(session, "kiwi-nz-10", name_en="New Zealand 10 GB", name_zh="新西兰 10 GB", price_minor=3900)
    prove(orders, NUMBER)
    requested(orders, "exchange", "kiwi-nz-10")
    assert answer_to(asked(text, situation="done", asked="exchange")) == [response]


def test_a_regretted_swap_is_taken_back(orders: Engine) -> None:
    with Session(orders, future=True) as session, session.begin():
        add_plan(session)
        add_plan(session, "kiwi-nz-10", name_en="New Zealand 10 GB", name_zh="新西兰 10 GB", price_minor=3900)
    prove(orders, NUMBER)
    requested(orders, "exchange", "kiwi-nz-10")
    events = about_refund.answer(asked("后悔了，能换回来吗", situation="done", asked="exchange")) or []
    assert next_action(events) == "action_undo"


@pytest.mark.parametrize("text", ["how do I turn roaming on", "怎么打开漫游", "which network is best here"])
def test_other_questions_are_left_alone(orders: Engine, text: str) -> None:
    prove(orders, NUMBER)
    assert about_refund.answer(asked(text, **STEP)) is None
    assert about_refund.answer(asked(text)) is None


@pytest.mark.parametrize(
    "text", ["那多扣的什么时候退给我", "我问多扣的那笔 几号到账", "when do I get the double charge back"]
)
def test_when_the_second_charge_comes_back_is_told_of_its_request(orders: Engine, text: str) -> None:
    prove(orders, NUMBER)
    requested(orders, "refund")
    here = asked(text, situation="done", asked="refund", units="refund-decision.how-many-days@0.6")
    assert next_action(about_refund.answer(here) or []) == "action_refund_status"


def test_what_is_asked_of_the_money_is_told_of_the_order_it_is_for(orders: Engine) -> None:
    first, second = "NZ10000013", "NZ10000015"
    prove(orders, first, second)
    with Session(orders, future=True) as session, session.begin():
        facts, terms = facts_for(session, second, NOW) or pytest.fail("no order")
        open_request(session, second, "refund", decide(facts, terms, "refund"), CONVERSATION, NOW)
        ownership.choose(session, CONVERSATION, first)
    here = asked("which card does the second charge go back to", situation="done", asked="refund")
    assert answer_to(here) == ["utter_refund_payout"]
    assert here.dispatcher.messages[0]["number"] == second
