"""A phone that shows an EID takes an eSIM: what is left to see to, and the steps when they are asked for."""

from __future__ import annotations

from rasa_sdk.events import FollowupAction, SlotSet

from actions import phones
from actions.dialogue import knowledge
from actions.dialogue.subjects import COMPUTED, OF_PLANS
from actions.turn import Event, Turn
from aftercare.understanding.eid import shows_eid
from aftercare.understanding.follow_ups import asks_for_steps

_STEP = "step.eid"
_WITHOUT = "phone-compatibility.no-eid-shown"
_INSTALLS, _SURE = "ask_how_to_install", 0.45


def shown(turn: Turn) -> list[Event] | None:
    """The answer to words that say an EID is there, whatever kind of message they are; None to all others."""
    return answer(turn) if shows_eid(turn.text) else None


def without_order(turn: Turn) -> list[Event] | None:
    """What no EID means for a phone that was asked about before anything was bought; None else."""
    if (
        turn.slot("order_verified")
        or turn.names_order
        or turn.diagnosis is not None
        or shows_eid(turn.text) is not False
    ):
        return None
    phone = phones.phone_meant(turn)
    if phone is None or turn.form or turn.slot("goal"):
        return None
    turn.say("utter_device_no_eid", device=phone.called or phone.device.name(turn.language))
    return [SlotSet("device", phone.device.id), SlotSet("offer", "ask_device_compatibility")]


def answer(turn: Turn) -> list[Event] | None:
    """The answerer for "*#06# shows an EID"; also without one.

    None when neither is said, or a step waits for it.
    """
    if turn.called_by_action or (there := shows_eid(turn.text)) is None:
        return None
    if turn.diagnosis is not None and turn.form == "diagnosis_form" and turn.diagnosis.current == _STEP:
        return None
    if not there:
        sent = not turn.form and (turn.slot("focus") or {}).get("unit") != _WITHOUT and knowledge.tell(turn, _WITHOUT)
        return [SlotSet("focus", {**(turn.slot("focus") or {}), "unit": _WITHOUT})] if sent else None
    phone = phones.phone_meant(turn)
    meant = [SlotSet("device", phone.device.id)] if phone else []
    kept = SlotSet("focus", {**(turn.slot("focus") or {}), phones.EID: phone.device.id if phone else ""})
    if phone is not None and phones.installed_on(turn, phone):
        turn.say("utter_device_installed", device=phone.device.name(turn.language))
        return [*meant, kept]
    if phone is not None and phones.needs_more(phone):
        phones.tell(turn, phone)  # an EID is not all that it needs
    else:
        name = phone.device.name(turn.language) if phone else turn.words.phrase("this_phone")
        turn.say("utter_device_eid", [turn.choice_of_intent(_INSTALLS)], device=name)
    intent, confidence = turn.likeliest
    if turn.form:
        return [*meant, kept]
    if (intent == _INSTALLS and confidence >= _SURE) or asks_for_steps(turn.text):
        return [*meant, kept, FollowupAction("action_how_to_install")]
    if intent in OF_PLANS and confidence >= _SURE:  # "it has an EID. so which plan, and what does it cost?"
        return [*meant, kept, FollowupAction(COMPUTED[intent])]
    return [*meant, kept]
