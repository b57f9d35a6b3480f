"""The things shown last (plans, choices): which one a message points at, and what is told about it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from actions.plans.offers import countries_of, data_of, price_nzd
from actions.turn import Turn
from aftercare.base.language import to_simplified
from aftercare.orders.plans import PlanOffer, plan_offer, plans_named
from aftercare.understanding.choices import named_item, pointed_superlative
from aftercare.understanding.plan_requirements import plan_attribute


def plans_shown(turn: Turn) -> list[str]:
    """Ids of the plans shown last, in order: of a list of plans or of the choices of an exchange."""
    for message in turn.answers_backwards():
        data = message.get("data") or {}
        chosen = [_exchange_plan(button) for button in data.get("buttons") or ()]
        if found := [each for each in chosen if each]:
            return found
        if cards := (data.get("custom") or {}).get("cards"):
            with turn.orders() as session:
                known = plans_named(session)
            return [known[title] for card in cards if (title := to_simplified(str(card["title"]))) in known]
    return list((turn.slot("focus") or {}).get("shown") or ())  # Rasa hands over the last events only


def _exchange_plan(button: dict[str, Any]) -> str | None:
    marker = '"exchange_plan": "'
    _, found, rest = str(button.get("payload", "")).partition(marker)
    return rest.partition('"')[0] if found else None


def plan_pointed_at(turn: Turn, *, by_focus: bool = False) -> str | None:
    """The id of the plan a message means: by its place or name, or as the cheapest of those shown.

    `by_focus`: the plan talked about before, when the message asks for a property of a plan and names nothing else.
    """
    shown = plans_shown(turn)
    if by_focus:
        before = (turn.slot("focus") or {}).get("plan")
        names_more = any(turn.entities(name) for name in ("destination", "location", "amount_of_time", "plan"))
        return str(before) if before in shown and plan_attribute(turn.text) and not names_more else None
    if turn.reading.situation not in ("plan_list", "exchange_choice") and not turn.reading.has("refer", "choose"):
        return None
    with turn.orders() as session:
        offers = [offer for each in shown if (offer := plan_offer(session, each))]
    names = [turn.words.pick(offer.name_en, offer.name_zh) for offer in offers]
    if (place := named_item(turn.text, names)) is not None:
        return offers[place].plan_id
    if offers and (which := pointed_superlative(turn.text)):
        return str(_SUPERLATIVES[which](offers).plan_id)
    return None


_SUPERLATIVES = {
    "cheapest": lambda offers: min(offers, key=price_nzd),
    "dearest": lambda offers: max(offers, key=price_nzd),
    "most_data": lambda offers: max(offers, key=lambda offer: offer.data_mb or 10**9),
    "longest": lambda offers: max(offers, key=lambda offer: offer.days),
}


def answer_about_plan(turn: Turn, plan_id: str) -> bool:
    """Tell what is asked about a plan; False when it is no longer sold."""
    with turn.orders() as session:
        offer = plan_offer(session, plan_id)
    if offer is None:
        return False
    facts = list(_facts(turn, offer))
    wanted = plan_attribute(turn.text)
    chosen = [text for name, text in facts if name == wanted] or [text for _, text in facts]
    name = turn.words.pick(offer.name_en, offer.name_zh)
    turn.say("utter_plan_detail", plan=name, detail=turn.words.listing(chosen))
    return True


def _facts(turn: Turn, offer: PlanOffer) -> Iterator[tuple[str, str]]:
    words = turn.words
    yield "data", data_of(turn, offer)
    yield "days", words.days(offer.days)
    yield "price", words.money(offer.price_minor, offer.currency)
    yield "countries", countries_of(turn, offer)
    yield "hotspot", words.phrase("plan_hotspot" if offer.hotspot else "plan_no_hotspot")
    yield "calls", words.phrase("plan_calls_sms" if offer.calls_sms else "plan_no_calls")
