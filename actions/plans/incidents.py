"""Disturbances at a place: what operators have reported there, what to do meanwhile, and until when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from rasa_sdk.events import FollowupAction, SlotSet
from sqlalchemy.orm import Session

from actions.history import meaning_of
from actions.menus import menu
from actions.turn import Event, Turn
from aftercare.base.language import to_simplified
from aftercare.catalogue.load import load_catalogue
from aftercare.orders.facts import OpenIncident, OrderFacts
from aftercare.orders.incidents import open_at
from aftercare.troubleshooting.wording import region_name
from aftercare.understanding.disturbances import asks_of_coverage_here, blames_disturbance
from aftercare.understanding.follow_ups import asks_how_long
from aftercare.understanding.order_questions import asks_which

NEW_ZEALAND = "NZ"
# Faults that a network's disturbance may be behind.
_SYMPTOMS = (None, "no_service", "no_data", "slow", "stopped", "unknown")
_ANSWERS = (
    "utter_incident_open", "utter_incident_switch", "utter_incident_wait", "utter_incident_until", "utter_no_incident",
    "finding.incident", "utter_incident_is_it",
)  # fmt: skip
_IS_IT = "utter_incident_is_it"
# The articles about disturbances, and how likely one of them must be for what was reported to be told instead.
_IS_DOWN = ("service-health.is-network-down", "service-health.maintenance", "service-health.outage-what-to-do")
_HOW_LONG = "service-health.outage-how-long"
_LIKELY = 0.2
# A fault is reported, whatever is asked beside it, from this probability on.
_REPORTED = 0.5
_FAULTS = {"start:report_no_service": "no_service", "start:report_stopped_working": "stopped"}
# Shorter names of places are abbreviations.
_A_TOWN = 5


def at_place(session: Session, facts: OrderFacts, place: str | None) -> OrderFacts:
    """The facts with what is open where the traveller says to be, when that is not where the phone was seen last."""
    if place is None or place == facts.last_region:
        return facts
    found = next((each for each in open_at(session, place, facts.now) if each.operator in _networks(facts)), None)
    operator = found.operator if found else facts.last_operator
    return replace(facts, incident=found, last_region=place, last_operator=operator)


def tell_of_place(turn: Turn) -> bool:
    """Before a fault is looked at further: what is reported at a place in New Zealand that is named now.

    True when something was told.
    """
    named = _named(turn)
    if not named or turn.pressed or turn.slot("symptom") not in _SYMPTOMS or answered_this_turn(turn):
        return False
    if set(named) <= _named_before(turn) and any(map(_is_about_incident, turn.answers_backwards())):
        return False
    _tell(turn, named)
    return True


def tell_if_blamed(turn: Turn) -> bool:
    """Whether "is it the power fault?" or "is there coverage here?" was answered by what is open here."""
    if (
        turn.pressed
        or _named(turn)
        or answered_this_turn(turn)
        or not (blames_disturbance(turn.text) or asks_of_coverage_here(turn.text))
    ):
        return False
    facts = _facts(turn)
    mine = _networks(facts) if facts else []
    here = [each for each in _open(turn, _known_place(turn)) if each.operator in mine]
    if not here:
        return False
    others = [each for each in mine if each not in {incident.operator for incident in here}]
    phrase = turn.words.phrase
    way = phrase("incident_other", operators=turn.words.listing(others)) if others else phrase("incident_no_other")
    turn.say(_IS_IT, summary=_summary(turn, here), until=_until(turn, here), way=way)
    return True


def answer(turn: Turn) -> list[Event] | None:
    """The answerer for "is the network down in Napier?", "until when?" and "Spark or One NZ?"."""
    if turn.called_by_action:
        return None
    units = dict(turn.reading.units)
    named = _named(turn)
    if _until_asked(turn, units) and (open_now := _open(turn, named or _known_place(turn))):
        facts = _facts(turn)
        ours = [each for each in open_now if facts is None or each.operator in _networks(facts)]
        if ours:
            turn.say("utter_incident_until", until=_until(turn, ours), summary=_summary(turn, ours))
            return []
    if tell_if_blamed(turn):
        return []
    if len(turn.entities("operator")) > 1 and asks_which(turn.text) and _tell_choice(turn):
        return []
    asked = max((units.get(name, 0.0) for name in _IS_DOWN), default=0.0) >= _LIKELY
    faults = max(map(turn.reading.chance, ("start:report_no_service", "start:report_stopped_working")))
    surely = faults > 0 and faults >= min(_REPORTED, turn.reading.chance("ask"))  # not by "is there reception?"
    reported = bool(named) and surely
    places = named or (_known_place(turn) if asked else [])
    if not places or not (asked or reported):
        return None
    found = _tell(turn, places)
    return _looked_at(turn) if reported and not found and not turn.form and not turn.diagnosis_open else []


def _looked_at(turn: Turn) -> list[Event]:
    """What was reported beside the place is looked at: that no fault is known there helps nobody."""
    symptom = next((of for fault, of in _FAULTS.items() if turn.reading.has(fault)), None) or "no_service"
    form = "diagnosis_form" if turn.slot("order_verified") else "order_form"
    return [SlotSet("goal", "diagnose"), SlotSet("symptom", symptom), FollowupAction(form)]


def answered_this_turn(turn: Turn) -> bool:
    """Whether this turn has told of a disturbance, or of none."""
    if any(str(each.get("meaning") or "").startswith(_ANSWERS) for each in turn.dispatcher.messages):
        return True
    for event in reversed(turn.tracker.events):
        if event.get("event") == "user":
            return False
        if event.get("event") == "bot" and _is_about_incident(event):
            return True
    return False


def _tell(turn: Turn, places: Sequence[str]) -> bool:
    """What is open there for the networks of the order, or for any without one; False when nothing is."""
    facts = _facts(turn)
    found = _open(turn, places)
    if facts is None:
        if found:
            turn.say("utter_incident_open", summary=_summary(turn, found), until=_until(turn, found))
    else:
        mine = _networks(facts)
        found = [each for each in found if each.operator in mine]
        others = [each for each in mine if each not in {incident.operator for incident in found}]
        if found and others:
            turn.say(
                "utter_incident_switch",
                summary=_summary(turn, found),
                until=_until(turn, found),
                operators=turn.words.listing(others),
                menu=menu(turn, "manual_network", facts),
            )
        elif found:
            turn.say("utter_incident_wait", summary=_summary(turn, found), until=_until(turn, found))
    if not found:
        names = [_called(turn, place) for place in places]
        turn.say("utter_no_incident", place=turn.words.listing(names))
    return bool(found)


def _called(turn: Turn, place: str) -> str:
    """A place as the traveller calls it, where that is a town of its own: Greymouth is no Hokitika."""
    entities = turn.tracker.latest_message.get("entities") or []
    said = next((each for each in entities if each.get("value") == place and "start" in each), None)
    name = region_name(place, turn.language) or place
    if said is None:
        return name
    words = turn.text[int(said["start"]) : int(said["end"])]
    regions = (region for region in load_catalogue().regions if region.name == place)
    known = (alias for region in regions for alias in region.aliases)
    alias = next((alias for alias in known if alias.casefold() == to_simplified(words).casefold()), None)
    if alias is None or len(alias) < _A_TOWN or place.casefold().replace("'", "") in alias.casefold():
        return name  # the same name, or short for it
    return alias if alias.isascii() == (turn.language == "en") else name


def _tell_choice(turn: Turn) -> bool:
    """Tell which of several networks to take: one of the plan without a disturbance."""
    facts = _facts(turn)
    if facts is None:
        return False
    good = networks_to_choose(turn, facts)
    if not good:
        return False
    turn.say("utter_network_choice", networks=turn.words.listing(_networks(facts)), operator=good[0])
    return True


def networks_to_choose(turn: Turn, facts: OrderFacts) -> list[str]:
    """The networks of the plan without a disturbance where the traveller is; all of them when each has one."""
    bad = {each.operator for each in _open(turn, _known_place(turn))}
    mine = _networks(facts)
    return [name for name in mine if name not in bad] or mine


def _until_asked(turn: Turn, units: dict[str, float]) -> bool:
    if units.get(_HOW_LONG, 0.0) >= _LIKELY:
        return True
    return asks_how_long(turn.text) and any(map(_is_about_incident, turn.answers_backwards()))


def _is_about_incident(event: Event) -> bool:
    return meaning_of(event).startswith(_ANSWERS)


def _named(turn: Turn) -> list[str]:
    """Places in New Zealand that the message names, not where the traveller is not or is yet to go."""
    if turn.places.stated and turn.places.stated[0] == "location":  # and not where they were before
        return [place for kind, place in turn.places.all_stated if kind == "location"]
    not_there = {*turn.places.denied, *([turn.places.ahead[1]] if turn.places.ahead else [])}
    return [place for place in dict.fromkeys(map(str, turn.entities("location"))) if place not in not_there]


def _named_before(turn: Turn) -> set[str]:
    messages = [event for event in turn.tracker.events if event.get("event") == "user"][:-1]
    found = (each for event in messages for each in (event.get("parse_data") or {}).get("entities") or ())
    return {str(each.get("value")) for each in found if each.get("entity") == "location"}


def _known_place(turn: Turn) -> list[str]:
    """Where the traveller is, by their own word or by the network's last report."""
    location, _ = turn.whereabouts()
    if location:
        return [location]
    facts = _facts(turn)
    return [facts.last_region] if facts and facts.last_region and facts.last_country == NEW_ZEALAND else []


def _facts(turn: Turn) -> OrderFacts | None:
    with turn.orders() as session:
        return turn.verified_facts(session)


def _networks(facts: OrderFacts) -> list[str]:
    """The networks of the plan in New Zealand, in its order."""
    return list(dict.fromkeys(each.operator for each in facts.networks if each.country == NEW_ZEALAND))


def _open(turn: Turn, places: Sequence[str]) -> list[OpenIncident]:
    with turn.orders() as session:
        found = [each for place in places for each in open_at(session, place, turn.now)]
    return list(dict.fromkeys(found))


def _summary(turn: Turn, incidents: Sequence[OpenIncident]) -> str:
    return " ".join(turn.words.pick(each.summary_en, each.summary_zh) for each in incidents)


def _until(turn: Turn, incidents: Sequence[OpenIncident]) -> str:
    ends = [each.ends for each in incidents]
    if any(end is None for end in ends):
        return turn.words.phrase("incident_open_end")
    return turn.words.phrase("incident_ends", time=turn.words.time(max(end for end in ends if end)))
