"""Which plans to show: those that fit what was asked, each with the reason for it, as lines and cards."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import yaml

from actions.messages import PlanCard
from actions.turn import Turn
from aftercare.base.settings import CATALOGUE
from aftercare.orders.plans import PlanOffer
from aftercare.troubleshooting.wording import country_name
from aftercare.understanding.plan_requirements import ENDLESS, data_wanted, wants_calls, wants_hotspot

MAX_PLANS = 3
MAX_NAMED = 3  # countries on a card


@lru_cache(maxsize=1)
def _rates() -> dict[str, float]:
    return {k: float(v) for k, v in yaml.safe_load((CATALOGUE / "exchange_rates.yml").read_text()).items()}


def price_nzd(offer: PlanOffer) -> float:
    """The price in New Zealand cents by rough rates: only for comparing offers."""
    return offer.price_minor * _rates().get(offer.currency, 1.0)


def fitting(turn: Turn, offers: Sequence[PlanOffer]) -> Sequence[PlanOffer]:
    """Those with the data, hotspot and calls asked for; what no plan has does not count."""
    needed = data_wanted(turn.text)
    offers = [offer for offer in offers if (offer.data_mb or ENDLESS) >= needed] or offers
    if wants_hotspot(turn.text):
        offers = [offer for offer in offers if offer.hotspot] or offers
    if wants_calls(turn.text):
        offers = [offer for offer in offers if offer.calls_sms] or offers
    return offers


def spread(offers: Sequence[PlanOffer]) -> list[PlanOffer]:
    """The cheapest, the one made for this trip, and the one with the most data: a choice, not three of a kind."""
    if len(offers) <= MAX_PLANS:
        return sorted(offers, key=price_nzd)
    cheapest = min(offers, key=price_nzd)
    rest = [offer for offer in offers if offer is not cheapest and (offer.data_mb or ENDLESS) > (cheapest.data_mb or 0)]
    closest = min(rest, key=lambda offer: (len(offer.countries), price_nzd(offer)), default=None)
    left = [offer for offer in rest if offer is not closest]
    most = max(left, key=lambda offer: (offer.data_mb or ENDLESS, -price_nzd(offer)), default=None)
    return sorted((offer for offer in (cheapest, closest, most) if offer is not None), key=price_nzd)


def reasons_for(turn: Turn, offers: Sequence[PlanOffer]) -> list[str]:
    """Why each of the shown plans is there."""
    texts = []
    cheapest = min((price_nzd(offer) for offer in offers), default=0)
    for offer in offers:
        if price_nzd(offer) == cheapest:
            texts.append(turn.words.phrase("plan_reason_cheapest"))
        elif offer.data_mb is None:
            texts.append(turn.words.phrase("plan_reason_unlimited"))
        elif offer.hotspot:
            texts.append(turn.words.phrase("plan_reason_hotspot"))
        else:
            texts.append(turn.words.phrase("plan_reason_data"))
    return texts


def data_of(turn: Turn, offer: PlanOffer) -> str:
    """Data of a plan in words."""
    if offer.data_mb is not None:
        return turn.words.data(offer.data_mb)
    return turn.words.phrase("plan_unlimited", daily=turn.words.data(offer.fair_use_mb or 0))


def countries_of(turn: Turn, offer: PlanOffer) -> str:
    """Where a plan works: named while they are few, else counted."""
    if len(offer.countries) > MAX_NAMED:
        return turn.words.phrase("plan_countries", count=len(offer.countries))
    home_first = sorted(offer.countries, key=lambda code: (code != "NZ", code))
    return turn.words.listing(country_name(code, turn.language) or code for code in home_first)


def card_of(turn: Turn, offer: PlanOffer, reason: str) -> PlanCard:
    """A plan as the chat may draw it, in final words; the text beside it says the same."""
    lines = [data_of(turn, offer), turn.words.days(offer.days), countries_of(turn, offer)]
    if offer.hotspot:
        lines.append(turn.words.phrase("plan_hotspot"))
    if offer.calls_sms:
        lines.append(turn.words.phrase("plan_calls_sms"))
    return PlanCard(
        title=turn.words.pick(offer.name_en, offer.name_zh),
        lines=tuple(lines),
        price=turn.words.money(offer.price_minor, offer.currency),
        reason=reason,
    )


def show_plans(turn: Turn, offers: Sequence[PlanOffer], reasons: Sequence[str]) -> None:
    """At most three plans, one line each, with the reason for each; as cards where they can be drawn."""
    lines, cards = [], []
    for offer, reason in zip(offers[:MAX_PLANS], reasons, strict=False):
        line = turn.words.phrase(
            "plan_line",
            name=turn.words.pick(offer.name_en, offer.name_zh),
            data=data_of(turn, offer),
            days=turn.words.days(offer.days),
            price=turn.words.money(offer.price_minor, offer.currency),
            reason=reason,
        )
        lines.append(line)
        cards.append(card_of(turn, offer, reason))
    turn.say("utter_plans_intro")
    turn.say("utter_text", body="\n".join(lines), cards=cards)
