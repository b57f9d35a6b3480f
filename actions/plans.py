"""What can be bought: plans, packs for several countries, long stays, top-ups, promotions, coverage."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

import yaml
from rasa_sdk.events import FollowupAction
from sqlalchemy.orm import Session

from actions.base import AftercareAction, Event, Turn
from actions.follow_up import told_before
from actions.orders import plan_name, validity
from aftercare.base.settings import CATALOGUE
from aftercare.catalogue.load import load_catalogue
from aftercare.orders.plans import (
    PlanOffer,
    crossborder_packs,
    long_stay_plans,
    plans_for,
    promotions_today,
    top_ups_for,
)
from aftercare.troubleshooting.wording import country_name

MAX_PLANS = 3
MAX_NAMED = 3  # countries on a card
LONG_STAY_DAYS = 28
ENDLESS = 10**9  # MB, stands for unlimited when plans are compared
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
# 5G is a network as long as nobody calls it data
_DATA = re.compile(
    r"(?<![\d.])(?![345]G(?!\s*(?:流量|data)))(\d{1,4}(?:\.\d)?)\s*个?\s*(gb?|tb?|mb)(?![a-z0-9])", re.IGNORECASE
)
_UNLIMITED = re.compile(r"unlimited|no (?:data )?limit|不限量|不限流量|无限|無限", re.IGNORECASE)
_HOTSPOT = re.compile(r"hot ?spot|tether|laptop|热点|熱點|电脑|電腦|笔记本|筆電", re.IGNORECASE)
_CALLS = re.compile(
    r"\b(?:calls?|calling|texts?|sms)\b|(?:local|phone) number|通[话話]|打[电電][话話]|短信|簡訊|[本当當]地[号號]",
    re.IGNORECASE,
)
_MB = {"m": 1, "g": 1024, "t": 1024 * 1024}


def nz_operators(turn: Turn, operators: Iterable[str]) -> str:
    """Operator names as one listing."""
    return turn.words.listing(sorted(set(operators)))


def data_of(turn: Turn, offer: PlanOffer) -> str:
    """Data of a plan in words."""
    if offer.data_mb is not None:
        return turn.words.data(offer.data_mb)
    full = turn.words.data(offer.fair_use_mb or 0)
    return turn.words.pick(f"unlimited ({full} a day at full speed)", f"不限量（每天 {full} 高速）")


def countries_of(turn: Turn, offer: PlanOffer) -> str:
    """Where a plan works: named while they are few, else counted."""
    if len(offer.countries) > MAX_NAMED:
        count = len(offer.countries)
        return turn.words.pick(f"{count} countries, New Zealand included", f"含新西兰共 {count} 个国家和地区")
    home_first = sorted(offer.countries, key=lambda code: (code != "NZ", code))
    return turn.words.listing([country_name(code, turn.language) or code for code in home_first])


def card_of(turn: Turn, offer: PlanOffer, reason: str) -> dict[str, Any]:
    """A plan as the chat may draw it, in final words; the text beside it says the same."""
    lines = [data_of(turn, offer), turn.words.days(offer.days), countries_of(turn, offer)]
    if offer.hotspot:
        lines.append(turn.words.pick("hotspot allowed", "可开热点"))
    if offer.calls_sms:
        lines.append(turn.words.pick("calls and texts included", "含通话和短信"))
    return {
        "title": turn.in_script(turn.words.pick(offer.name_en, offer.name_zh)),
        "lines": [turn.in_script(line) for line in lines],
        "price": turn.words.money(offer.price_minor, offer.currency),
        "reason": turn.in_script(reason),
    }


def show_plans(turn: Turn, offers: Sequence[PlanOffer], reasons: Sequence[str]) -> None:
    """At most three plans, one line each, with the reason for each; as cards where they can be drawn."""
    lines, cards = [], []
    for offer, reason in zip(offers[:MAX_PLANS], reasons, strict=False):
        name = turn.words.pick(offer.name_en, offer.name_zh)
        price = turn.words.money(offer.price_minor, offer.currency)
        days = turn.words.days(offer.days)
        line = turn.words.pick(
            f"{name}: {data_of(turn, offer)}, {days}, {price} – {reason}",
            f"{name}：{data_of(turn, offer)}，{days}，{price}——{reason}",
        )
        lines.append(f"• {line}")
        cards.append(card_of(turn, offer, reason))
    turn.say("utter_plans_intro")
    turn.say("utter_text", body=turn.in_script("\n".join(lines)), custom={"cards": cards})


@lru_cache(maxsize=1)
def _rates() -> dict[str, float]:
    return {k: float(v) for k, v in yaml.safe_load((CATALOGUE / "exchange_rates.yml").read_text()).items()}


def price_nzd(offer: PlanOffer) -> float:
    """The price in New Zealand cents by rough rates: only for comparing offers."""
    return offer.price_minor * _rates().get(offer.currency, 1.0)


def _wanted_days(turn: Turn) -> float | None:
    """Days of the trip: parts named in one message add up ("two weeks, then three days in Sydney")."""
    named = turn.entities("amount_of_time") or [turn.slot("amount_of_time")]
    days = [float(value) for value in named if isinstance(value, (int, float, str)) and _NUMBER.fullmatch(str(value))]
    return sum(days) if days else None


def _wanted_countries(turn: Turn) -> set[str]:
    named = {str(value) for value in turn.entities("destination")}
    if turn.entity("location"):
        named.add("NZ")
    if not named and turn.slot("destination"):
        named.add(str(turn.slot("destination")))
    return named


def _wanted_data(turn: Turn) -> int:
    """The data asked for in this message, in MB; 0 when none is named."""
    if _UNLIMITED.search(turn.text):
        return ENDLESS
    return max((int(float(number) * _MB[unit[0].lower()]) for number, unit in _DATA.findall(turn.text)), default=0)


def _fitting(turn: Turn, offers: Sequence[PlanOffer]) -> Sequence[PlanOffer]:
    """Those with the data, hotspot and calls asked for; a wish that no plan fulfils does not count."""
    needed = _wanted_data(turn)
    offers = [offer for offer in offers if (offer.data_mb or ENDLESS) >= needed] or offers
    if _HOTSPOT.search(turn.text):
        offers = [offer for offer in offers if offer.hotspot] or offers
    if _CALLS.search(turn.text):
        offers = [offer for offer in offers if offer.calls_sms] or offers
    return offers


def _spread(offers: Sequence[PlanOffer]) -> list[PlanOffer]:
    """The cheapest, the one made for this trip, and the one with the most data: a choice, not three of a kind."""
    if len(offers) <= MAX_PLANS:
        return sorted(offers, key=price_nzd)
    cheapest = min(offers, key=price_nzd)
    rest = [offer for offer in offers if offer is not cheapest and (offer.data_mb or ENDLESS) > (cheapest.data_mb or 0)]
    closest = min(rest, key=lambda offer: (len(offer.countries), price_nzd(offer)), default=None)
    left = [offer for offer in rest if offer is not closest]
    most = max(left, key=lambda offer: (offer.data_mb or ENDLESS, -price_nzd(offer)), default=None)
    return sorted((offer for offer in (cheapest, closest, most) if offer is not None), key=price_nzd)


def _reasons(turn: Turn, offers: Sequence[PlanOffer]) -> list[str]:
    """Why each of the shown plans is there."""
    texts = []
    cheapest = min((price_nzd(offer) for offer in offers), default=0)
    for offer in offers:
        if price_nzd(offer) == cheapest:
            texts.append(turn.words.pick("the cheapest that fits", "符合条件里最便宜"))
        elif offer.data_mb is None:
            texts.append(turn.words.pick("no counting of data", "不用担心流量"))
        elif offer.hotspot:
            texts.append(turn.words.pick("more data, hotspot allowed", "流量更多，可开热点"))
        else:
            texts.append(turn.words.pick("more data", "流量更多"))
    return texts


def _recommend(turn: Turn, offers: Sequence[PlanOffer]) -> list[Event]:
    if not offers:
        turn.say("utter_plans_none")
        return []
    shown = _spread(_fitting(turn, offers))
    show_plans(turn, shown, _reasons(turn, shown))
    return []


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
            turn.say("utter_plans_phone_cannot", device=phone.model, note=turn.in_script(note))
            return []
        return self.recommend(turn)


class ActionPricePlans(RecommendingAction):
    """Which plans there are for the trip."""

    action_name = "action_price_plans"

    def recommend(self, turn: Turn) -> list[Event]:
        """By destination and days; New Zealand when nothing is said."""
        days = _wanted_days(turn)
        countries = _wanted_countries(turn) or {"NZ"}
        with turn.orders() as session:
            kind = "nz_travel" if countries == {"NZ"} and (days or 0) < LONG_STAY_DAYS else None
            return _recommend(turn, plans_for(session, countries, days, kind) or plans_for(session, countries, days))


class ActionCrossborderPack(RecommendingAction):
    """One plan for several countries."""

    action_name = "action_crossborder_pack"

    def recommend(self, turn: Turn) -> list[Event]:
        """Countries named now, those of the order, and where the phone is."""
        days = _wanted_days(turn)
        with turn.orders() as session:
            countries = _wanted_countries(turn)
            facts = turn.verified_facts(session)
            if not countries and facts and facts.last_country:
                countries = {facts.last_country}
            return _recommend(turn, crossborder_packs(session, countries | {"NZ"}, days))


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
        fitting = _fitting(turn, offers)
        # whoever stays three months has nothing of a year's low price a day
        shown = (sorted(fitting, key=price_nzd) if days else fitting)[:MAX_PLANS]
        show_plans(turn, shown, [self._a_day(turn, offer, days) for offer in shown])
        return []

    @staticmethod
    def _a_day(turn: Turn, offer: PlanOffer, stay: float | None) -> str:
        """The price for each day of the stay, or of the plan when the stay is not known."""
        used = min(offer.days, stay or offer.days)
        price = turn.words.money(int(offer.price_minor / used), offer.currency)
        return turn.words.pick(f"{price} a day", f"每天约 {price}")


class ActionPromotions(AftercareAction):
    """Promotions valid today."""

    action_name = "action_promotions"

    def handle(self, turn: Turn) -> list[Event]:
        """Each with its end."""
        with turn.orders() as session:
            offers = promotions_today(session, turn.now)
        if not offers:
            turn.say("utter_promotions_none")
            return []
        turn.say("utter_promotions_intro")
        lines = [
            turn.words.pick(
                f"• {o.provider_en}: {o.title_en} (until {turn.words.day(o.ends)})",
                f"• {o.provider_zh}：{o.title_zh}（截至 {turn.words.day(o.ends)}）",
            )
            for o in offers[:5]
        ]
        turn.say("utter_text", body=turn.in_script("\n".join(lines)))
        return []


class ActionTopup(AftercareAction):
    """More data or days for the order at hand."""

    action_name = "action_topup"

    def handle(self, turn: Turn) -> list[Event]:
        """For a verified order what fits it; otherwise how it works."""
        with turn.orders() as session:
            facts = turn.verified_facts(session)
            if facts is None:
                if checked := turn.brings_order_for(self.action_name):
                    return checked
                turn.say("utter_topup_general")
                return turn.asks_order_for(self.action_name)
            offers = top_ups_for(session, facts.number, turn.now)
            if offers:
                turn.say("utter_topup", plan=plan_name(turn, facts))
                shown = _spread(_fitting(turn, offers))
                show_plans(turn, shown, _reasons(turn, shown))
                return []
            turn.say("utter_topup_none")
            return _recommend(turn, plans_for(session, facts.countries & {"NZ"} or facts.countries))


class ActionCoverage(AftercareAction):
    """Where it works."""

    action_name = "action_coverage"

    def handle(self, turn: Turn) -> list[Event]:
        """For a named country, for the verified order's plan, or for New Zealand in general."""
        countries = _wanted_countries(turn) if turn.entities("destination") else set()
        with turn.orders() as session:
            if countries - {"NZ"}:
                return self._countries(turn, session, sorted(countries - {"NZ"}))
            facts = turn.verified_facts(session)
            if facts is not None:
                turn.say(
                    "utter_coverage_plan",
                    plan=plan_name(turn, facts),
                    countries=turn.in_script(
                        turn.words.listing([country_name(c, turn.language) or c for c in sorted(facts.countries)])
                    ),
                    operators=nz_operators(turn, (n.operator for n in facts.networks if n.country == "NZ")) or "–",
                )
                return []
            operators = {
                network.operator
                for plan in load_catalogue().plans
                for network in plan.networks
                if network.country == "NZ"
            }
            turn.say("utter_coverage_general", operators=nz_operators(turn, operators))
        return []

    def _countries(self, turn: Turn, session: Session, countries: Sequence[str]) -> list[Event]:
        for code in countries[:MAX_PLANS]:
            name = turn.in_script(country_name(code, turn.language) or code)
            offers = plans_for(session, {code})
            if offers:
                names = [turn.words.pick(o.name_en, o.name_zh) for o in offers[:MAX_PLANS]]
                turn.say("utter_coverage_country_yes", country=name, plans=turn.in_script(turn.words.listing(names)))
            else:
                turn.say("utter_coverage_country_no", country=name)
        return []


class ActionPlanStart(AftercareAction):
    """When the validity of the plan starts."""

    action_name = "action_plan_start"

    def handle(self, turn: Turn) -> list[Event]:
        """Exactly for a verified order; "how long?" after an answer means that answer."""
        if again := told_before(turn):
            return [FollowupAction(again)]
        with turn.orders() as session:
            facts = turn.verified_facts(session)
        if facts is None:
            if checked := turn.brings_order_for(self.action_name):
                return checked
            turn.say("utter_plan_start")
            return turn.asks_order_for(self.action_name)
        turn.say(
            "utter_plan_start_order",
            plan=plan_name(turn, facts),
            starts=turn.words.word(facts.plan_starts_at),
            validity=turn.in_script(validity(turn, facts)),
        )
        return []
