"""Every pack of an order is listed with its end where that comes first, and the list stays on the table."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from actions.answers import ActionInform
from actions.dialogue import about_plan
from actions.plans.top_up import ActionTopup
from actions.turn import Turn
from tests.support.order_rows import NOW, add_plan
from tests.support.turns import did, next_action, prove, said, slots, told, turn

NUMBER = "NZ10000003"
PACKS = {"nz-1": (1024, 3, 690), "nz-3": (3072, 7, 1490), "nz-10": (10240, 30, 3490), "nz-20": (20480, 60, 4990)}
LIST = told("utter_topup", custom={"cards": [{"title": name} for name in PACKS]})

OF_PACKS = {"list": "top_up"}


@pytest.fixture
def order(orders: Engine) -> Engine:
    """An order of 5 GB for 15 days that ends in ten days."""
    with Session(orders, future=True) as session, session.begin():
        for name, (data, length, price) in PACKS.items():
            add_plan(session, name, name_en=name, name_zh=name, data_mb=data, days=length, price_minor=price)
    prove(orders, NUMBER, esim={"profile_state": "enabled", "expires_at": NOW + timedelta(days=10)})
    return orders


def asked(text: str, **more: Any) -> Turn:
    here = turn("ask", text=text, order_verified=True, **more)
    ActionTopup().handle(here)
    return here


def test_no_pack_is_left_out_and_one_that_ends_first_says_so(order: Engine) -> None:
    here = asked("we are four people for two weeks, I need more data")
    listed = str(here.dispatcher.messages[0]["packs"]).splitlines()
    assert [line.split(",")[0] for line in listed[:2]] == ["• 1 GB", "• 3 GB"]
    assert len(listed) == 5  # those four and the plan itself
    assert [("before your plan" in line) for line in listed if line.startswith(("• 1 GB", "• 3 GB"))] == [True, True]
    assert not any("before your plan" in line for line in listed if line.startswith(("• 10 GB", "• 20 GB")))


def test_more_days_come_only_from_a_pack_that_ends_after_the_plan(order: Engine) -> None:
    here = asked("can I extend it by some days")
    assert said(here)[0] == "utter_topup_days"
    assert here.dispatcher.messages[0]["pack"] not in ("nz-1", "nz-3")


def test_what_is_bought_unasked_lasts_as_long_as_the_plan(order: Engine) -> None:
    here = asked("how do I pay for more data")
    assert said(here)[0] == "utter_topup_buy"
    assert here.dispatcher.messages[0]["pack"] not in ("nz-1", "nz-3")


@pytest.mark.parametrize("text", ["the second one please", "就第二个吧", "nz-3"])
def test_one_of_the_list_is_taken_as_a_top_up(order: Engine, text: str) -> None:
    more: dict[str, Any] = {"situation": "plan_list", "before": [LIST], "order_verified": True}
    events = ActionInform().handle(turn("choose", text=text, focus=OF_PACKS, **more))
    assert next_action(events) == "action_topup"
    assert slots(events)["focus"]["plan"] == "nz-3"
    here = turn("choose", text=text, focus=slots(events)["focus"], since=[did("action_inform")], **more)
    ActionTopup().handle(here)
    assert (said(here), here.dispatcher.messages[0]["pack"]) == (["utter_topup_buy"], "nz-3")


@pytest.mark.parametrize("text", ["ok I take the 3 GB one", "那就要3GB的"])
def test_one_of_the_list_is_taken_after_another_question(order: Engine, text: str) -> None:
    before = [LIST, told("utter_coverage_no")]
    here = turn("unclear", text=text, situation="told", asked="coverage", before=before, focus=OF_PACKS)
    events = about_plan.answer(here) or []
    assert next_action(events) == "action_topup"
    assert slots(events)["focus"]["plan"] == "nz-3"


def test_the_list_is_kept_beside_another_question(order: Engine) -> None:
    here = turn("ask", text="I need more data", order_verified=True)
    assert slots(ActionTopup().handle(here))["focus"]["shown"][:2] == ["nz-1", "nz-3"]


@pytest.mark.parametrize(
    ("more", "response"),
    [
        ({"text": "那我要怎么上网 要加钱吗", "destination": "AU"}, "utter_topup_not_there"),
        ({"text": "do I pay extra then", "destination": "AU"}, "utter_topup_not_there"),
        (
            {"text": "more data for later", "entities": {"destination": "NZ"}, "destination": "AU"},
            "utter_topup",
        ),
        ({"text": "more data please", "destination": "AU", "observed": ["arrived"]}, "utter_topup"),
    ],
)
def test_outside_of_the_plan_no_top_up_is_the_way(order: Engine, more: dict[str, Any], response: str) -> None:
    with Session(order, future=True) as session, session.begin():
        add_plan(session, "both", name_en="Both", name_zh="两国", kind="nz_au", countries=("NZ", "AU"))
    here = turn("ask", before=[told("finding.outside_coverage")], order_verified=True, **more)
    ActionTopup().handle(here)
    assert said(here)[0] == response
    if response == "utter_topup_not_there":
        assert said(here)[1:] == ["utter_plans_intro", "utter_text"]
        assert [card["title"] for card in here.dispatcher.messages[-1]["custom"]["cards"]] in (["Both"], ["两国"])
