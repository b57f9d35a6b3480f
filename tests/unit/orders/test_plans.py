"""Plans offered for a trip, a border, a long stay, a top-up; promotions of the day."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from aftercare.orders import tables
from aftercare.orders.plans import crossborder_packs, long_stay_plans, plans_for, promotions_today, top_ups_for
from tests.support.order_rows import NOW, add_order, add_plan, days


@pytest.fixture(autouse=True)
def _plans(session: Session) -> None:
    add_plan(session, "nz-15")
    add_plan(session, "nz-30", days=30, price_minor=4900)
    add_plan(session, "nz-old", on_sale=False, price_minor=100)
    add_plan(session, "nz-long", kind="nz_long_stay", days=90, price_minor=9000)
    add_plan(session, "nz-longer", kind="nz_long_stay", days=180, price_minor=12_000)
    add_plan(session, "nz-au", provider_id="tui", kind="nz_au", countries=("NZ", "AU"), days=20, price_minor=3900)
    add_plan(session, "asia", provider_id="tui", kind="asia_pacific", countries=("NZ", "AU", "JP"), price_minor=3500)
    add_plan(session, "usd", kind="nz_travel", currency="USD", price_minor=100, days=7)


def ids(offers: tuple) -> list[str]:
    return [getattr(offer, "plan_id", None) for offer in offers]


def test_every_destination_must_be_covered_for_all_days(session: Session) -> None:
    assert ids(plans_for(session, ["NZ"], days=15, kinds=["nz_travel"])) == ["nz-15", "nz-30"]
    assert ids(plans_for(session, ["NZ", "AU"])) == ["asia", "nz-au"]
    assert ids(plans_for(session, ["NZ", "AU"], days=16.5)) == ["nz-au"]
    assert plans_for(session, ["NZ", "FR"]) == ()


def test_an_offer_tells_what_a_card_needs(session: Session) -> None:
    offer = crossborder_packs(session, {"AU", "JP"})[0]
    assert (offer.plan_id, offer.countries, offer.price_minor, offer.currency) == (
        "asia",
        {"NZ", "AU", "JP"},
        3500,
        "NZD",
    )
    assert (offer.provider_zh, offer.data_mb, offer.days) == ("奇异漫游", 5000, 15)


def test_packs_for_a_border_are_of_the_cross_border_kinds(session: Session) -> None:
    assert ids(crossborder_packs(session, ["NZ"])) == ["asia", "nz-au"]
    assert ids(crossborder_packs(session, ["AU"], days=20)) == ["nz-au"]


def test_long_stays_are_ordered_by_price_per_day(session: Session) -> None:
    assert ids(long_stay_plans(session)) == ["nz-longer", "nz-long"]
    assert ids(long_stay_plans(session, days=120)) == ["nz-longer"]


def test_top_ups_are_of_the_orders_own_provider_kind_and_currency(session: Session) -> None:
    add_order(session, plan_id="nz-15")
    assert ids(top_ups_for(session, "NZ10000003", NOW)) == ["nz-15", "nz-30"]
    assert top_ups_for(session, "NZ99999999", NOW) == ()


@pytest.mark.parametrize(
    ("esim", "order"),
    [
        ({"profile_state": "deleted"}, {}),
        ({"expires_at": NOW - days(1)}, {}),
        ({}, {"status": "refunded"}),
        ({}, {"plan_id": "no-top-up"}),
    ],
)
def test_no_top_up_for_what_is_over(session: Session, esim: dict, order: dict) -> None:
    add_plan(session, "no-top-up", top_up=False)
    add_order(session, esim=esim, **{"plan_id": "nz-15", **order})
    assert top_ups_for(session, "NZ10000003", NOW) == ()


def test_only_promotions_of_today_on_plans_still_sold(session: Session) -> None:
    def add(promotion_id: str, starts: float, ends: float, plan_id: str | None = None, provider: str = "kiwi") -> None:
        session.add(
            tables.Promotion(
                id=promotion_id,
                provider_id=provider,
                plan_id=plan_id,
                kind="bonus_data",
                value=1000,
                title_en=promotion_id,
                title_zh=promotion_id,
                starts=NOW + days(starts),
                ends=NOW + days(ends),
            )
        )

    add("over", -9, 0)
    add("coming", 0.1, 9)
    add("today-later", -1, 9)
    add("today", 0, 3, "nz-15")
    add("old-plan", -1, 3, "nz-old")
    add("other", -1, 5, provider="tui")
    session.flush()
    offers = promotions_today(session, NOW)
    assert [offer.promotion_id for offer in offers] == ["today", "other", "today-later"]
    assert (offers[0].plan_zh, offers[1].plan_zh, offers[0].value) == ("新西兰 5 GB", None, 1000)
    assert [offer.promotion_id for offer in promotions_today(session, NOW, "tui")] == ["other"]


def test_a_plan_may_be_of_any_kind(session: Session) -> None:
    assert add_plan(session, "eu-5", kind="europe", countries=("NZ",)).kind == "europe"
