"""A stop on the way: whether the plan of the order works and starts there, and why there is no network."""

from __future__ import annotations

from typing import Any

from actions.dialogue import knowledge
from actions.dialogue.shown import OF_EXCHANGE
from actions.orders.about import plan_name
from actions.plans.own_plan import abroad_named
from actions.turn import Event, Turn
from aftercare.orders.facts import OrderFacts
from aftercare.troubleshooting.wording import country_name
from aftercare.understanding.goals import REPORTS
from aftercare.understanding.own_plan import asks_for_plans
from aftercare.understanding.questions import asserts_not
from aftercare.understanding.trip import tells_of_stop

_STARTS = "plan-start-and-validity.stopover-starts"
_AT_FIRST_USE = "first_use"
_LIKELY, _FAINTLY = 0.4, 0.15


def answer(turn: Turn) -> list[Event] | None:
    """The answerer for "we stop over in Singapore, does it start there?" and "no internet on my stop in Sydney"."""
    abroad = abroad_named(turn)
    if turn.called_by_action or not abroad or turn.reading.situation in OF_EXCHANGE or asks_for_plans(turn.text):
        return None
    with turn.orders() as session:
        facts = turn.verified_facts(session)
    if _asks_start(turn):
        if facts is not None:
            _tell_start(turn, facts, abroad[-1])
        return [] if facts is not None or knowledge.tell(turn, _STARTS) else None
    there = turn.places.stated == ("destination", abroad[-1]) and tells_of_stop(turn.text)
    if facts is None or not there or abroad[-1] in facts.countries or turn.confidence_in(*REPORTS) < _LIKELY:
        return None
    turn.say("utter_stop_no_network", **_names(turn, facts, abroad[-1]))
    return []


def _asks_start(turn: Turn) -> bool:
    """Whether it is asked if a stop starts the plan."""
    unit, chance = (turn.reading.units or (("", 0.0),))[0]
    of_it = dict(turn.reading.units).get(_STARTS, 0.0) >= _FAINTLY or turn.likeliest[0] == "ask_plan_start"
    return (unit == _STARTS and chance >= _LIKELY) or (tells_of_stop(turn.text) and of_it)


def _tell_start(turn: Turn, facts: OrderFacts, code: str) -> None:
    covered, names = code in facts.countries, _names(turn, facts, code)
    if facts.expires_at is not None or facts.plan_starts_at != _AT_FIRST_USE:
        turn.say("utter_coverage_order_yes" if covered else "utter_coverage_order_no", **names)
        if facts.expires_at is None:
            knowledge.tell(turn, _STARTS)
        else:
            turn.say("utter_stop_started", **names)
    elif covered:
        turn.say("utter_stop_starts", **names)
    else:
        turn.say("utter_stop_starts_not_right" if asserts_not(turn.text) else "utter_stop_starts_not", **names)


def _names(turn: Turn, facts: OrderFacts, code: str) -> dict[str, Any]:
    countries = [country_name(each, turn.language) or each for each in sorted(facts.countries)]
    return {
        "plan": plan_name(turn, facts),
        "country": country_name(code, turn.language) or code,
        "countries": turn.words.listing(countries),
    }
