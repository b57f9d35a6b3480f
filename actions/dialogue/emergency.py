"""Somebody is in danger: how to reach help where they are, before anything else, and the way back to the matter."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from rasa_sdk.events import FollowupAction, SlotSet

from actions.base import AftercareAction
from actions.dialogue import knowledge
from actions.dialogue.subjects import SUREST
from actions.history import meaning_of
from actions.turn import Event, Turn
from aftercare.catalogue.load import load_catalogue
from aftercare.catalogue.models import EmergencyNumbers
from aftercare.troubleshooting.wording import country_name
from aftercare.understanding.danger import asks_cost, comes_from, happened_to_thing, out_of_danger
from aftercare.understanding.feature_faults import has_no_internet
from aftercare.understanding.statements import places

NEW_ZEALAND, ANYWHERE = "NZ", "112"
# What is said in New Zealand and in other countries.
_FIRST = ("utter_emergency", "utter_emergency_abroad")
_MORE = ("utter_emergency_more", "utter_emergency_more_abroad")
# The article about which number to dial.
_OF_NUMBERS = "emergency.which-emergency-number"
# From this probability on that is what is asked.
_ASKED = 0.5


class ActionEmergency(AftercareAction):
    """The number of the country first; no order number, no step of a diagnosis."""

    action_name = "action_emergency"

    def handle(self, turn: Turn) -> list[Event]:
        """The number and how to call it without the plan's signal; then what else helps; then only to keep on.

        After a message that help is there, the matter before it goes on.
        """
        answered = _answered_before(turn)
        if answered and out_of_danger(turn.text):
            return _over(turn)
        country = country_of(turn)
        if asks_cost(turn.text):
            turn.say("utter_emergency_cost", number=_main_number(country))
        elif answered > 1:
            turn.say("utter_emergency_on", number=_main_number(country))
        else:
            at_home, abroad = _MORE if answered else _FIRST
            turn.say(at_home if country == NEW_ZEALAND else abroad, **_words(turn, country))
            if not answered and (turn.reading.chance("emergency") < SUREST or happened_to_thing(turn.text)):
                _tell_what_happened(turn)
        return [FollowupAction("action_listen")]


def answer_number(turn: Turn) -> list[Event] | None:
    """The answerer for "which number is it in Australia?", asked by somebody who is in no danger."""
    ranked = turn.reading.units[:1]
    if not ranked or ranked[0][0] != _OF_NUMBERS or ranked[0][1] < _ASKED:
        return None
    asked = [code for kind, code in _named(turn.tracker.latest_message) if kind == "destination"]
    countries = [code for code in dict.fromkeys(asked) if code != NEW_ZEALAND] or [country_of(turn)]
    if countries == [NEW_ZEALAND]:
        return None  # the article says more about it
    for country in countries[:3]:
        turn.say("utter_help_number", **_words(turn, country))
    return []


def country_of(turn: Turn) -> str:
    """Where the traveller is: as said now, as said before, where the phone was seen last, as named before, else NZ."""
    here = _country_in(turn.tracker.latest_message)
    if here is None:
        messages = [event for event in reversed(turn.tracker.events) if event.get("event") == "user"]
        before = [event.get("parse_data") or {} for event in messages]
        here = next((code for each in before if (code := _stated_in(each))), None)
        with turn.orders() as session:
            facts = turn.verified_facts(session)
        here = here or (facts.last_country if facts else None)
        here = here or next((code for each in before if (code := _country_in(each))), None)
    return here or NEW_ZEALAND


def _tell_what_happened(turn: Turn) -> None:
    """What an article certainly says of it: a phone in water or a smashed car window may be all that happened."""
    found = knowledge.best(turn, knowledge.CERTAIN)
    if found is not None and not found.action and found.id != _OF_NUMBERS:
        knowledge.tell(turn, found.id)


def _answered_before(turn: Turn) -> int:
    """How many answers before this message were about the danger, without another one between them."""
    answers = 0
    for event in turn.answers_backwards():
        if not meaning_of(event).startswith("utter_emergency"):
            break
        answers += 1
    return answers


def _over(turn: Turn) -> list[Event]:
    """Help is there: the fault, the order or the step goes on."""
    turn.say("utter_danger_over")
    if turn.form:
        return []  # what waits is asked again
    if turn.diagnosis_open or turn.slot("goal") == "diagnose" or has_no_internet(turn.text):
        with turn.orders() as session:
            known = turn.verified_order(session) is not None
        return [SlotSet("goal", "diagnose"), FollowupAction("diagnosis_form" if known else "order_form")]
    return [FollowupAction("action_listen")]


def _stated_in(message: Mapping[str, Any]) -> str | None:
    stated = places(str(message.get("text") or ""), message.get("entities") or ()).stated
    return None if stated is None else _country(*stated)


def _country_in(message: Mapping[str, Any]) -> str | None:
    """The country of a message: where somebody says to be, else a place in New Zealand, else a country it names."""
    if stated := _stated_in(message):
        return stated
    named = list(_named(message))
    if any(kind == "location" for kind, _ in named):
        return NEW_ZEALAND
    return named[-1][1] if named else None


def _named(message: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Each place that a message names, as an entity and its country; not where somebody comes from or is not."""
    text = str(message.get("text") or "")
    found: Iterable[Mapping[str, Any]] = message.get("entities") or ()
    denied = places(text, found).denied
    for each in found:
        kind, value = str(each.get("entity")), str(each.get("value"))
        if kind not in ("location", "destination") or value in denied:
            continue
        if not comes_from(text[: int(each.get("start") or 0)]):
            yield kind, _country(kind, value)


def _country(kind: str, value: str) -> str:
    return NEW_ZEALAND if kind == "location" else value


def _numbers(country: str) -> EmergencyNumbers | None:
    return next((each for each in load_catalogue().emergency_numbers if each.country == country), None)


def _main_number(country: str) -> str:
    found = _numbers(country)
    return (found and (found.all or found.ambulance)) or ANYWHERE


def _words(turn: Turn, country: str) -> dict[str, Any]:
    """The country's name and its numbers in words; 112 where none is known."""
    found = _numbers(country)
    services = {} if found is None else {name: getattr(found, name) for name in ("police", "ambulance", "fire")}
    each = [turn.words.phrase(f"help_{name}", number=number) for name, number in services.items() if number]
    whole = turn.words.phrase("help_all", number=_main_number(country))
    return {
        "country": country_name(country, turn.language) or country,
        "numbers": turn.words.listing(each) if each else whole,
        "number": _main_number(country),
    }
