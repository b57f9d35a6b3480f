"""The things shown last (plans, choices): which one a message points at, and what is told about it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rasa_sdk.events import SlotSet

from actions.dialogue import knowledge
from actions.dialogue.narrowing import (
    PlanDescription,
    at_odds,
    description_of,
    extreme,
    meant,
    named_whole,
    superlative,
)
from actions.dialogue.subjects import SURE, SURER
from actions.plans.offers import charged_as, countries_of, currency_of, data_of, is_converted, price_in
from actions.refunds.wording import price_difference
from actions.turn import Event, Turn
from aftercare.base.language import to_simplified
from aftercare.orders.plans import PlanOffer, plan_offer, plans_for, plans_named
from aftercare.orders.refunds.exchange import exchange_options
from aftercare.understanding.choices import beside, named_item
from aftercare.understanding.plan_requirements import plan_attribute

_OF_GROUPS, _LIKELY_ASKED = "group-and-family.", 0.6
OF_EXCHANGE = ("exchange_choice", "exchange_confirm")
# Situations in which an offer about the order's money waits for an answer.
OPEN_OFFERS = ("refund_confirm", "withdraw_confirm", *OF_EXCHANGE)
_MOST_CHOICES = 5


def plans_shown(turn: Turn) -> list[str]:
    """Ids of the plans shown last, in order: of a list of plans or of the choices of an exchange.

    While an exchange waits, what is on the table is what the order can be exchanged for, or those of it shown last.
    """
    if turn.reading.situation in OF_EXCHANGE and turn.form == "refund_form":
        last = next(turn.answers_backwards(), {}).get("data") or {}
        if found := [each for each in map(_exchange_plan, last.get("buttons") or ()) if each]:
            return found
        with turn.orders() as session:
            number = turn.verified_order(session)
            options = exchange_options(session, number, turn.now)[:_MOST_CHOICES] if number else ()
        if options:
            return [option.plan_id for option in options]
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
    if turn.reading.situation not in ("plan_list", *OF_EXCHANGE) and not turn.reading.has("refer", "choose"):
        return None
    with turn.orders() as session:
        offers = [offer for each in shown if (offer := plan_offer(session, each))]
    found = meant(turn, offers)
    if len(found) == 1:
        return found[0].plan_id
    if (other := _of_catalogue(turn, offers)) is not None:
        return other
    which = superlative(turn.text)
    if len(found) > 1 or description_of(turn.text).home_only:
        return None  # several fit alike, or what it names is what it does not want
    names = [turn.words.pick(offer.name_en, offer.name_zh) for offer in offers]
    if (place := named_item(turn.text, names)) is not None:
        talked_about = (turn.slot("focus") or {}).get("plan") or turn.refund_draft.plan
        another = talked_about not in (None, offers[place].plan_id)  # "not that one, the first": which it refuses
        return None if at_odds(turn.text, offers[place], refusing=not another) else offers[place].plan_id
    if offers and which:
        return extreme(which, offers).plan_id
    return _beside_the_last(turn, offers)


def _of_catalogue(turn: Turn, shown: Sequence[PlanOffer]) -> str | None:
    """Another plan on sale than those shown: by its whole name, or by its seller and what else is said of it."""
    described = description_of(turn.text)
    with turn.orders() as session:
        offers = [offer for offer in plans_for(session, ()) if offer not in shown]
    if named := named_whole(turn.text, offers):
        return named.plan_id
    if described.seller is None or described == PlanDescription(seller=described.seller):
        return None
    found = [offer for offer in offers if described.named(offer)]
    return found[0].plan_id if len(found) == 1 and not any(map(described.named, shown)) else None


def _beside_the_last(turn: Turn, offers: list[PlanOffer]) -> str | None:
    """The plan above or below the one talked about, or the other of two."""
    ids = [offer.plan_id for offer in offers]
    last = (turn.slot("focus") or {}).get("plan") or turn.refund_draft.plan
    place = beside(turn.text, ids.index(last), len(ids)) if last in ids else None
    return None if place is None else ids[place]


def offers_shown(turn: Turn) -> list[PlanOffer]:
    """The plans shown last that are still sold, in order."""
    shown = plans_shown(turn)
    with turn.orders() as session:
        return [offer for each in shown if (offer := plan_offer(session, each))]


def plans_meant(turn: Turn) -> list[str]:
    """Ids of the plans shown that a message leaves by what it says of them; none when it says nothing of any."""
    return [offer.plan_id for offer in meant(turn, offers_shown(turn))]


def answer_about_plan(turn: Turn, plan_id: str, attribute: str | None = None) -> bool:
    """Tell what is asked about a plan, `attribute` or what the words name; False when it is no longer sold.

    In an exchange what it costs or gives back is said with it.
    """
    with turn.orders() as session:
        offer = plan_offer(session, plan_id)
        number = turn.verified_order(session) if turn.reading.situation in OF_EXCHANGE else None
        options = exchange_options(session, number, turn.now) if number else ()
    if offer is None:
        return False
    facts = _facts(turn, offer)
    wanted = attribute or plan_attribute(turn.text)
    of_all = [fact for name, fact in facts.items() if name != "networks"]
    chosen = [facts[wanted]] if wanted in facts else of_all
    option = next((each for each in options if each.plan_id == plan_id), None)
    if option is not None:
        chosen.append(price_difference(turn.words, option))
    name = turn.words.pick(offer.name_en, offer.name_zh)
    turn.say("utter_plan_detail", plan=name, detail=turn.words.listing(chosen))
    return True


def fact_of(turn: Turn, offer: PlanOffer, attribute: str) -> str:
    """One property of a plan in words: data, days, price, countries, hotspot, calls or networks."""
    return _facts(turn, offer)[attribute]


def _price(turn: Turn, offer: PlanOffer) -> str:
    """The price in the currency of the list it stands in, with what is charged where that is another."""
    price = price_in(turn, offer.price_minor, offer, currency := currency_of(turn, [offer, *offers_shown(turn)]))
    if not is_converted(offer, currency) or turn.reading.situation in OF_EXCHANGE:
        return turn.words.money(offer.price_minor, offer.currency)
    return turn.words.listing([price, charged_as(turn, offer)])


def _facts(turn: Turn, offer: PlanOffer) -> dict[str, str]:
    words = turn.words
    networks = words.listing(sorted(offer.operators))
    return {
        "data": data_of(turn, offer),
        "days": words.days(offer.days),
        "price": _price(turn, offer),
        "countries": countries_of(turn, offer),
        "hotspot": words.phrase("plan_hotspot" if offer.hotspot else "plan_no_hotspot"),
        "calls": words.phrase("plan_calls_sms" if offer.calls_sms else "plan_no_calls"),
        **({"networks": words.phrase("plan_networks", networks=networks)} if networks else {}),
    }


def pointed_at(turn: Turn) -> list[Event] | None:
    """About one of the plans shown, named by its place or name; "more data" alone names none."""
    intent, confidence = turn.likeliest
    if intent == "ask_topup" and confidence >= SURER and not turn.reading.has("refer", "choose"):
        return None
    if turn.reading.chance("refer") < _LIKELY_ASKED and not turn.reading.has("choose") and _surely_general(turn):
        return None
    return _about_plan(turn, plan_pointed_at(turn, by_focus=False))


def in_focus(turn: Turn) -> list[Event] | None:
    """A property asked of plans: about the plan that was talked about before."""
    return _about_plan(turn, plan_pointed_at(turn, by_focus=True))


def _surely_general(turn: Turn) -> bool:
    """Whether an article answers something about travelling together rather than one of the plans shown."""
    found = knowledge.best(turn, SURE)
    return found is not None and found.id.startswith(_OF_GROUPS)


def _about_plan(turn: Turn, plan: str | None) -> list[Event] | None:
    if plan is None:
        return None
    place = turn.entity("location") and plan_attribute(turn.text) in ("networks", "countries", None)
    if not answer_about_plan(turn, plan, "networks" if place else None):
        return None
    kept = {**(turn.slot("focus") or {}), "plan": plan, "shown": plans_shown(turn)}
    answered = knowledge.answer(turn, knowledge.ASKED) if place else None  # what its networks reach there
    if answered and answered[-1].get("event") != "followup":
        kept = {**answered[0]["value"], **kept} if answered[0].get("name") == "focus" else kept
        return [*answered, SlotSet("focus", kept)]
    return [SlotSet("focus", kept)]
