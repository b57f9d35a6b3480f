"""A plan says who sells it and where; only the seller's own plans are offered where that is set."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from actions.plans.offers import card_of, show_plans
from aftercare.base.settings import settings
from aftercare.catalogue.load import load_catalogue
from aftercare.orders import plans
from tests.support.order_rows import add_plan, add_provider
from tests.support.turns import turn


@pytest.fixture
def offered(session: Session) -> Session:
    add_plan(session)
    add_provider(session, "other")
    add_plan(session, "other-nz-5", "other")
    return session


def test_a_card_names_its_seller_and_where_it_is_bought(offered: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plans, "plan_url", lambda plan, provider: f"https://shop.example.com/{plan}")
    offers = plans.plans_for(offered, {"NZ"})
    here = turn()
    card = card_of(here, offers[0], "why")
    assert card.seller == "KiwiRoam"
    assert card.as_json()["url"] == f"https://shop.example.com/{offers[0].plan_id}"
    show_plans(here, offers, ["why", "why"])
    body = here.dispatcher.messages[-1]["body"]
    assert "(KiwiRoam): 4.9 GB, 15 days, NZ$29.00 – why" in body.replace("5000 MB", "4.9 GB")


def test_without_an_address_none_is_shown(offered: Session) -> None:
    card = card_of(turn(), plans.plans_for(offered, {"NZ"})[0], "why")
    assert "url" not in card.as_json()


def test_only_own_plans_are_offered(offered: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    assert {offer.provider_id for offer in plans.plans_for(offered, {"NZ"})} == {"kiwi", "other"}
    monkeypatch.setattr(settings(), "own_providers", "kiwi")
    assert {offer.provider_id for offer in plans.plans_for(offered, {"NZ"})} == {"kiwi"}
    assert set(plans.plans_named(offered).values()) == {"kiwi-nz-5"}


def test_the_address_of_a_plan_goes_before_that_of_its_provider(monkeypatch: pytest.MonkeyPatch) -> None:
    catalogue = load_catalogue()
    plan, provider = catalogue.plans[0], catalogue.providers[0]
    shop = provider.model_copy(update={"id": plan.provider_id, "plan_url": "https://shop.example.com/p/{plan}"})
    changed = catalogue.model_copy(update={"providers": (shop,), "plans": (plan,)})
    monkeypatch.setattr(plans, "load_catalogue", lambda: changed)
    assert plans.plan_url(plan.id, plan.provider_id) == f"https://shop.example.com/p/{plan.id}"
    own = changed.model_copy(update={"plans": (plan.model_copy(update={"plan_url": "https://x.example/1"}),)})
    monkeypatch.setattr(plans, "load_catalogue", lambda: own)
    assert plans.plan_url(plan.id, plan.provider_id) == "https://x.example/1"
