"""Whether one's own plan works in a country."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from actions.dialogue import about_plan
from actions.plans import own_plan
from actions.plans.coverage import ActionCoverage
from actions.plans.recommend import ActionCrossborderPack
from tests.support.order_rows import add_plan
from tests.support.turns import next_action, prove, said, slots, turn

MINE = "does my eSIM work there?"


def test_without_an_order_it_depends_and_the_order_is_asked_for(orders: Engine) -> None:
    here = turn("ask", text=MINE, entities={"destination": "AU"}, intent="ask_coverage", confidence=0.9)
    assert next_action(own_plan.answer(here) or []) == "action_coverage"
    events = ActionCoverage().handle(here)
    assert said(here) == ["utter_coverage_depends", "utter_coverage_order_wanted"]
    assert slots(events)["offer"] == "with_order:action_coverage"
    nowhere = turn("ask", text=MINE, entities={"destination": "NP"})
    assert ActionCoverage().handle(nowhere) == []
    assert said(nowhere) == ["utter_coverage_country_no"]


def test_an_order_says_yes_or_no_of_each_country(orders: Engine) -> None:
    with Session(orders, future=True) as session, session.begin():
        add_plan(session, countries=("NZ", "AU"))
    prove(orders, "NZ10000003")
    here = turn("ask", text=MINE, order_number="NZ10000003")
    here.tracker.latest_message["entities"] = [{"entity": "destination", "value": code} for code in ("AU", "JP", "NZ")]
    ActionCoverage().handle(here)
    assert said(here) == ["utter_coverage_order_yes", "utter_coverage_order_no", "utter_coverage_order_yes"]


def test_no_list_of_plans_for_who_has_one(orders: Engine) -> None:
    has = turn("ask", text="I bought a NZ plan, can I use it there?", entities={"destination": "SG"})
    assert next_action(ActionCrossborderPack().handle(has)) == "action_coverage"


@pytest.mark.parametrize(
    ("changes", "response"),
    [
        ({"text": "no internet in London", "entities": {"destination": "GB"}}, ["utter_place_outside"]),
        ({"text": "no internet in Nepal", "entities": {"destination": "NP"}}, ["utter_place_outside_all"]),
        ({"text": "手机是国内版，没网", "entities": {"destination": "CN"}}, []),
        ({"text": "no internet here", "entities": {"destination": "NZ"}}, []),
    ],
)
def test_a_fault_in_another_country(changes: dict[str, Any], response: list[str]) -> None:
    here = turn("start:report_no_data", **changes)
    own_plan.tell_outside(here)
    assert said(here) == response


def test_plans_for_two_countries_are_listed_whatever_ones_own_covers(orders: Engine) -> None:
    with Session(orders, future=True) as session, session.begin():
        add_plan(session)
        add_plan(session, "both", name_en="Both", name_zh="两国", kind="nz_au", countries=("NZ", "AU"))
    prove(orders, "NZ10000003")
    for text in ("which plan covers both nz and australia", "有没有新西兰和澳大利亚两国都能用的套餐 多少钱"):
        here = turn("ask", text=text, order_number="NZ10000003")
        here.tracker.latest_message["entities"] = [{"entity": "destination", "value": code} for code in ("NZ", "AU")]
        ActionCoverage().handle(here)
        assert said(here) == ["utter_plans_intro", "utter_text"]
        assert next_action(about_plan.of_countries(here) or []) == "action_price_plans"
