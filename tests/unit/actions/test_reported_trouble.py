"""A trouble told before its order: what the order number after it is given for, and what has dealt with it."""

from __future__ import annotations

from typing import Any

import pytest
from rasa_sdk.events import SlotSet, UserUttered
from sqlalchemy.engine import Engine

from actions.answers import ActionDeny, ActionInform
from actions.orders.status import ActionOrderStatus
from actions.reported_trouble import ESIM_GONE, PHONE_GONE, Trouble, instructs, reported_trouble, tried_by_answers
from actions.turn import Event
from aftercare.articles.units import unit
from tests.support.readings import reading
from tests.support.turns import did, next_action, prove, said, slots, told, turn


def message(*labels: str, unit: str = "", intents: dict[str, float] | None = None) -> list[Event]:
    """A message of before, as Rasa keeps it: its words, how they were read, and the article that answered."""
    ranking = [{"name": name, "confidence": chance} for name, chance in (intents or {}).items()]
    kept = [
        dict(UserUttered("…", parse_data={"intent_ranking": ranking})),
        SlotSet("reading", reading(*labels).as_slot()),
    ]
    return [*kept, SlotSet("focus", {"unit": unit})] if unit else kept


@pytest.mark.parametrize(
    ("before", "trouble"),
    [
        (message("start:report_fault@0.41", unit="coverage.others-have-signal"), Trouble(None)),
        (message("start:report_no_service@0.39", unit="suddenly-stopped.on-the-road"), Trouble("no_service")),
        (message("observe:code_used", "ask@0.5"), Trouble("activation")),
        (message("ask", unit="delete-and-reinstall.deleted-by-mistake"), Trouble("activation")),
        (message("ask", unit="phone-lost-or-reset.stolen-phone-now"), Trouble(phone_gone=True)),
        (message("unclear@0.2", intents={"report_no_data": 0.2, "report_stopped_working": 0.2}), Trouble(None)),
        (message("ask_why@0.6", intents={"report_slow_data": 0.59}), Trouble("slow")),
        (message("ask", intents={"report_slow_data": 0.6}), None),  # how fast it is, not that it is slow
        (message("ask", unit="hotspot.hotspot-allowed"), None),
        (message("greet"), None),
        (message("complain@0.5"), Trouble(None)),
        (message("complain@0.5", "ask"), None),
    ],
)
def test_what_an_order_number_is_given_for(before: list[Event], trouble: Trouble | None) -> None:
    here = turn("inform", before=[*before, *message("thank")])
    assert reported_trouble(here) == trouble


def test_a_trouble_in_the_message_that_brings_the_order() -> None:
    assert reported_trouble(turn("inform", "start:report_no_data@0.35")) == Trouble("no_data")


@pytest.mark.parametrize("action", ["diagnosis_form", "action_handoff", "action_start_over"])
def test_what_was_dealt_with_is_no_trouble_any_more(action: str) -> None:
    assert reported_trouble(turn("inform", before=[*message("start:report_no_data"), did(action)])) is None


def test_a_matter_told_since_goes_before_it() -> None:
    before = [*message("start:report_no_data"), *message("start:check_order_status")]
    assert reported_trouble(turn("inform", before=before)) is None


def test_the_order_number_after_a_trouble_begins_its_diagnosis() -> None:
    before = message("start:report_fault@0.41", unit="coverage.others-have-signal")
    here = turn("inform", before=before, entities={"order_number": "NZ10000006"})
    events = ActionInform().handle(here)
    assert (slots(events)["goal"], next_action(events)) == ("diagnose", "order_form")


def test_the_order_number_after_a_question_asks_where_it_stands() -> None:
    before = message("ask", unit="hotspot.hotspot-allowed")
    here = turn("inform", before=before, entities={"order_number": "NZ10000006"})
    assert slots(ActionInform().handle(here))["goal"] == "order_status"


# what an answer had the traveller do


@pytest.mark.parametrize(
    ("about", "does"),
    [
        ("utter_apn_order", True),
        ("utter_roaming", True),
        ("article.no-such.unit", False),  # of an older release
        ("article.apn.apn-menu-missing", True),
        ("article.no-service.sos-only", True),
        ("utter_dual_sim", False),
        ("article.what-is-an-esim.what-is-it", False),
    ],
)
def test_which_answers_tell_something_to_do(about: str, does: bool) -> None:
    assert instructs(turn(), about) is does


RATED = '/rate_answer{"helpful": "no", "about": "utter_apn_order"}'


@pytest.mark.parametrize(
    ("known", "action"),
    [({"order_verified": True}, "diagnosis_form"), ({}, "order_form")],
)
def test_what_did_not_help_goes_to_the_diagnosis_and_counts_as_tried(known: dict[str, Any], action: str) -> None:
    before = [did("action_apn"), told("utter_apn_order", RATED)]
    here = turn("step:failed", text="typed it in, no change", intent="deny", before=before, **known)
    events = ActionDeny().handle(here)
    assert (said(here), next_action(events)) == ([], action)
    assert (slots(events)["goal"], slots(events)["steps_tried"]) == ("diagnose", ["apn_set"])


@pytest.mark.parametrize("text", ["no", "没"])
def test_a_bare_no_is_about_the_answer(text: str) -> None:
    here = turn("step:failed", text=text, intent="deny", before=[told("utter_apn_order", RATED)])
    ActionDeny().handle(here)
    assert said(here) == ["utter_not_helpful"]


def test_a_fault_told_with_a_no_is_looked_at() -> None:
    rated = told("utter_what_is_esim", RATED.replace("utter_apn_order", "utter_what_is_esim"))
    here = turn("decline@0.5", "start:report_no_data@0.48", text="no connection", intent="deny", before=[rated])
    events = ActionDeny().handle(here)
    assert (slots(events)["symptom"], next_action(events)) == ("no_data", "order_form")


def test_tried_by_the_article_told_last() -> None:
    assert tried_by_answers(turn(focus={"unit": "data-roaming.roaming-which-line"})) == ["roaming_on"]
    assert tried_by_answers(turn(focus={"unit": "hotspot.share"}, steps_tried=["restarted"])) == ["restarted"]


def test_the_questions_that_tell_a_trouble_are_in_the_articles() -> None:
    assert {name for name in ESIM_GONE | PHONE_GONE if unit(name, "en") is None} == set()


def status(orders: Engine, *labels: str, before: list[Event]) -> tuple[list[str], str | None]:
    prove(orders, "NZ10000003")
    here = turn(*labels, before=before, goal="order_status", order_number="NZ10000003")
    events = ActionOrderStatus().handle(here)
    return said(here), next_action(events)


def test_where_the_order_stands_is_not_what_a_trouble_wants_to_know(orders: Engine) -> None:
    assert status(orders, "inform", before=message("start:report_no_data")) == ([], "diagnosis_form")


def test_where_the_order_stands_when_that_is_asked(orders: Engine) -> None:
    assert status(orders, "ask", before=message("start:report_no_data")) == (["utter_order_status"], None)
