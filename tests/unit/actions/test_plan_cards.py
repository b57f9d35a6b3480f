"""Plans as cards: final words in the traveller's language, the same as in the text beside them."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

import pytest
from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions import plans
from actions.base import Turn
from actions.plans import ActionPricePlans, _fitting, show_plans
from aftercare.base.language import HAN
from aftercare.orders.plans import PlanOffer

OFFER: dict[str, Any] = {
    "plan_id": "nz-10",
    "name_en": "New Zealand 10 GB",
    "name_zh": "新西兰 10 GB",
    "provider_id": "kiwi",
    "provider_en": "KiwiRoam",
    "provider_zh": "奇异漫游",
    "kind": "nz_travel",
    "countries": frozenset({"NZ"}),
    "data_mb": 10240,
    "fair_use_mb": None,
    "throttle_kbps": None,
    "days": 30,
    "price_minor": 3490,
    "currency": "NZD",
    "starts_at": "first_use",
    "hotspot": True,
    "calls_sms": False,
    "top_up": True,
}


def offer(**changes: Any) -> PlanOffer:
    return PlanOffer(**{**OFFER, **changes})


def turn(text: str = "", **slots: Any) -> Turn:
    tracker = Tracker("t", slots, {"text": text}, [], False, None, {}, "action_listen")
    return Turn(tracker, CollectingDispatcher())


def cards(of: Turn) -> list[dict[str, Any]]:
    (with_cards,) = (message for message in of.dispatcher.messages if message["custom"])
    return list(with_cards["custom"]["cards"])


def test_a_card_says_what_the_text_says() -> None:
    here = turn(language="en")
    show_plans(here, [offer()], ["the cheapest that fits"])
    assert cards(here) == [
        {
            "title": "New Zealand 10 GB",
            "lines": ["10 GB", "30 days", "New Zealand", "hotspot allowed"],
            "price": "NZ$34.90",
            "reason": "the cheapest that fits",
        }
    ]
    body = here.dispatcher.messages[-1]["body"]
    for words in ("New Zealand 10 GB", "10 GB", "30 days", "NZ$34.90", "the cheapest that fits"):
        assert words in body


def test_cards_in_chinese_and_its_scripts() -> None:
    simplified, traditional = turn(language="zh"), turn(language="zh", script="hant")
    unlimited = offer(data_mb=None, fair_use_mb=2048, countries=frozenset({"NZ", "AU"}), hotspot=False)
    for here in (simplified, traditional):
        show_plans(here, [unlimited], ["不用担心流量"])
    assert cards(simplified)[0]["lines"] == ["不限量（每天 2 GB 高速）", "30 天", "新西兰、澳大利亚"]
    assert cards(traditional)[0]["reason"] == "不用擔心流量"


def test_many_countries_are_counted() -> None:
    here = turn(language="en")
    show_plans(here, [offer(countries=frozenset({"NZ", "AU", "JP", "SG", "TH"}))], ["more data"])
    assert cards(here)[0]["lines"][2] == "5 countries, New Zealand included"


def test_at_most_three() -> None:
    here = turn(language="en")
    show_plans(here, [offer()] * 5, ["because"] * 5)
    assert len(cards(here)) == 3


# Each has what the others lack.
SMALL, LARGE, ENDLESS = (
    offer(data_mb=3072, hotspot=True),
    offer(data_mb=20480, hotspot=False, calls_sms=True),
    offer(data_mb=None),
)


@pytest.mark.parametrize(
    ("text", "fitting"),
    [
        ("which plans are there?", [SMALL, LARGE, ENDLESS]),
        ("I need about 15GB", [LARGE, ENDLESS]),
        ("要20个G的", [LARGE, ENDLESS]),
        ("500 MB is enough", [SMALL, LARGE, ENDLESS]),
        ("an unlimited plan please", [ENDLESS]),
        ("有没有不限量的", [ENDLESS]),
        ("I must tether my laptop", [SMALL, ENDLESS]),
        ("5G 网络的有吗，要开热点", [SMALL, ENDLESS]),
        ("is it 5G?", [SMALL, LARGE, ENDLESS]),
        ("5G流量够了", [LARGE, ENDLESS]),
        ("5 GB will do", [LARGE, ENDLESS]),
        ("I need 900 TB", [ENDLESS]),
        ("a plan with a local number for calls", [LARGE]),
        ("要能打电话的", [LARGE]),
    ],
)
def test_the_data_and_the_hotspot_asked_for(text: str, fitting: list[PlanOffer]) -> None:
    assert list(_fitting(turn(text), [SMALL, LARGE, ENDLESS])) == fitting


def test_a_wish_nobody_fulfils_leaves_the_choice() -> None:
    assert list(_fitting(turn("unlimited with hotspot"), [LARGE])) == [LARGE]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_no_plan_for_a_phone_that_cannot_use_one(language: str) -> None:
    here = turn("which plan for my phone?", language=language, device="apple-iphone-4s")
    assert ActionPricePlans().handle(here) == []
    (said,) = here.dispatcher.messages
    assert said["response"] == "utter_plans_phone_cannot"
    assert bool(HAN.search(said["note"])) == (language == "zh")


YEAR, HALF = offer(days=365, price_minor=23900), offer(days=180, price_minor=13900)


@pytest.mark.parametrize(
    ("stay", "shown", "reasons"),
    [
        (None, [YEAR, HALF], ["NZ$0.65 a day", "NZ$0.77 a day"]),
        (90.0, [HALF, YEAR], ["NZ$1.54 a day", "NZ$2.65 a day"]),
    ],
)
def test_a_long_stay_is_priced_by_its_own_days(
    monkeypatch: pytest.MonkeyPatch, stay: float | None, shown: list[PlanOffer], reasons: list[str]
) -> None:
    monkeypatch.setattr(plans, "long_stay_plans", lambda session, days=None: (YEAR, HALF))
    here = turn(language="en", amount_of_time=stay)
    monkeypatch.setattr(here, "orders", lambda: nullcontext())
    plans.ActionLocalPlan().handle(here)
    assert [card["price"] for card in cards(here)] == [plans.card_of(here, plan, "")["price"] for plan in shown]
    assert [card["reason"] for card in cards(here)] == reasons
