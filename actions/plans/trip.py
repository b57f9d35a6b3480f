"""A trip in figures: the data it needs, the plans that hold that for all its people, and what those cost together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from actions.plans.needs import Need
from actions.plans.offers import MAX_PLANS, holds, price_in, price_nzd
from actions.turn import Turn
from aftercare.orders.plans import PlanOffer


@dataclass(frozen=True)
class Fit:
    """A plan that holds what a trip needs, bought so many times: once for all by hotspot, or one for each phone."""

    offer: PlanOffer
    count: int

    @property
    def price_nzd(self) -> float:
        """What all of them cost, in New Zealand dollars by rough rates: only for comparing."""
        return price_nzd(self.offer) * self.count


def tell_need(turn: Turn, need: Need) -> bool:
    """Say how much data the trip needs; False when days, or people and use, were not told."""
    if not need.total:
        return False
    words = turn.words
    values: dict[str, Any] = {
        "total": words.data(need.total),
        "days": words.days(int(need.days or 0)),
        "each": words.data(need.each_a_day),
    }
    if need.people > 1:
        response = "utter_trip_need_group_told" if need.use_named else "utter_trip_need_group"
        turn.say(response, people=need.people, **values)
    else:
        turn.say("utter_trip_need_told" if need.use_named else "utter_trip_need", **values)
    return True


def fits(need: Need, offers: Sequence[PlanOffer]) -> list[Fit]:
    """For several people: the cheapest plan to share by hotspot, and the cheapest with and without an end for each.

    Cheapest of all first; empty when none holds what the trip needs.
    """
    shared = (offer for offer in offers if offer.hotspot and holds(offer, need.total, need.a_day))
    each = [offer for offer in offers if holds(offer, need.each, need.each_a_day)]
    found = [Fit(offer, 1) for offer in _cheapest(shared)]
    each = [offer for offer in each if offer not in [fit.offer for fit in found]]
    found += [
        *(Fit(offer, need.people) for offer in _cheapest(offer for offer in each if offer.data_mb is not None)),
        *(Fit(offer, need.people) for offer in _cheapest(offer for offer in each if offer.data_mb is None)),
    ]
    return sorted(found, key=lambda fit: fit.price_nzd)[:MAX_PLANS]


def reason_of(turn: Turn, fit: Fit, need: Need, currency: str) -> str:
    """How many of a plan the trip takes, and what these cost together in the currency of the list."""
    if fit.count == 1:
        return turn.words.phrase("plan_reason_shared", people=need.people)
    return turn.words.phrase(
        "plan_reason_each", count=fit.count, total=price_of_several(turn, fit.offer, fit.count, currency)
    )


def price_of_several(turn: Turn, offer: PlanOffer, count: int, currency: str) -> str:
    """What so many of a plan cost."""
    return price_in(turn, offer.price_minor * count, offer, currency)


def _cheapest(offers: Iterable[PlanOffer]) -> list[PlanOffer]:
    return sorted(offers, key=price_nzd)[:1]
