"""Which of the plans on the table a text means by what it says of them: data, days, countries."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from actions.plans.needs import trip_messages
from actions.plans.offers import currency_of, minor_in, price_nzd
from actions.turn import Turn
from aftercare.articles.files import compared
from aftercare.base.money_and_dates import minor_units
from aftercare.orders.plans import PlanOffer
from aftercare.understanding.choices import pointed_superlative
from aftercare.understanding.plan_descriptions import (
    also_australia,
    days_of_plan,
    only_new_zealand,
    points_at_smallest,
    price_of_plan,
    wants_other_plan,
)
from aftercare.understanding.plan_requirements import ENDLESS, data_each_day, data_wanted, words_of_each_day
from aftercare.understanding.provider_names import provider_named


@dataclass(frozen=True)
class PlanDescription:
    """What a text says of the plan it means. Data in MB; None and False where it says nothing."""

    data_mb: int | None = None
    daily_mb: int | None = None
    days: int | None = None
    home_only: bool = False
    abroad: bool = False
    seller: str | None = None

    @property
    def says_nothing(self) -> bool:
        """Whether it tells no plan from another."""
        return self == PlanDescription()

    def named(self, offer: PlanOffer) -> bool:
        """Whether the data, days and seller it says are exactly those of the offer."""
        data = self.data_mb is None or (offer.data_mb or ENDLESS) == self.data_mb
        daily = self.daily_mb is None or (offer.data_mb is None and offer.fair_use_mb == self.daily_mb)
        seller = self.seller is None or offer.provider_id == self.seller
        return data and daily and seller and (self.days is None or offer.days == self.days)


def description_of(text: str) -> PlanDescription:
    """What a text says of the plan it means: "the 10 GB one", "the 2 GB a day one of Haoxing", "只去新西兰，10天"."""
    daily = data_each_day(text)
    return PlanDescription(
        data_mb=None if daily else data_wanted(text) or None,
        daily_mb=daily or None,
        days=days_of_plan(text),
        home_only=only_new_zealand(text),
        abroad=also_australia(text),
        seller=provider_named(text),
    )


def narrowed(described: PlanDescription, offers: Sequence[PlanOffer]) -> list[PlanOffer]:
    """The offers that a wish leaves: exact data and days where some plan has them, else enough of both."""
    left = list(offers)
    if described.home_only:
        left = [offer for offer in left if offer.countries == {"NZ"}]
    if described.abroad:
        left = [offer for offer in left if "AU" in offer.countries]
    if described.seller is not None:
        left = [offer for offer in left if offer.provider_id == described.seller] or left
    if described.daily_mb is not None:
        left = [offer for offer in left if offer.data_mb is None and offer.fair_use_mb == described.daily_mb] or left
    if described.data_mb is not None:
        exact = [offer for offer in left if (offer.data_mb or ENDLESS) == described.data_mb]
        left = exact or [offer for offer in left if (offer.data_mb or ENDLESS) >= described.data_mb]
    if described.days is not None:
        exact = [offer for offer in left if offer.days == described.days]
        left = exact or [offer for offer in left if offer.days >= described.days]
    return left


def at_odds(text: str, offer: PlanOffer, *, refusing: bool = True) -> bool:
    """Whether a text asks for another plan: names other data, days or countries; when `refusing`, refuses this one."""
    described = description_of(text)
    abroad = described.home_only and offer.countries != {"NZ"}
    return (refusing and wants_other_plan(text)) or abroad or not described.named(offer)


def meant(turn: Turn, offers: Sequence[PlanOffer]) -> list[PlanOffer]:
    """The offers a message means by what it says of them; none when it says nothing of any.

    Of several that fit alike, those that fit what was said before it as well.
    """
    if named := named_whole(turn.text, offers):
        return [named]
    if priced := _priced(turn, offers):
        return [priced]
    described = description_of(turn.text)
    if described.says_nothing:
        return []
    left = narrowed(described, offers)
    if len(left) > 1 and (words := compared(words_of_each_day(turn.text))):  # several give it, one is called so
        left = [offer for offer in left if words in compared(offer.name_en) + compared(offer.name_zh)] or left
    for text in trip_messages(turn)[1:]:
        if len(left) < 2:
            break
        left = narrowed(description_of(text), left) or left
    if len(left) > 1 and (which := superlative(turn.text)):
        left = [extreme(which, left)]
    return left if len(left) < len(offers) else []


def _priced(turn: Turn, offers: Sequence[PlanOffer]) -> PlanOffer | None:
    """The only offer with the price that a message names, in the currency of the list, with or without the cents."""
    price = price_of_plan(turn.text)
    if price is None or not offers:
        return None
    currency = currency_of(turn, offers)
    costs = [(minor_in(each.price_minor, each, currency) / minor_units(currency), each) for each in offers]
    found = [each for cost, each in costs if price in (cost, math.floor(cost), math.ceil(cost))]
    return found[0] if len(found) == 1 else None


def named_whole(text: str, offers: Sequence[PlanOffer]) -> PlanOffer | None:
    """The offer whose whole name stands in a text, as on its button; of several the longest name."""
    plain = compared(text)
    named = [
        (len(name), offer)
        for offer in offers
        for name in map(compared, (offer.name_en, offer.name_zh))
        if name in plain
    ]
    return max(named, key=lambda each: each[0])[1] if named else None


def superlative(text: str) -> str | None:
    """The extreme one of things shown that a text points at, the one with least data among them."""
    return "least_data" if points_at_smallest(text) else pointed_superlative(text)


def extreme(which: str, offers: Sequence[PlanOffer]) -> PlanOffer:
    """The cheapest, dearest, longest, or the one with most data, of offers in one currency or by rough rates."""
    keys = {
        "cheapest": price_nzd,
        "dearest": lambda offer: -price_nzd(offer),
        "most_data": lambda offer: -(offer.data_mb or ENDLESS),
        "least_data": lambda offer: offer.data_mb or ENDLESS,
        "longest": lambda offer: -offer.days,
    }
    return min(offers, key=keys[which])
