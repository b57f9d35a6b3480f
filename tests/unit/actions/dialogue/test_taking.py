"""A plan that is taken by its data: where it is sold, and what several of them cost."""

from __future__ import annotations

import pytest

from actions.dialogue import taking
from actions.dialogue.taking import taken_by_amount
from tests.support.plan_offers import offer
from tests.support.turns import said, turn

FIVE = offer(plan_id="five", name_en="Five", data_mb=5120, price_minor=2290)
SIX = offer(plan_id="six", name_en="Six", data_mb=6144, price_minor=2900)


@pytest.fixture(autouse=True)
def _shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(taking, "offers_shown", lambda _: [SIX])
    monkeypatch.setattr(taking, "plans_shown", lambda _: ["six"])
    monkeypatch.setattr(taking, "currency_of", lambda *_: "NZD")


@pytest.mark.parametrize(
    ("text", "language", "responses"),
    [
        ("ok, we'll take three 5gb, where do i buy", "en", ["utter_plan_total", "utter_plan_buy_seller"]),
        ("那我们要三个5GB的，在哪买", "zh", ["utter_plan_total", "utter_plan_buy_seller"]),
        ("where can I buy the 6 GB? I'll take it", "en", ["utter_plan_buy_seller"]),
    ],
)
def test_the_plan_taken_is_the_one_of_that_amount(text: str, language: str, responses: list[str]) -> None:
    here = turn(text=text, language=language)
    assert taken_by_amount(here, [FIVE]) is not None
    assert [name.replace("utter_plan_buy_seller", "utter_plan_buy") for name in said(here)] == [
        name.replace("utter_plan_buy_seller", "utter_plan_buy") for name in responses
    ]


@pytest.mark.parametrize("text", ["which 5 GB plans are there", "I'll take the 50 GB", "we'll take the 2 GB a day one"])
def test_nothing_is_taken_that_is_asked_for_or_not_sold(text: str) -> None:
    assert taken_by_amount(turn(text=text), [FIVE]) is None
