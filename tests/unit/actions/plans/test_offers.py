"""Plans as cards: final words in the traveller's language, the same as in the text beside them."""

from __future__ import annotations

import pytest

from actions.plans.offers import fitting, show_plans
from aftercare.orders.plans import PlanOffer
from aftercare.rasa_components.traditional import in_traditional
from tests.support.plan_offers import cards, offer, turn


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
    shown = in_traditional({"custom": {"cards": cards(traditional)}})["custom"]["cards"]
    assert shown[0]["reason"] == "不用擔心流量"


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
    ("text", "suited"),
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
def test_the_data_and_the_hotspot_asked_for(text: str, suited: list[PlanOffer]) -> None:
    assert list(fitting(turn(text), [SMALL, LARGE, ENDLESS])) == suited


def test_a_wish_nobody_fulfils_leaves_the_choice() -> None:
    assert list(fitting(turn("unlimited with hotspot"), [LARGE])) == [LARGE]
