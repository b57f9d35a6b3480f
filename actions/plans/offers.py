"""Which plans to show: those that fit what was asked, each with the reason for it, as lines and cards."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import lru_cache

import yaml

from actions.messages import PlanCard
from actions.plans.needs import need_of
from actions.turn import Turn
from aftercare.base.money_and_dates import minor_units
from aftercare.base.settings import CATALOGUE
from aftercare.catalogue.load import load_catalogue
from aftercare.orders import plans
from aftercare.orders.plans import PlanOffer
from aftercare.troubleshooting.wording import country_name
from aftercare.understanding.plan_requirements import (
    ENDLESS,
    currency_wanted,
    data_wanted,
    use_each_day,
    wants_calls,
    wants_hotspot,
)

MAX_PLANS = 3
MAX_NAMED = 3  # countries on a card


@lru_cache(maxsize=1)
def _exchange() -> tuple[date, dict[str, float]]:
    """The date of the rates, and what one unit of each currency costs in New Zealand dollars."""
    kept = yaml.safe_load((CATALOGUE / "exchange_rates.yml").read_text())
    return kept["as_of"], {code: float(rate) for code, rate in kept["rates"].items()}


def _rates() -> dict[str, float]:
    return _exchange()[1]


def price_nzd(offer: PlanOffer) -> float:
    """The price in New Zealand dollars by rough rates: only for comparing offers."""
    return offer.price_minor / minor_units(offer.currency) * _rates().get(offer.currency, 1.0)


def currency_of(turn: Turn, offers: Sequence[PlanOffer]) -> str:
    """The one currency prices are shown in; of one of several plans on the table ask for that of all of them.

    What counts first: the traveller's choice, the offers' own where it is the same, the page's, that of the page's
    seller, the proven order's.
    """
    messages = (str(event.get("text") or "") for event in reversed(turn.tracker.events) if event.get("event") == "user")
    if chosen := next(filter(None, map(currency_wanted, messages)), None):
        return chosen
    own = {offer.currency for offer in offers}
    if len(own) == 1:
        return own.pop()
    with turn.orders() as session:
        facts = turn.verified_facts(session)
    seller = currency_of_seller(turn.page_seller) if turn.page_seller else None
    wanted = (turn.page_currency, seller, facts.currency if facts else None)
    return next((code for code in wanted if code in _rates()), "NZD")


def currency_of_seller(provider_id: str) -> str:
    """The currency a provider sells in, by its first plan."""
    return next((plan.currency for plan in load_catalogue().plans if plan.provider_id == provider_id), "NZD")


def price_in(turn: Turn, minor: int, offer: PlanOffer, currency: str) -> str:
    """A price of the offer's in words; in another currency than it is charged in by rough rates, rounded to units."""
    shown = currency if is_converted(offer, currency) else offer.currency
    price = turn.words.money(minor_in(minor, offer, currency), shown)
    return turn.words.phrase("plan_price_about", price=price) if shown != offer.currency else price


def minor_in(minor: int, offer: PlanOffer, currency: str) -> int:
    """A price of the offer's in minor units of a currency: as it is in the offer's own, else rounded to whole units."""
    if not is_converted(offer, currency):
        return minor
    whole = round(minor / minor_units(offer.currency) * _rates()[offer.currency] / _rates()[currency])
    return whole * minor_units(currency)


def is_converted(offer: PlanOffer, currency: str) -> bool:
    """Whether its price is shown in this other currency: not without a rate for both."""
    return currency != offer.currency and {currency, offer.currency} <= _rates().keys()


def charged_as(turn: Turn, offer: PlanOffer) -> str:
    """What is charged for a plan whose price was converted, and by the rates of which day."""
    charged, (as_of, _) = turn.words.money(offer.price_minor, offer.currency), _exchange()
    return turn.words.phrase("plan_charged", price=charged, day=turn.words.day(as_of))


def note_of_rates(turn: Turn, offers: Sequence[PlanOffer], currency: str) -> list[str]:
    """The line under a list of prices in `currency` that says by the rates of which day some were converted, if any."""
    if not any(is_converted(offer, currency) for offer in offers):
        return []
    return [turn.words.phrase("plan_rates_of", day=turn.words.day(_exchange()[0]))]


def own_first(turn: Turn, offers: Sequence[PlanOffer]) -> list[PlanOffer]:
    """Three at most: of the seller on whose page the traveller is, then of others."""
    own = [offer for offer in offers if offer.provider_id == turn.page_seller]
    chosen = spread(own)
    return [*chosen, *spread([offer for offer in offers if offer not in own])][:MAX_PLANS] if own else spread(offers)


def data_needed(turn: Turn) -> int:
    """The data that is named, else what was told of the trip needs, in MB; 0 when neither is."""
    return data_named(turn) or need_of(turn).total


def data_named(turn: Turn) -> int:
    """The data of a plan that is asked for, in MB; 0 when what is used each day is told: that is reckoned with."""
    return 0 if use_each_day(turn.text) and need_of(turn).total else data_wanted(turn.text)


def holds(offer: PlanOffer, needed: int, a_day: int) -> bool:
    """Whether a plan has this data, by its whole amount, or of an endless one by its part of each day."""
    if offer.data_mb is None:
        return (offer.fair_use_mb or ENDLESS) >= a_day
    return offer.data_mb >= needed


def in_all(offer: PlanOffer, days: float) -> float:
    """The data a plan gives at full speed over so many days, in MB."""
    return offer.data_mb if offer.data_mb is not None else (offer.fair_use_mb or ENDLESS) * min(days, offer.days)


def fitting(turn: Turn, offers: Sequence[PlanOffer]) -> Sequence[PlanOffer]:
    """Those with the data, hotspot and calls asked for, and what videos or several people need; what none has is left.

    Data that is named counts; else what the days, the people and the use that were told need.
    """
    need, needed = need_of(turn), data_needed(turn)
    a_day = need.a_day if need.use_named and not data_named(turn) else 0
    offers = [offer for offer in offers if holds(offer, needed, a_day)] or offers
    if wants_hotspot(turn.text) or need.people > 1:
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
    """Why each of the shown plans is there; one with less data than is needed does not fit, and says so."""
    need, texts, needed = need_of(turn), [], data_needed(turn)
    a_day = need.a_day if need.use_named and not data_named(turn) else 0
    cheapest = min((price_nzd(offer) for offer in offers), default=0)
    least = min((offer.data_mb or ENDLESS for offer in offers if price_nzd(offer) == cheapest), default=0)
    for offer in offers:
        if not holds(offer, needed, a_day):
            texts.append(turn.words.phrase("plan_reason_less"))
        elif price_nzd(offer) == cheapest:
            texts.append(turn.words.phrase("plan_reason_cheapest"))
        elif offer.data_mb is None:
            texts.append(turn.words.phrase("plan_reason_unlimited"))
        elif offer.data_mb > least:
            texts.append(turn.words.phrase("plan_reason_hotspot" if offer.hotspot else "plan_reason_data"))
        elif offer.calls_sms:
            texts.append(turn.words.phrase("plan_reason_calls"))
        else:
            texts.append(turn.words.phrase("plan_reason_other"))
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


def card_of(turn: Turn, offer: PlanOffer, reason: str, currency: str | None = None) -> PlanCard:
    """A plan as the chat may draw it, in final words, its price in `currency`; the text beside it says the same."""
    currency = currency or offer.currency
    lines = [data_of(turn, offer), turn.words.days(offer.days), countries_of(turn, offer)]
    if offer.hotspot:
        lines.append(turn.words.phrase("plan_hotspot"))
    if offer.calls_sms:
        lines.append(turn.words.phrase("plan_calls_sms"))
    if is_converted(offer, currency):
        lines.append(charged_as(turn, offer))
    url = plans.plan_url(offer.plan_id, offer.provider_id) or ""
    return PlanCard(
        title=turn.words.pick(offer.name_en, offer.name_zh),
        lines=tuple(lines),
        price=price_in(turn, offer.price_minor, offer, currency),
        reason=reason,
        seller=turn.words.pick(offer.provider_en, offer.provider_zh),
        url=url,
        action=turn.words.phrase("plan_buy") if url else "",
    )


def show_plans(turn: Turn, offers: Sequence[PlanOffer], reasons: Sequence[str], *, closest: bool = False) -> None:
    """At most three plans, one line each, with the reason for each; as cards where they can be drawn.

    `closest`: none holds what is needed.
    """
    lines, cards = [], []
    currency = currency_of(turn, offers[:MAX_PLANS])
    for offer, reason in zip(offers[:MAX_PLANS], reasons, strict=False):
        card = card_of(turn, offer, reason, currency)
        line = turn.words.phrase(
            "plan_line",
            name=card.title,
            seller=card.seller,
            data=data_of(turn, offer),
            days=turn.words.days(offer.days),
            price=card.price,
            reason=reason,
        )
        lines.append(line)
        cards.append(card)
    turn.say("utter_plans_closest" if closest else "utter_plans_intro")
    lines += note_of_rates(turn, offers[:MAX_PLANS], currency)
    turn.say("utter_text", body="\n".join(lines), cards=cards)
