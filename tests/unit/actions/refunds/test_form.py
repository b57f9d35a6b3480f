"""A refund is requested by a yes alone; doubts, questions and other plans are no yes."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from actions.refunds.form import ValidateRefundForm
from actions.turn import Event, Turn
from aftercare.orders.requests import latest_request
from tests.support.order_rows import add_plan
from tests.support.turns import did, next_action, prove, said, slots, told, turn

NUMBER = "NZ10000003"
REFUND = {"kind": "refund", "number": NUMBER, "ready": True}


def waiting(*labels: str, draft: dict[str, Any] = REFUND, **more: Any) -> tuple[Turn, list[Event]]:
    here = turn(
        *labels,
        **{
            "form": "refund_form",
            "situation": "refund_confirm",
            "requested_slot": "refund_confirmed",
            "goal": draft["kind"],
            "refund_draft": draft,
            "order_number": NUMBER,
            **more,
        },
    )
    return here, ValidateRefundForm().handle(here)


def requested(orders: Engine) -> str | None:
    with Session(orders, future=True) as session:
        found = latest_request(session, NUMBER)
        return found.kind if found else None


def waits(events: list[Event]) -> bool:
    return bool(slots(events)["requested_slot"] == "refund_confirmed")


def test_it_is_decided_and_asked_first(orders: Engine) -> None:
    prove(orders, NUMBER)
    here = turn("start:request_refund", "confirm", goal="refund", order_number=NUMBER, form="refund_form")
    events = ValidateRefundForm().handle(here)
    assert "utter_refund_requested" not in said(here)
    assert (waits(events), requested(orders)) == (True, None)
    assert slots(events)["refund_draft"]["ready"] is True


@pytest.mark.parametrize(
    "labels",
    [
        ["confirm", "ask"],
        ["confirm", "ask_why"],
        ["confirm", "object"],
        ["confirm", "decline"],
        ["confirm", "cancel"],
        ["acknowledge"],
        ["complain"],
        ["inform"],
        ["step:works"],
        ["unclear@0.1"],
        ["confirm@0.55"],
        ["confirm", "chat"],
        ["confirm", "unclear@0.1"],
    ],
)
def test_what_is_no_yes_requests_nothing(orders: Engine, labels: list[str]) -> None:
    prove(orders, NUMBER)
    waiting(*labels, text="yes")
    assert requested(orders) is None


@pytest.mark.parametrize("label", ["ask", "acknowledge", "unclear@0.1"])
def test_what_waits_comes_back_in_a_short_line(orders: Engine, label: str) -> None:
    prove(orders, NUMBER)
    here, events = waiting(label)
    assert said(here) == ["utter_refund_confirm_again"]
    assert waits(events)


def test_a_yes_requests_it_once(orders: Engine) -> None:
    prove(orders, NUMBER)
    here, events = waiting("confirm", text="go on then")
    assert said(here) == ["utter_refund_requested"]
    assert requested(orders) == "refund"
    assert slots(events)["requested_slot"] is None
    again, _ = waiting("confirm")
    assert said(again) == ["utter_refund_already"]


def test_the_button_is_a_yes_without_a_reading(orders: Engine) -> None:
    prove(orders, NUMBER)
    waiting(text="/affirm", intent="affirm")
    assert requested(orders) == "refund"


def test_a_yes_said_before_the_question_was_answered_is_asked_for_again(orders: Engine) -> None:
    prove(orders, NUMBER)
    here, events = waiting("confirm", since=[did("action_answer_question")])
    assert (said(here), waits(events), requested(orders)) == (["utter_refund_confirm_again"], True, None)


@pytest.mark.parametrize("label", ["decline", "cancel", "undo"])
def test_a_no_ends_it(orders: Engine, label: str) -> None:
    prove(orders, NUMBER)
    here, events = waiting(label)
    assert said(here) == ["utter_refund_not_now"]
    assert (slots(events)["requested_slot"], requested(orders)) == (None, None)


def test_without_the_proof_nothing_is_told(orders: Engine) -> None:
    here, events = waiting("confirm")
    assert (said(here), next_action(events)) == ([], "order_form")
    assert slots(events)["order_verified"] is False


# exchange


@pytest.fixture
def larger(orders: Engine) -> Engine:
    with Session(orders, future=True) as session, session.begin():
        add_plan(
            session, "kiwi-nz-10", name_en="New Zealand 10 GB", name_zh="新西兰 10 GB", data_mb=10240, price_minor=3900
        )
        add_plan(
            session, "kiwi-nz-20", name_en="New Zealand 20 GB", name_zh="新西兰 20 GB", data_mb=20480, price_minor=4900
        )
    prove(orders, NUMBER)
    return orders


CHOICE = {"kind": "exchange", "number": NUMBER}
SHOWN = told(
    "utter_exchange_choose",
    *(f'/inform{{"exchange_plan": "{plan}"}}' for plan in ("kiwi-nz-10", "kiwi-nz-20")),
)


@pytest.mark.parametrize(
    ("labels", "text"),
    [
        (["choose"], "the second"),
        (["refer"], "20 GB"),
        (["choose"], "最后一个"),
        (["choose"], "the most expensive one"),
    ],
)
def test_the_plan_pointed_at_is_confirmed_before_it_is_requested(larger: Engine, labels: list[str], text: str) -> None:
    here, events = waiting(*labels, text=text, draft=CHOICE, situation="exchange_choice", before=[SHOWN])
    assert said(here) == ["utter_exchange_confirm"]
    assert slots(events)["refund_draft"] == {**CHOICE, "ready": True, "duplicate": False, "plan": "kiwi-nz-20"}
    assert requested(larger) is None
    done, _ = waiting("confirm", draft={**CHOICE, "ready": True, "plan": "kiwi-nz-20"}, situation="exchange_confirm")
    assert said(done) == ["utter_exchange_requested"]
    assert requested(larger) == "exchange"


def test_back_from_the_plan_to_the_choice(larger: Engine) -> None:
    here, events = waiting("back", draft={**CHOICE, "ready": True, "plan": "kiwi-nz-20"}, situation="exchange_confirm")
    assert said(here) == ["utter_exchange_choose"]
    assert "plan" not in slots(events)["refund_draft"]
    assert requested(larger) is None


def test_after_a_question_about_one_plan_that_one_is_offered(larger: Engine) -> None:
    asked = {"draft": CHOICE, "situation": "exchange_choice", "since": [did("action_answer_question")]}
    here, _ = waiting("ask", focus={"plan": "kiwi-nz-10"}, **asked)
    assert said(here) == ["utter_exchange_choose_again"]
    assert len(here.dispatcher.messages[0]["buttons"]) == 1
    every, _ = waiting("ask", **asked)
    assert len(every.dispatcher.messages[0]["buttons"]) == 2


@pytest.mark.parametrize(
    ("draft", "labels", "response"),
    [
        (REFUND, ["start:request_exchange"], "utter_exchange_choose"),
        ({**CHOICE, "ready": True, "plan": "kiwi-nz-20"}, ["start:request_refund"], "utter_refund_approved"),
    ],
)
def test_the_other_kind_is_offered_instead(
    larger: Engine, draft: dict[str, Any], labels: list[str], response: str
) -> None:
    other = "exchange" if draft["kind"] == "refund" else "refund"
    here, events = waiting(*labels, draft=draft, goal=other, intent=f"request_{other}")
    assert said(here) == [response]
    assert slots(events)["refund_draft"]["kind"] == other
    assert requested(larger) is None


# withdrawal


def test_a_withdrawal_needs_its_own_yes_and_cancel_alone_is_asked_again(orders: Engine) -> None:
    prove(orders, NUMBER)
    waiting("confirm")
    begin = turn("undo", goal="withdraw", order_number=NUMBER, form="refund_form")
    draft = slots(ValidateRefundForm().handle(begin))["refund_draft"]
    asks = {"draft": draft, "situation": "withdraw_confirm"}
    cancel, events = waiting("cancel", **asks)
    assert (said(cancel), waits(events)) == (["utter_withdraw_confirm_again"], True)
    doubt, _ = waiting("confirm", "ask", **asks)
    assert said(doubt) == ["utter_withdraw_confirm_again"]
    kept, _ = waiting("decline", **asks)
    assert said(kept) == ["utter_withdraw_kept"]
    with Session(orders, future=True) as session:
        found = latest_request(session, NUMBER)
        assert found is not None
        assert found.state == "approved"
    done, _ = waiting("confirm", **asks)
    assert said(done) == ["utter_withdrawn"]
