"""Recommends plans for a trip, for several countries, for a long stay."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Sequence

from rasa_sdk.events import FollowupAction

from actions.base import AftercareAction
from actions.dialogue.taking import taken_by_amount
from actions.plans import own_plan
from actions.plans.needs import LONG_STAY_DAYS, Need, keep_trip_messages, need_of, trip_days, trip_messages
from actions.plans.offers import (
    MAX_PLANS,
    currency_of,
    data_named,
    fitting,
    holds,
    in_all,
    own_first,
    price_in,
    price_nzd,
    reasons_for,
    show_plans,
)
from actions.plans.trip import Fit, fits, reason_of, tell_need
from actions.turn import Event, Turn
from aftercare.catalogue.load import kinds_for
from aftercare.orders.plans import PlanOffer, crossborder_packs, long_stay_plans, plans_for
from aftercare.troubleshooting.wording import country_name
from aftercare.understanding.plan_requirements import use_each_day, wants_calls
from aftercare.understanding.trip import tells_of_stop


def _wanted_days(turn: Turn) -> float | None:
    """Days of the trip: parts named in one message add up ("two weeks, then three days in Sydney")."""
    named = turn.entities("amount_of_time")
    if not named or tells_of_stop(turn.text) or use_each_day(turn.text):  # "3 GB a day" is no day of the trip
        return trip_days(turn, trip_messages(turn))
    days = [
        float(value)
        for value in named
        if isinstance(value, (int, float, str)) and re.fullmatch(r"\d+(?:\.\d+)?", str(value))
    ]
    days = [each for each in days if each >= 1]  # an hour of video calls is no length of a trip
    return sum(days) if days else None


def wanted_countries(turn: Turn) -> set[str]:
    """Countries named in this message, else the one named before."""
    named = {str(value) for value in turn.entities("destination")}
    if turn.entity("location"):
        named.add("NZ")
    if not named and turn.slot("destination"):
        named.add(str(turn.slot("destination")))
    return named


def recommend(turn: Turn, offers: Sequence[PlanOffer], wider: Sequence[PlanOffer] = ()) -> list[Event]:
    """Show a choice of the offers with what the trip needs, or say that there are none.

    `wider`: what else works there, for several people who need more than a plan for one has.
    """
    if not offers:
        _tell_none(turn)
        return []
    if wants_calls(turn.text):
        with_calls = [offer for offer in (*offers, *wider) if offer.calls_sms]
        offers, wider = (list(dict.fromkeys(with_calls)),) * 2 if with_calls else (offers, wider)
        if not with_calls:
            turn.say("utter_plans_data_only")
    need, named = need_of(turn), data_named(turn)
    if not named:
        tell_need(turn, need)
    closest = False
    if need.use_named and not named:
        offers, closest = _holding(need, offers, wider)
    group = _for_group(turn, need, wider or offers) if need.people > 1 and not named else []
    shown = [fit.offer for fit in group] or (
        list(offers[:MAX_PLANS]) if closest else own_first(turn, fitting(turn, offers))
    )
    currency = currency_of(turn, shown)
    show_plans(
        turn,
        shown,
        [reason_of(turn, fit, need, currency) for fit in group] or reasons_for(turn, shown),
        closest=closest,
    )
    return [keep_trip_messages(turn, plan=None, list=None)]


def _tell_none(turn: Turn) -> None:
    """No plan fits: of several countries those that plans have, and those that none has."""
    countries = sorted({*map(str, turn.entities("destination")), "NZ"})
    with turn.orders() as session:
        found = {code for code in countries if plans_for(session, {code})}
        together = bool(plans_for(session, found)) if len(found) > 1 else False
    missing = [code for code in countries if code not in found]
    if len(countries) < 3 or not found:
        turn.say("utter_plans_none")
    elif missing and together:
        turn.say("utter_plans_partly", missing=_listed(turn, missing), countries=_listed(turn, sorted(found)))
    else:
        turn.say("utter_plans_apart", countries=_listed(turn, countries))


def _listed(turn: Turn, countries: Sequence[str]) -> str:
    return turn.words.listing(country_name(code, turn.language) or code for code in countries)


def _holding(need: Need, offers: Sequence[PlanOffer], wider: Sequence[PlanOffer]) -> tuple[Sequence[PlanOffer], bool]:
    """The offers, else the wider ones, that hold what one traveller uses; else those that come closest, and True."""
    for some in (offers, wider):
        if found := [offer for offer in some if holds(offer, need.each, need.each_a_day)]:
            return found, False
    each = sorted({*offers, *wider}, key=lambda offer: (-in_all(offer, need.days or 0), price_nzd(offer)))
    return each, True


def _for_group(turn: Turn, need: Need, offers: Sequence[PlanOffer]) -> list[Fit]:
    """What holds the need of several people: of the seller on whose page the traveller is, where that has such."""
    if not need.total:
        return []
    own = [offer for offer in offers if offer.provider_id == turn.page_seller]
    return fits(need, own) or fits(need, offers)


class RecommendingAction(AftercareAction, ABC):
    """Recommends plans, but none to a phone that cannot use any."""

    @abstractmethod
    def recommend(self, turn: Turn) -> list[Event]:
        """Show plans for what was said."""

    def handle(self, turn: Turn) -> list[Event]:
        """By the phone the traveller named, if they named one."""
        phone = turn.phone
        if phone is not None and (phone.esim == "no" or not phone.lte):
            note = turn.words.pick(phone.note_en or "", phone.note_zh or "")
            turn.say("utter_plans_phone_cannot", device=phone.name(turn.language), note=note)
            return []
        if own_plan.asks_of_own(turn) and not turn.ran("action_coverage"):
            return [FollowupAction("action_coverage")]
        return self.recommend(turn)


class ActionPricePlans(RecommendingAction):
    """Which plans there are for the trip."""

    action_name = "action_price_plans"

    def recommend(self, turn: Turn) -> list[Event]:
        """By destination and days; New Zealand when nothing is said."""
        days = _wanted_days(turn)
        countries = wanted_countries(turn) or {"NZ"}
        with turn.orders() as session:
            kinds = kinds_for("home") if countries == {"NZ"} and (days or 0) < LONG_STAY_DAYS else ()
            every = plans_for(session, countries, days)
            home = plans_for(session, countries, days, kinds) or every
        if (taken := taken_by_amount(turn, home)) is not None:
            return taken
        return recommend(turn, home, every)


class ActionCrossborderPack(RecommendingAction):
    """One plan for several countries."""

    action_name = "action_crossborder_pack"

    def recommend(self, turn: Turn) -> list[Event]:
        """Countries named now, those of the order, and where the phone is."""
        days = _wanted_days(turn)
        with turn.orders() as session:
            countries = wanted_countries(turn)
            facts = turn.verified_facts(session)
            if not countries and facts and facts.last_country:
                countries = {facts.last_country}
            return recommend(turn, crossborder_packs(session, countries | {"NZ"}, days))


class ActionLocalPlan(RecommendingAction):
    """Plans for a long stay in New Zealand."""

    action_name = "action_local_plan"

    def recommend(self, turn: Turn) -> list[Event]:
        """The cheapest for the stay first; cheapest per day when its length is not known."""
        days = _wanted_days(turn)
        with turn.orders() as session:
            offers = long_stay_plans(session, days) or long_stay_plans(session)
        if not offers:
            turn.say("utter_plans_none")
            return []
        suited = fitting(turn, offers)
        # for a stay of three months the price a day of a year's plan means nothing
        ranked = sorted(suited, key=price_nzd) if days else suited
        shown = sorted(ranked, key=lambda offer: offer.provider_id != turn.page_seller)[:MAX_PLANS]
        currency = currency_of(turn, shown)
        show_plans(turn, shown, [self._a_day(turn, offer, days, currency) for offer in shown])
        return []

    @staticmethod
    def _a_day(turn: Turn, offer: PlanOffer, stay: float | None, currency: str) -> str:
        """The price for each day of the stay, or of the plan when the stay is not known."""
        used = min(offer.days, stay or offer.days)
        price = price_in(turn, int(offer.price_minor / used), offer, currency)
        return turn.words.phrase("plan_reason_price_a_day", price=price)
