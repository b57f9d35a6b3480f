"""Plans as cards: final words in the traveller's language, the same as in the text beside them."""

from __future__ import annotations

import pytest
from sqlalchemy.engine import Engine

from actions.plans.offers import fitting, own_first, reasons_for, show_plans
from actions.turn import Turn
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
            "seller": "KiwiRoam",
        }
    ]
    body = here.dispatcher.messages[-1]["body"]
    for words in ("New Zealand 10 GB", "KiwiRoam", "10 GB", "30 days", "NZ$34.90", "the cheapest that fits"):
        assert words in body


def test_cards_in_chinese_and_its_scripts() -> None:
    simplified, traditional = turn(language="zh"), turn(language="zh", script="hant")
    unlimited = offer(data_mb=None, fair_use_mb=2048, countries=frozenset({"NZ", "AU"}), hotspot=False)
    for here in (simplified, traditional):
        show_plans(here, [unlimited], ["不用担心流量"])
    assert cards(simplified)[0]["lines"] == ["不限量（每天 2 GB 高速）", "30 天", "新西兰、澳大利亚"]
    shown = in_traditional({"custom": {"cards": cards(traditional)}})["custom"]["cards"]
    assert shown[0]["reason"] == "不用擔心流量"
    sold = turn(language="zh", script="hant")
    show_plans(sold, [OURS], ["最便宜"])
    (shown,) = in_traditional({"custom": {"cards": cards(sold)}})["custom"]["cards"]
    assert (shown["action"], shown["url"].split("/")[-1]) == ("去購買", "shop#kiwi-nz-5gb-15d")


IN_CHINA = offer(price_minor=15800, currency="CNY", provider_id="haoxing")
IN_AMERICA = offer(price_minor=2400, currency="USD", provider_id="pacifica", plan_id="p-1")
OURS = offer(price_minor=9900, provider_id="kiwi-roam", plan_id="kiwi-nz-5gb-15d")


def on_page(text: str = "", **page: str) -> Turn:
    """A turn on a seller's page."""
    here = turn(text, language="en")
    here.tracker.events.append({"event": "user", "text": text, "metadata": page})
    return here


def test_one_currency_the_exact_price_beside_it(orders: Engine) -> None:
    here = on_page(seller="kiwi-roam")
    show_plans(here, [IN_CHINA, IN_AMERICA, OURS], ["because"] * 3)
    shown = cards(here)
    assert [card["price"] for card in shown] == ["about NZ$38.00", "about NZ$41.00", "NZ$99.00"]
    assert [card["lines"][-1] for card in shown] == [
        "charged as ¥158.00, converted at the rate of 22 Nov 2026",
        "charged as US$24.00, converted at the rate of 22 Nov 2026",
        "hotspot allowed",
    ]
    *lines, note = here.dispatcher.messages[-1]["body"].splitlines()
    assert [line.count("$") + line.count("¥") for line in lines] == [1] * 3
    assert note == "Prices with “about” are converted at the rates of 22 Nov 2026."
    show_plans(here, [OURS], ["because"])
    assert "converted" not in here.dispatcher.messages[-1]["body"]


@pytest.mark.parametrize(
    ("text", "page", "price"),
    [
        ("in US dollars please", {"seller": "kiwi-roam"}, "US$24.00"),
        ("人民币多少钱", {}, "about ¥170.00"),
        ("", {"currency": "AUD"}, "about A$37.00"),
        ("", {"currency": "XXX"}, "about NZ$41.00"),
        ("", {}, "about NZ$41.00"),
    ],
)
def test_whose_currency_it_is(orders: Engine, text: str, page: dict[str, str], price: str) -> None:
    here = on_page(text, **page)
    show_plans(here, [IN_AMERICA, OURS], ["because"] * 2)
    assert cards(here)[0]["price"] == price


def test_offers_of_one_currency_keep_it() -> None:
    here = on_page(currency="AUD")
    show_plans(here, [IN_AMERICA], ["because"])
    assert cards(here)[0]["price"] == "US$24.00"


def test_the_pages_own_seller_comes_first() -> None:
    offers = [IN_CHINA, IN_AMERICA, offer(provider_id="longcloud"), OURS]
    assert own_first(on_page(seller="kiwi-roam"), offers)[0] == OURS
    assert len(own_first(on_page(seller="kiwi-roam"), offers)) == 3
    assert own_first(on_page(), offers)[0] != OURS


def test_a_button_leads_to_where_the_plan_is_bought() -> None:
    here = on_page()
    show_plans(here, [OURS, offer(provider_id="longcloud", plan_id="lc-1"), offer()], ["because"] * 3)
    shown = cards(here)
    assert shown[0]["url"].endswith("/shop#kiwi-nz-5gb-15d")
    assert shown[0]["url"].startswith("http")
    assert shown[1]["url"] == "https://longcloud.example.com/plans/lc-1"
    assert (shown[1]["action"], shown[2].get("action"), shown[2].get("url")) == ("How to buy", None, None)


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


def test_what_holds_less_than_was_reckoned_does_not_fit() -> None:
    here = turn("ten days with youtube every evening")
    six, eight = offer(plan_id="six", data_mb=6144), offer(plan_id="eight", data_mb=8192, price_minor=5900)
    assert list(fitting(here, [six, eight])) == [eight]  # 6.8 GB
    assert reasons_for(here, fitting(here, [six])) == ["less data than needed"]


def test_without_a_rate_nothing_is_converted(orders: Engine) -> None:
    here = on_page(seller="kiwi-roam")
    in_fiji = offer(price_minor=4550, currency="FJD", provider_id="pacifica", plan_id="p-2")
    in_tahiti = offer(price_minor=3500, currency="XPF", provider_id="pacifica", plan_id="p-3")
    show_plans(here, [in_fiji, in_tahiti, OURS], ["because"] * 3)
    assert [card["price"] for card in cards(here)] == ["FJD 45.50", "XPF 3,500", "NZ$99.00"]
    assert not any("charged" in line for card in cards(here) for line in card["lines"])
