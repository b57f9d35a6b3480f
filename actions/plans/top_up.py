"""More data or days for the order at hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from rasa_sdk.events import SlotSet
from sqlalchemy.orm import Session

from actions.base import AftercareAction
from actions.messages import PlanCard
from actions.orders.about import plan_name, validity
from actions.plans.offers import card_of, data_of, price_nzd
from actions.plans.recommend import recommend
from actions.turn import Event, Turn
from actions.verification import order_brought_for, order_wanted_for
from aftercare.connectors.checkouts import can_top_up, link
from aftercare.orders import top_ups
from aftercare.orders.facts import OrderFacts
from aftercare.orders.plans import PlanOffer, plans_for, top_ups_for
from aftercare.troubleshooting.wording import country_name
from aftercare.understanding.follow_ups import asks_until_when
from aftercare.understanding.plan_descriptions import asks_to_buy, wants_longer
from aftercare.understanding.plan_requirements import ENDLESS, data_wanted

MAX_PACKS = 6
# In the slot `focus`: what the plans on the table are for.
LIST, TOP_UPS = "list", "top_up"
_OF_DAYS = ("top-up.adds-days", "top-up.days-only")
_LIKELY = 0.3
_SAY_OUTSIDE = (
    "finding.outside_coverage",
    "finding.outside_coverage_unclear",
    "finding.outside_by_word",
    "finding.left_country",
)


def _end(turn: Turn, offer: PlanOffer) -> datetime:
    """When a pack bought now ends."""
    return turn.now + timedelta(days=offer.days)


def _ends_before(turn: Turn, facts: OrderFacts, offer: PlanOffer) -> bool:
    """Whether a pack bought now ends on an earlier day than the plan it is added to."""
    ends = facts.expires_at
    zone = turn.words.zone
    return ends is not None and _end(turn, offer).astimezone(zone).date() < ends.astimezone(zone).date()


def outside(turn: Turn, facts: OrderFacts) -> str | None:
    """The country where the traveller was told to be outside of the plan; None when not told so, or back since."""
    state = turn.diagnosis
    found = {state.current, *state.done} if state is not None else set()
    outside = any(name in found or turn.was_sent(name) for name in _SAY_OUTSIDE)
    if not outside or turn.entity("location") or "NZ" in turn.entities("destination"):
        return None
    location, destination = turn.whereabouts()
    if location or "arrived" in turn.observed() or destination in facts.countries:
        return None
    here = destination or facts.last_country
    return here if here not in facts.countries else None


class ActionTopup(AftercareAction):
    """More data or days for the order at hand."""

    action_name = "action_topup"

    def handle(self, turn: Turn) -> list[Event]:
        """For a verified order what fits it; otherwise how it works."""
        with turn.orders() as session:
            facts = turn.verified_facts(session)
            if facts is None:
                if checked := order_brought_for(turn, self.action_name):
                    return checked
                turn.say("utter_topup_general")
                return order_wanted_for(self.action_name)
            if (country := outside(turn, facts)) and (offers := plans_for(session, {country})):
                turn.say(
                    "utter_topup_not_there",
                    plan=plan_name(turn, facts),
                    country=country_name(country, turn.language) or country,
                )
                both = [offer for offer in offers if facts.countries <= offer.countries]
                return recommend(turn, both or offers)
            offers = top_ups_for(session, facts.number, turn.now)
            if offers:
                shown = sorted(offers, key=price_nzd)[:MAX_PACKS]
                self._tell(turn, facts, shown, self._cards(turn, session, facts.number, shown))
                listed = {LIST: TOP_UPS, "shown": [each.plan_id for each in shown]}
                return [SlotSet("focus", {**(turn.slot("focus") or {}), **listed})]
            turn.say("utter_topup_none")
            return recommend(turn, plans_for(session, facts.countries & {"NZ"} or facts.countries))

    @staticmethod
    def _cards(turn: Turn, session: Session, number: str, offers: Sequence[PlanOffer]) -> list[PlanCard]:
        """The packs as cards; those that can be paid at once lead to their payment, the others to the shop."""
        cards = []
        for offer in offers:
            card = card_of(turn, offer, "")
            if can_top_up(offer.plan_id):
                token = top_ups.offer(session, number, offer, turn.conversation_id, turn.language, turn.now)
                card = replace(card, url=link(token), action=turn.words.phrase("plan_pay"))
            cards.append(card)
        return cards

    @staticmethod
    def _tell(turn: Turn, facts: OrderFacts, offers: Sequence[PlanOffer], cards: Sequence[PlanCard]) -> None:
        """What is asked: whether and with which packs, until when, or where to pay; the cards of the packs once."""
        words, plan = turn.words, plan_name(turn, facts)
        focus = turn.slot("focus") or {}
        of_packs = focus.get(LIST) == TOP_UPS
        taken = next((offer for offer in offers if of_packs and offer.plan_id == focus.get("plan")), None)
        lasting = [offer for offer in offers if not _ends_before(turn, facts, offer)]
        smallest = min(lasting or offers, key=price_nzd)
        longer = [offer for offer in lasting if facts.expires_at is None or _end(turn, offer) > facts.expires_at]
        unit, chance = (turn.reading.units or (("", 0.0),))[0]
        lasts = wants_longer(turn.text) or (unit in _OF_DAYS and chance >= _LIKELY)
        if (lasts or (of_packs and asks_until_when(turn.text))) and (taken or longer):
            smallest = taken or min(longer, key=price_nzd)
            ends = words.day(_end(turn, smallest))
            name = words.pick(smallest.name_en, smallest.name_zh)
            turn.say("utter_topup_days", plan=plan, validity=validity(turn, facts), pack=name, ends=ends)
            return
        wanted = data_wanted(turn.text)
        fits = [offer for offer in offers if (offer.data_mb or ENDLESS) == wanted]
        listed = "\n".join(
            words.phrase(
                "topup_line_short" if _ends_before(turn, facts, offer) else "topup_line",
                data=data_of(turn, offer),
                days=words.days(offer.days),
                price=words.money(offer.price_minor, offer.currency),
                ends=words.day(_end(turn, offer)),
            )
            for offer in offers
        )
        if wanted and not fits and not taken:
            turn.say("utter_topup_not_this", cards=cards, plan=plan, wanted=words.data(wanted), packs=listed)
        elif asks_to_buy(turn.text) or (turn.called_by_action and taken):
            chosen = (fits or ([taken] if taken else [smallest]))[0]
            card = cards[offers.index(chosen)]
            turn.say("utter_topup_buy", cards=[card], pack=card.title, price=card.price, link=card.url or card.seller)
        else:
            turn.say("utter_topup", cards=cards, plan=plan, packs=listed)
        if any(can_top_up(offer.plan_id) for offer in offers):
            turn.say("utter_topup_by_link")
