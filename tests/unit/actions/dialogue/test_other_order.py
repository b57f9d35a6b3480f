"""Another order, or a corrected number or e-mail: it is proven before anything of it is told."""

from __future__ import annotations

from typing import Any

import pytest
from rasa_sdk.events import SlotSet, UserUttered
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from actions.dialogue.other_order import ActionOtherOrder, without_order
from actions.turn import Turn
from aftercare.orders import ownership
from tests.support.article_units import SHARE
from tests.support.order_rows import NOW, add_order
from tests.support.turns import CONVERSATION, EMAIL, about, did, leaves_form, next_action, prove, said, slots, turn

FIRST, SECOND, FOREIGN = "NZ10000001", "NZ10000002", "NZ10000003"


def other(*labels: str, **more: Any) -> tuple[Turn, list[dict[str, Any]]]:
    here = turn(*(labels or ("switch_order",)), **{"order_verified": True, **more})
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
        "order_number": None,
        "email": None,
        "order_verified": True,
        "diagnosis": None,
        "refund_draft": None,
        "symptom": None,
        "observed": None,
        "requested_slot": None,
        "offer": None,
        "focus": {"left": {SECOND: {"goal": "order_status", "diagnosis": {"current": "step.roaming"}}}, "at": FIRST},
    }
    assert about(orders) == FIRST
    assert leaves_form(events)
    assert next_action(events) == "action_order_status"


@pytest.mark.parametrize(
    ("text", "ranking", "entities"),
    [
        (f"{SECOND} is mine as well, the web stays dead", {"check_order_status": 0.5, "report_no_data": 0.3}, {}),
        (f"还有 {SECOND}，没网", {}, {}),
        (f"and {SECOND}, nothing comes through", {}, {"second_intent": "report_no_data"}),
    ],
)
@pytest.mark.parametrize("at_hand", [True, False])
@pytest.mark.parametrize(
    "goal", ["invoice", "diagnose"]
)  # of the order before; the intent of the message alone sets it
def test_a_fault_told_with_the_other_order_is_its_matter(
    orders: Engine, text: str, ranking: dict[str, float], entities: dict[str, str], at_hand: bool, goal: str
) -> None:
    prove(orders, *([SECOND] if at_hand else []), FIRST)
    if not at_hand:
        with Session(orders, future=True) as session, session.begin():
            add_order(session, SECOND, email="liam@example.com")
    said_before = [dict(SlotSet("goal", "invoice")), did("action_invoice")]
    named = {"order_number": SECOND, **entities}
    here = turn("inform", text=text, order_verified=True, goal=goal, entities=named, before=said_before)
    here.tracker.latest_message["intent_ranking"] = [{"name": each, "confidence": at} for each, at in ranking.items()]
    events = ActionOtherOrder().handle(here)
    assert next_action(events) == ("diagnosis_form" if at_hand else "order_form")
    assert {"goal": "diagnose", "symptom": "no_data"}.items() <= slots(events).items()


@pytest.mark.parametrize("text", [f"{SECOND} too please", f"how do I get online with {SECOND} when there's no signal?"])
def test_an_order_named_without_a_fault_is_for_what_was_under_way(orders: Engine, text: str) -> None:
    prove(orders, SECOND, FIRST)
    _, events = other("inform", text=text, goal="invoice", entities={"order_number": SECOND})
    assert (next_action(events), "goal" in slots(events)) == ("action_invoice", False)


def test_what_was_under_way_comes_back_with_its_order(orders: Engine) -> None:
    prove(orders, FIRST, SECOND)
    left = {"goal": "diagnose", "symptom": "no_data", "diagnosis": {"current": "step.roaming"}}
    _, events = other(goal="order_status", focus={"left": {FIRST: left}})
    taken = slots(events)
    assert {name: taken[name] for name in left} == left
    with Session(orders, future=True) as session:
        assert ownership.verified_order(session, CONVERSATION, NOW) == FIRST
    assert next_action(events) == "diagnosis_form"


def test_a_corrected_order_is_not_come_back_to(orders: Engine) -> None:
    prove(orders, FIRST, SECOND)
    _, events = other("correct", entities={"order_number": FIRST}, goal="refund")
    assert slots(events)["focus"] == {"at": FIRST}


def test_a_companions_order_is_told_from_the_own_one(orders: Engine) -> None:
    prove(orders, FIRST, SECOND)
    owners = {FIRST: "companion", SECOND: "own"}
    for text, number in (("back to hers, when does it start", FIRST), ("and mine?", SECOND), ("那她的呢", FIRST)):
        _, events = other(text=text, goal="order_status", focus={"owners": owners})
        assert slots(events)["focus"]["at"] == number


def test_whose_it_is_counts_before_how_it_stands(orders: Engine) -> None:
    prove(orders, FIRST, SECOND)
    owners = {FIRST: "own", SECOND: "companion"}
    _, events = other(text="再看我自己的 激活了没有", goal="order_status", focus={"owners": owners})
    assert slots(events)["focus"]["at"] == FIRST


def test_a_swap_of_the_companions_order_begins_with_it(orders: Engine) -> None:
    prove(orders, FIRST, SECOND)
    focus = {"owners": {FIRST: "companion", SECOND: "own"}}
    wish = {"text": "can hers be swapped for more days", "intent": "request_exchange", "confidence": 0.96}
    _, events = other("ask", goal="diagnose", focus=focus, **wish)
    assert (slots(events)["goal"], next_action(events)) == ("exchange", "refund_form")


def test_the_mail_of_the_other_number_proves_that_one(orders: Engine) -> None:
    prove(orders, FIRST)
    with Session(orders, future=True) as session, session.begin():
        add_order(session, "NZ10000008", email="yuki@example.com")
    found = [{"entity": "order_number", "value": each} for each in (FIRST, "NZ10000008")]
    named = {**UserUttered("two orders"), "parse_data": {"entities": found}}
    _, events = other("inform", entities={"email": "yuki@example.com"}, before=[named], goal="order_status")
    assert slots(events)["order_verified"] is True
    assert about(orders) == "NZ10000008"


@pytest.mark.parametrize(
    ("text", "action"),
    [("how many days are left on the other", "action_data_usage"), ("has the other one calls", "action_calls_sms")],
)
def test_what_is_asked_of_the_other_order(orders: Engine, text: str, action: str) -> None:
    prove(orders, FIRST, SECOND)
    _, events = other("switch_order", "ask", text=text, goal="order_status")
    assert next_action(events) == action


@pytest.mark.parametrize(
    ("text", "number"), [("the first one", FIRST), ("back to the second", SECOND), ("第一个", FIRST)]
)
def test_of_two_proven_orders_the_one_pointed_at(orders: Engine, text: str, number: str) -> None:
    prove(orders, FIRST, SECOND)
    here, _ = other(text=text, goal="order_status")
    assert about(orders) == number
    assert said(here) == ([] if number == SECOND else ["utter_order_taken"])  # it is this one already


def test_a_number_that_is_proven_already_needs_no_mail(orders: Engine) -> None:
    prove(orders, FIRST, SECOND)
    here, events = other(entities={"order_number": FIRST}, goal="refund")
    assert (said(here), next_action(events)) == (["utter_order_taken"], "refund_form")


def test_a_number_of_the_same_buyer_is_proven_by_the_mail_that_is_known(orders: Engine) -> None:
    prove(orders, SECOND)
    with Session(orders, future=True) as session, session.begin():
        add_order(session, FIRST)
    here, events = other("correct", entities={"order_number": FIRST.lower()}, goal="data_usage")
    assert said(here) == ["utter_order_taken"]
    assert (about(orders), next_action(events)) == (FIRST, "action_data_usage")
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
        "symptom": None,
        "observed": None,
        "requested_slot": None,
        "focus": {"left": {SECOND: {"goal": "refund"}}},
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


def test_a_number_that_is_in_the_slot_already_is_another_order_all_the_same(orders: Engine) -> None:
    prove(orders, FIRST, SECOND)
    before = [dict(SlotSet("order_number", SECOND))]
    here, events = other(entities={"order_number": FIRST}, order_number=FIRST, goal="refund", before=before)
    assert (said(here), next_action(events)) == (["utter_order_taken"], "refund_form")
    assert slots(events)["diagnosis"] is None


def test_a_fault_is_one_of_the_new_order_only_while_it_is_the_matter(orders: Engine) -> None:
    prove(orders, FIRST, SECOND)
    asked = {"symptom": "slow", "observed": ["slow"], "before": [did("action_data_usage"), did("diagnosis_form")]}
    _, fault = other(entities={"order_number": FIRST}, goal="diagnose", **asked)
    assert (next_action(fault), "symptom" in slots(fault), slots(fault)["observed"]) == ("diagnosis_form", False, None)
    _, refund = other(entities={"order_number": SECOND}, goal="refund", **asked)
    assert (slots(refund)["symptom"], slots(refund)["observed"]) == (None, None)


def test_on_without_an_order() -> None:
    fault = turn("decline", goal="diagnose", form="order_form")
    events = without_order(fault)
    assert (said(fault), next_action(events), leaves_form(events)) == ([], "diagnosis_form", True)
    status = turn("decline", goal="order_status", form="order_form")
    events = without_order(status)
    assert (said(status), next_action(events)) == (["utter_order_needed"], "action_listen")
    assert (slots(events)["goal"], slots(events)["order_verified"]) == (None, False)


def named(*numbers: str) -> dict[str, Any]:
    """A message of before that named orders."""
    entities = [{"entity": "order_number", "value": number} for number in numbers]
    return dict(UserUttered("…", parse_data={"entities": entities}))


def test_the_order_named_and_not_proven_is_the_other_one(orders: Engine) -> None:
    prove(orders, FIRST)
    _, events = other(goal="diagnose", symptom="slow", before=[named(FIRST, FOREIGN), named(FIRST)])
    assert (slots(events)["order_number"], slots(events)["goal"]) == (FOREIGN, "diagnose")
    assert (slots(events)["focus"]["wants_other"], next_action(events)) == (True, "order_form")


def test_the_second_matter_is_that_of_the_order_asked_for(orders: Engine) -> None:
    prove(orders, FIRST)
    _, events = other(goal="payment", offer="report_no_service", situation="choices")
    assert (slots(events)["goal"], slots(events)["symptom"]) == ("diagnose", "no_service")


def test_a_question_that_only_resembles_another_order_is_answered(orders: Engine) -> None:
    prove(orders, FIRST)
    here, events = other("ask", "switch_order@0.6", goal="refund", units="gift-an-esim.buy-for-somebody-else@0.5")
    assert (said(here), next_action(events)) == ([], "action_answer_question")


def test_amid_a_diagnosis_the_other_order_has_the_same_fault(orders: Engine) -> None:
    prove(orders, FIRST)
    _, events = other(form="diagnosis_form", goal="refund", symptom="no_service")
    assert (slots(events)["goal"], slots(events)["symptom"]) == ("diagnose", "no_service")
