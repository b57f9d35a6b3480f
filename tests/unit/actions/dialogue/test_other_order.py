"""Another order, or a corrected number or e-mail: it is proven before anything of it is told."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from actions.dialogue.other_order import ActionOtherOrder, without_order
from actions.turn import Turn
from aftercare.orders import ownership
from tests.support.article_units import SHARE
from tests.support.order_rows import NOW, add_order
from tests.support.turns import CONVERSATION, EMAIL, did, leaves_form, next_action, prove, said, slots, turn

FIRST, SECOND, FOREIGN = "NZ10000001", "NZ10000002", "NZ10000003"


def other(*labels: str, **more: Any) -> tuple[Turn, list[dict[str, Any]]]:
    here = turn(*(labels or ("switch_order",)), **{"order_number": SECOND, "order_verified": True, **more})
    return here, ActionOtherOrder().handle(here)


def proven(orders: Engine) -> tuple[str, ...]:
    with Session(orders, future=True) as session:
        return ownership.verified_orders(session, CONVERSATION, NOW)


def test_of_two_proven_orders_the_other_one(orders: Engine) -> None:
    prove(orders, FIRST, SECOND)
    here, events = other(goal="order_status", diagnosis={"current": "step.roaming"}, form="diagnosis_form")
    assert said(here) == ["utter_order_taken"]
    assert here.dispatcher.messages[0]["number"] == FIRST
    assert slots(events) == {
        "order_number": FIRST,
        "order_verified": True,
        "diagnosis": None,
        "refund_draft": None,
        "requested_slot": None,
        "offer": None,
    }
    assert leaves_form(events)
    assert next_action(events) == "action_order_status"


@pytest.mark.parametrize(
    ("text", "number"), [("the first one", FIRST), ("back to the second", SECOND), ("第一个", FIRST)]
)
def test_of_two_proven_orders_the_one_pointed_at(orders: Engine, text: str, number: str) -> None:
    prove(orders, FIRST, SECOND)
    here, events = other(text=text, goal="order_status")
    assert slots(events)["order_number"] == number
    assert said(here) == ([] if number == SECOND else ["utter_order_taken"])  # it is this one already


def test_a_number_that_is_proven_already_needs_no_mail(orders: Engine) -> None:
    prove(orders, FIRST, SECOND)
    here, events = other(entities={"order_number": FIRST}, goal="refund")
    assert (said(here), next_action(events)) == (["utter_order_taken"], "refund_form")


def test_a_number_of_the_same_buyer_is_proven_by_the_mail_that_is_known(orders: Engine) -> None:
    prove(orders, SECOND)
    with Session(orders, future=True) as session, session.begin():
        add_order(session, FIRST)
    here, events = other("correct", entities={"order_number": FIRST.lower()}, email=EMAIL, goal="data_usage")
    assert said(here) == ["utter_order_taken"]
    assert (slots(events)["order_number"], next_action(events)) == (FIRST, "action_data_usage")
    assert set(proven(orders)) == {FIRST, SECOND}


@pytest.mark.parametrize("given", [None, EMAIL])
def test_a_number_of_somebody_else_is_told_nothing_of(orders: Engine, given: str | None) -> None:
    prove(orders, SECOND)
    with Session(orders, future=True) as session, session.begin():
        add_order(session, FOREIGN, email="liam@example.com")
    entities = {"order_number": FOREIGN, **({"email": given} if given else {})}
    here, events = other(entities=entities, email=EMAIL, goal="refund", refund_draft={"kind": "refund"})
    assert said(here) == []
    assert slots(events) == {
        "order_number": FOREIGN,
        "email": given,
        "order_verified": False,
        "diagnosis": None,
        "refund_draft": None,
        "requested_slot": None,
    }
    assert (leaves_form(events), next_action(events)) == (True, "order_form")
    assert proven(orders) == (SECOND,)


def test_a_number_without_any_mail_is_asked_for_one(orders: Engine) -> None:
    prove(orders, SECOND)
    here, events = other(entities={"order_number": FIRST})
    assert (said(here), next_action(events)) == ([], "order_form")
    assert (slots(events)["order_number"], slots(events)["email"]) == (FIRST, None)


def test_a_corrected_mail_is_tried_with_the_number_given_before(orders: Engine) -> None:
    prove(orders, SECOND)
    _, events = other("correct", entities={"email": "liam@example.com"})
    assert (slots(events)["order_number"], slots(events)["email"]) == (SECOND, "liam@example.com")
    assert (slots(events)["order_verified"], next_action(events)) == (False, "order_form")


@pytest.mark.parametrize("form", [None, "diagnosis_form"])
def test_another_order_that_is_not_known_is_asked_for(orders: Engine, form: str | None) -> None:
    prove(orders, SECOND)
    here, events = other(form=form, email=EMAIL, diagnosis={"current": "step.roaming"})
    assert said(here) == []
    wanted = {"order_number": None, "email": None, "diagnosis": None, "order_verified": False, "goal": "order_status"}
    assert wanted.items() <= slots(events).items()
    assert (leaves_form(events), next_action(events)) == (form is not None, "order_form")


@pytest.mark.parametrize(
    ("labels", "known", "action"),
    [
        (["switch_order"], {"goal": "diagnose", "diagnosis": {"current": "step.roaming"}}, "diagnosis_form"),
        (["switch_order"], {"goal": "diagnose", "before": [did("action_data_usage")]}, "action_data_usage"),
        (["switch_order"], {"goal": "exchange"}, "refund_form"),
        (["switch_order"], {}, "action_order_status"),
        (["switch_order"], {"before": [did("action_coverage")]}, "action_coverage"),
        (["switch_order", "ask"], {"before": [did("action_data_usage")]}, "action_data_usage"),
        (["switch_order", "ask"], {"goal": "refund", "before": [did("action_hotspot")]}, "action_hotspot"),
        (["switch_order", "ask"], {}, "action_answer_question"),
        (
            ["switch_order", "ask"],
            {"before": [did("action_data_usage")], "intent": "ask_hotspot", "confidence": 0.6},
            "action_answer_question",
        ),
        (
            ["switch_order", "ask"],
            {"before": [did("action_data_usage")], "units": f"{SHARE}@0.5"},
            "action_answer_question",
        ),
    ],
)
def test_what_goes_on_with_the_other_order(
    orders: Engine, labels: list[str], known: dict[str, Any], action: str
) -> None:
    prove(orders, FIRST, SECOND)
    assert next_action(other(*labels, **known)[1]) == action


@pytest.mark.usefixtures("orders")
def test_on_without_an_order() -> None:
    fault = turn("decline", goal="diagnose", form="order_form")
    events = without_order(fault)
    assert (said(fault), next_action(events), leaves_form(events)) == ([], "diagnosis_form", True)
    status = turn("decline", goal="order_status", form="order_form")
    events = without_order(status)
    assert (said(status), next_action(events)) == (["utter_order_needed"], "action_listen")
    assert (slots(events)["goal"], slots(events)["order_verified"]) == (None, False)
