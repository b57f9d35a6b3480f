"""Why the record says that the phone is in another country: when a network last reported it there."""

from __future__ import annotations

from rasa_sdk.events import SlotSet

from actions.turn import Event, Turn
from aftercare.troubleshooting.wording import country_name
from aftercare.understanding.record_doubted import doubts_record


def answer(turn: Turn) -> list[Event] | None:
    """How old the record is and how it comes about, for who doubts the country it names; else None."""
    if turn.called_by_action or not doubts_record(turn.text):
        return None
    with turn.orders() as session:
        facts = turn.verified_facts(session)
    if facts is None or not facts.outside_coverage or facts.last_seen_at is None:
        return None
    kind, place = turn.places.stated or ("", "")
    if kind == "location" or place in facts.countries or facts.last_country not in turn.entities("destination"):
        return None  # who says to be where the plan works has that looked at
    country = country_name(str(facts.last_country), turn.language) or str(facts.last_country)
    offered = [turn.choice_of_offer("usage_records"), turn.choice_of_offer("person")]
    turn.say("utter_record_of_country", offered, country=country, time=turn.words.time(facts.last_seen_at))
    return [SlotSet("offer", "recover_usage_records")]
