"""A stop on the way: the plan of the order there, and why it has no network."""

from __future__ import annotations

import pytest
from sqlalchemy.engine import Engine

from actions.clarify import ActionTwoMatters
from actions.plans import stop
from aftercare.understanding.questions import asserts_not
from tests.support.turns import prove, said, turn

STARTS = "plan-start-and-validity.stopover-starts@0.9"


@pytest.mark.parametrize(
    ("text", "country", "response"),
    [
        ("we stop over in Singapore, does it start there?", "SG", "utter_stop_starts_not"),
        ("so it is not covered and does not start there, correct?", "SG", "utter_stop_starts_not_right"),
        ("在香港转机会不会开始计时", "HK", "utter_stop_starts_not"),
        ("所以在那里不会开始，对吧", "HK", "utter_stop_starts_not_right"),
    ],
)
def test_a_stop_outside_the_plan_starts_nothing(orders: Engine, text: str, country: str, response: str) -> None:
    prove(orders, "NZ10000003")
    here = turn("ask", text=text, units=STARTS, entities={"destination": country}, order_number="NZ10000003")
    assert stop.answer(here) == []
    assert said(here) == [response]


def test_a_stop_without_an_order_is_told_of_in_general() -> None:
    here = turn("ask", text="does it start on our stopover in Doha?", units=STARTS, entities={"destination": "QA"})
    assert stop.answer(here) == []
    assert said(here) == ["utter_article"]


def test_plans_asked_for_are_no_question_about_ones_own() -> None:
    here = turn("ask", text="which plan for a stopover in Sydney?", units=STARTS, entities={"destination": "AU"})
    assert stop.answer(here) is None


def test_who_is_on_a_stop_outside_the_plan_is_told_that_nothing_is_broken(orders: Engine) -> None:
    prove(orders, "NZ10000003")
    here = turn(
        text="my phone has no internet now, I'm in Sydney on a stopover",
        intent="report_no_data",
        confidence=0.66,
        order_number="NZ10000003",
    )
    here.tracker.latest_message["entities"] = [{"entity": "destination", "value": "AU", "start": 37, "end": 43}]
    ActionTwoMatters().handle(here)
    assert said(here) == ["utter_stop_no_network"]


@pytest.mark.parametrize("text", ["it doesn't start there", "does it not start?", "is that right?", "对吗"])
def test_only_a_denial_that_wants_a_yes_is_confirmed(text: str) -> None:
    assert not asserts_not(text)
