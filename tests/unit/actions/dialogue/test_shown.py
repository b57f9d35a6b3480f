"""Which of the plans shown a message means, and what is told of it."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from actions.dialogue.shown import answer_about_plan, plan_pointed_at, plans_shown
from actions.turn import Event, Turn
from tests.support.order_rows import add_plan
from tests.support.turns import told, turn

SMALL, LARGE, DOLLARS = "nz-5", "nz-au-20", "us-30"


@pytest.fixture
def plans(orders: Engine) -> None:
    with Session(orders, future=True) as session, session.begin():
        add_plan(session, SMALL, price_minor=2900)
        add_plan(
            session,
            LARGE,
            countries=("NZ", "AU"),
            name_en="New Zealand and Australia 20 GB",
            name_zh="新西兰澳大利亚 20 GB",
            data_mb=20480,
            days=30,
            price_minor=4900,
            hotspot=False,
            calls_sms=True,
        )
        # 30.00 US dollars are more than 49.00 New Zealand dollars
        add_plan(
            session,
            DOLLARS,
            name_en="Kiwi Unlimited",
            name_zh="奇异不限量",
            data_mb=None,
            fair_use_mb=2048,
            days=7,
            price_minor=3000,
            currency="USD",
        )


def cards(*titles: str) -> Event:
    return told("utter_text", custom={"cards": [{"title": title} for title in titles]})


THREE = cards("New Zealand 5 GB", "New Zealand and Australia 20 GB", "Kiwi Unlimited")
OPTIONS = told("utter_exchange_choose", *(f'/inform{{"exchange_plan": "{plan}"}}' for plan in (LARGE, SMALL)))


def listed(text: str, *before: Event, labels: tuple[str, ...] = ("refer", "ask"), **more: Any) -> Turn:
    return turn(*labels, text=text, situation="plan_list", before=before or (THREE,), **more)


@pytest.mark.usefixtures("plans")
def test_plans_are_those_of_the_cards_or_choices_shown_last() -> None:
    assert plans_shown(listed("?")) == [SMALL, LARGE, DOLLARS]
    assert plans_shown(listed("?", THREE, OPTIONS)) == [LARGE, SMALL]
    assert plans_shown(listed("?", OPTIONS, THREE)) == [SMALL, LARGE, DOLLARS]
    assert plans_shown(listed("?", told("utter_greet"))) == []
    assert plans_shown(listed("?", cards("新西兰 5 GB", "紐西蘭 5 GB", "gone"))) == [SMALL]
    # the message with the cards is no longer among the events that Rasa hands over
    assert plans_shown(listed("?", told("utter_greet"), focus={"shown": [LARGE, SMALL]})) == [LARGE, SMALL]


@pytest.mark.usefixtures("plans")
@pytest.mark.parametrize(
    ("text", "plan"),
    [
        ("the second one, how much data?", LARGE),
        ("第二个能开热点吗", LARGE),
        ("what about the last one", DOLLARS),
        ("the one with Australia", LARGE),
        ("and Kiwi Unlimited?", DOLLARS),
        ("how long is the 20 GB one", LARGE),
        ("is the cheapest any good", SMALL),
        ("最便宜的那个呢", SMALL),
        ("the most expensive one?", DOLLARS),
        ("which has the most data", DOLLARS),
        ("the longest one", LARGE),
        ("the fourth one", None),
        ("is the network good", None),
    ],
)
def test_a_plan_is_pointed_at_by_place_name_or_extreme(text: str, plan: str | None) -> None:
    assert plan_pointed_at(listed(text)) == plan


@pytest.mark.usefixtures("plans")
def test_pointing_needs_something_shown_or_said_to_be_pointed_at() -> None:
    elsewhere = turn("ask", text="the second one?", situation="told", before=(THREE,))
    assert plan_pointed_at(elsewhere) is None
    referred = turn("refer", text="the second one?", situation="told", before=(THREE,))
    assert plan_pointed_at(referred) == LARGE
    chosen = turn("choose", text="the first", situation="exchange_choice", before=(OPTIONS,))
    assert plan_pointed_at(chosen) == LARGE
    assert plan_pointed_at(listed("the second one?", told("utter_greet"))) is None


@pytest.mark.usefixtures("plans")
@pytest.mark.parametrize(
    ("text", "focus", "entities", "plan"),
    [
        ("and does it have hotspot?", {"plan": LARGE}, {}, LARGE),
        ("它能用几天", {"plan": LARGE}, {}, LARGE),
        ("is it any good?", {"plan": LARGE}, {}, None),  # no property of a plan
        ("how long?", {}, {}, None),
        ("how long?", {"plan": "not-shown"}, {}, None),
        ("how much data for Fiji?", {"plan": LARGE}, {"destination": "FJ"}, None),  # another plan is looked for
        ("price for two weeks?", {"plan": LARGE}, {"amount_of_time": 14}, None),
    ],
)
def test_the_plan_in_focus_is_meant_by_a_question_on_a_property(
    text: str, focus: dict[str, str], entities: dict[str, Any], plan: str | None
) -> None:
    here = listed(text, labels=("ask",), focus=focus, entities=entities)
    assert plan_pointed_at(here, by_focus=True) == plan


@pytest.mark.usefixtures("plans")
@pytest.mark.parametrize(
    ("text", "language", "detail"),
    [
        ("how much is it", "en", "NZ$49.00"),
        ("几天", "zh", "30 天"),
        ("can I use it as a hotspot", "en", "no hotspot"),
        ("can I call with it", "en", "calls and texts included"),
        ("does it cover Australia", "en", "New Zealand, Australia"),
    ],
)
def test_of_a_plan_what_is_asked_is_told_and_nothing_else(text: str, language: str, detail: str) -> None:
    here = listed(text, language=language)
    assert answer_about_plan(here, LARGE)
    (message,) = here.dispatcher.messages
    assert message["response"] == "utter_plan_detail"
    assert message["detail"] == detail
    assert message["plan"] == ("新西兰澳大利亚 20 GB" if language == "zh" else "New Zealand and Australia 20 GB")


@pytest.mark.usefixtures("plans")
def test_of_a_plan_everything_is_told_when_nothing_in_particular_is_asked() -> None:
    here = listed("tell me about it")
    assert answer_about_plan(here, LARGE)
    (message,) = here.dispatcher.messages
    for part in ("20 GB", "30 days", "NZ$49.00", "Australia", "no hotspot", "calls and texts included"):
        assert part in message["detail"]


@pytest.mark.usefixtures("plans")
def test_a_plan_no_longer_sold_is_not_told_of(orders: Engine) -> None:
    with Session(orders, future=True) as session, session.begin():
        add_plan(session, "old", on_sale=False)
    here = listed("how much")
    assert not answer_about_plan(here, "old")
    assert here.dispatcher.messages == []
