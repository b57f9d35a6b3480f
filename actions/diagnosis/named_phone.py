"""A question about the step that waits, asked with the phone it is for: the step again, in that phone's menus."""

from __future__ import annotations

from dataclasses import replace

from rasa_sdk.events import SlotSet

from actions.diagnosis.advice import choices_of
from actions.diagnosis.situation import situation_of
from actions.turn import Event, Turn
from aftercare.catalogue.load import load_catalogue
from aftercare.troubleshooting.player import explain
from aftercare.understanding.follow_ups import asks_how_or_where
from aftercare.understanding.statements import phone_meant
from aftercare.understanding.whose_phone import asked_for_phone


def answer(turn: Turn) -> list[Event] | None:
    """The step in the words of the phone named against another; None when no step waits or none is named so."""
    state = turn.diagnosis
    if turn.form != "diagnosis_form" or state is None or not state.at_step:
        return None
    entities = turn.tracker.latest_message.get("entities") or []
    meant = phone_meant(turn.text, entities) if asks_how_or_where(turn.text) else None
    if meant is None and not turn.reading.has("step:works"):
        meant = asked_for_phone(turn.text, entities)
    phone = next((device for device in load_catalogue().devices if device.id == meant), None)
    situation = situation_of(turn)
    if phone is None:
        return None
    there = replace(situation, device_id=phone.id, family=None)
    advice = explain(state.as_slot(), there, 1)
    turn.say_text(advice.text[turn.language], f"explain.{advice.id}", choices_of(turn, advice))
    return [SlotSet("device", phone.id)]


def tell_of_other(turn: Turn, solved_by: str | None) -> bool:
    """After it works: the step that helped, in the menus of another phone that the same message asks about."""
    entities = turn.tracker.latest_message.get("entities") or []
    meant = asked_for_phone(turn.text, entities)
    phone = next((device for device in load_catalogue().devices if device.id == meant), None)
    state = turn.diagnosis
    if phone is None or state is None or solved_by is None or phone.id == turn.device_id:
        return False
    there = replace(situation_of(turn), device_id=phone.id, family=None)
    advice = explain({**state.as_slot(), "current": solved_by}, there, 1)
    turn.say("utter_same_for_other", device=phone.name(turn.language), step=advice.text[turn.language])
    return True
