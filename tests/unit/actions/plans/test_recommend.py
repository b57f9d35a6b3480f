"""Plans for a trip: none for a phone that cannot use them, long stays by their days."""

from __future__ import annotations

from contextlib import nullcontext

import pytest

from actions.plans import recommend
from actions.plans.offers import card_of
from aftercare.base.language import HAN
from aftercare.orders.plans import PlanOffer
from tests.support.plan_offers import cards, offer, turn


@pytest.mark.parametrize("language", ["en", "zh"])
def test_no_plan_for_a_phone_that_cannot_use_one(language: str) -> None:
    here = turn("which plan for my phone?", language=language, device="apple-iphone-4s")
    assert recommend.ActionPricePlans().handle(here) == []
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
    monkeypatch.setattr(recommend, "long_stay_plans", lambda session, days=None: (YEAR, HALF))
    here = turn(language="en", amount_of_time=stay)
    monkeypatch.setattr(here, "orders", lambda: nullcontext())
    recommend.ActionLocalPlan().handle(here)
    assert [card["price"] for card in cards(here)] == [card_of(here, plan, "").price for plan in shown]
    assert [card["reason"] for card in cards(here)] == reasons
