"""Whether the plan somebody has works in a country, also before its order is known."""

from __future__ import annotations

from collections.abc import Sequence

from rasa_sdk.events import FollowupAction

from actions.turn import Event, Turn
from aftercare.catalogue.load import load_catalogue
from aftercare.catalogue.markets import market_named
from aftercare.troubleshooting.wording import country_name
from aftercare.understanding.danger import comes_from
from aftercare.understanding.on_board import on_board
from aftercare.understanding.own_plan import asks_for_plans, asks_if_works, asks_of_own_plan

NEW_ZEALAND = "NZ"
_ABROAD = ("ask_coverage", "ask_crossborder_pack", "ask_price_plans")
_ARTICLES = ("choose-a-plan.nz-only", "several-countries.")
_SURE, _LIKELY, _CERTAIN, _OF_ELSE = 0.45, 0.2, 0.8, 0.4


def abroad_named(turn: Turn) -> list[str]:
    """Countries besides New Zealand that the message names; not where somebody comes from."""
    if market_named(turn.text):
        return []  # a phone that was sold there
    found = turn.tracker.latest_message.get("entities") or []
    named = [
        str(each.get("value"))
        for each in found
        if each.get("entity") == "destination" and not comes_from(turn.text[: int(each.get("start") or 0)])
    ]
    return [code for code in dict.fromkeys(named) if code != NEW_ZEALAND and code not in turn.places.denied]


def asks_of_own(turn: Turn) -> bool:
    """Whether a country is asked about for the plan that the traveller has."""
    return bool(abroad_named(turn)) and asks_of_own_plan(turn.text)


def asks_for_several(turn: Turn) -> bool:
    """Whether plans are asked for that work in each of several countries."""
    named = {str(code) for code in turn.entities("destination")} | ({NEW_ZEALAND} if turn.entity("location") else set())
    return len(named) > 1 and bool(abroad_named(turn)) and asks_for_plans(turn.text)


def answer(turn: Turn) -> list[Event] | None:
    """The answerer for "does my eSIM work in Japan?"."""
    if (
        turn.called_by_action
        or not asks_of_own(turn)
        or turn.reading.situation in ("exchange_choice", "exchange_confirm")
    ):
        return None
    intent, confidence = turn.likeliest
    best = turn.reading.units[0] if turn.reading.units else ("", 0.0)
    works = asks_if_works(turn.text)
    if on_board(turn.text) or (not works and best[1] >= _OF_ELSE and not best[0].startswith(_ARTICLES)):
        return None  # countries are named, something else is asked: how many lines a phone has
    asked = intent in _ABROAD and confidence >= _SURE
    unsure = confidence < _CERTAIN or intent == "ask_device_compatibility"
    asked = asked or (works and not turn.entity("device") and unsure)
    return (
        [FollowupAction("action_coverage")] if asked or (best[0].startswith(_ARTICLES) and best[1] >= _LIKELY) else None
    )


def tell_without_order(turn: Turn, countries: Sequence[str]) -> bool:
    """What holds for plans in these countries while the order is not known; whether the order could say more."""
    open_ = False
    for code in countries:
        name = country_name(code, turn.language) or code
        kinds = _kinds_for(turn, code)
        if kinds:
            open_ = True
            turn.say("utter_coverage_depends", country=name, plans=turn.words.listing(kinds))
        else:
            turn.say("utter_coverage_country_no", country=name)
    return open_


def tell_outside(turn: Turn) -> None:
    """Before an order is asked for: what a fault in another country most likely comes from."""
    abroad = abroad_named(turn)
    if not abroad or turn.pressed or (turn.places.ahead and turn.places.ahead[1] in abroad):
        return
    name = country_name(abroad[-1], turn.language) or abroad[-1]
    kinds = _kinds_for(turn, abroad[-1])
    if kinds:
        turn.say("utter_place_outside", country=name, plans=turn.words.listing(kinds))
    else:
        turn.say("utter_place_outside_all", country=name)


def _kinds_for(turn: Turn, country: str) -> list[str]:
    """Kinds of plans for several countries, in words, of which at least one works in this one."""
    catalogue = load_catalogue()
    found = {plan.kind for plan in catalogue.plans if any(network.country == country for network in plan.networks)}
    kinds = [kind for kind in catalogue.plan_kinds if kind.use == "several" and kind.id in found]
    return [turn.words.pick(kind.name_en, kind.name_zh) for kind in kinds]
