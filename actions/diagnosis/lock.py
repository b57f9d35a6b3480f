"""A phone that is said to be locked to a carrier: where that is seen on it, and what the look has shown."""

from __future__ import annotations

from rasa_sdk.events import FollowupAction, SlotSet

from actions.turn import Event, Turn
from aftercare.understanding.carrier_lock import misses_lock_line, refuses_other_sim, unlocked_in_vain
from aftercare.understanding.refund_requests import asks_for_refund_beside

# Concluded from the record or from a message of the phone; said to look at the phone itself.
FINDINGS = ("finding.carrier_locked", "finding.lock_message", "finding.locked")
_OF_RECORD = FINDINGS[0]
_LOOK, _LOOK_IPHONE, _LOOK_SIM = "utter_lock_look", "utter_lock_look_iphone", "utter_lock_look_sim"
_LOCKED, _UNLOCK_LATE = "utter_lock_certain", "utter_unlock_late"


def answer(turn: Turn) -> list[Event] | None:
    """The answer to what the look at the lock has shown, or to a lock that is denied; None when neither is told."""
    if turn.called_by_action or turn.pressed:
        return None
    known = _is_known(turn)
    if known and refuses_other_sim(turn.text):
        return _certain(turn)
    if unlocked_in_vain(turn.text) and not turn.was_sent(_UNLOCK_LATE):
        turn.say(_UNLOCK_LATE, [turn.choice_of_offer("person")])
        return _ended("human_handoff")
    if known and turn.was_sent(_LOCKED) and not turn.form and _wants_money(turn):
        return _refund()
    state = turn.diagnosis
    if state is not None and state.current == _OF_RECORD and misses_lock_line(turn.text):
        turn.say(_LOOK_SIM)  # that line is of iPhones alone
        return _ended(None)
    return None


def denied(turn: Turn) -> list[Event] | None:
    """The way to see it, when the lock of the record is denied for the first time; None else."""
    state = turn.diagnosis
    if state is None or state.current != _OF_RECORD or not turn.reading.has("object"):
        return None
    return look(turn)


def look(turn: Turn) -> list[Event] | None:
    """Where a lock is seen on the phone, told once."""
    if any(map(turn.was_sent, (_LOOK, _LOOK_IPHONE, _LOOK_SIM))):
        return None
    with turn.orders() as session:
        family = turn.menu_family(turn.verified_facts(session))
    turn.say(_LOOK if family in (None, "other") else _LOOK_IPHONE if family == "iphone" else _LOOK_SIM)
    return [SlotSet("requested_slot", None)]


def _is_known(turn: Turn) -> bool:
    """Whether a lock was concluded in this conversation or is on record for its order."""
    state = turn.diagnosis
    with turn.orders() as session:
        facts = turn.verified_facts(session)
    told = {state.current, *state.done} if state is not None else set()
    return bool(set(FINDINGS) & told) or (facts is not None and facts.carrier_locked)


def _certain(turn: Turn) -> list[Event]:
    """It is locked, as another carrier's SIM shows: the ways out, or the refund that was asked for."""
    state = turn.diagnosis
    kept = [] if state is None else [SlotSet("diagnosis", {**state.as_slot(), "current": _OF_RECORD, "waiting": None})]
    seen = [each for each in turn.slot("observed") or () if each != "unlocked"]
    kept += [SlotSet("observed", seen or None)]
    wants = _wants_money(turn)
    turn.say(_LOCKED, [] if wants else [turn.choice_of_offer(offer) for offer in ("refund", "person")])
    if wants:
        return [*kept, *_refund()]
    return [*kept, *_ended("request_refund")]


def _wants_money(turn: Turn) -> bool:
    """Whether one clause asks for the money, whatever the others deny: "not supported, then refund me"."""
    return bool(turn.slot("order_verified")) and asks_for_refund_beside(turn.text)


def _refund() -> list[Event]:
    return [*_ended(None), SlotSet("goal", "refund"), FollowupAction("refund_form")]


def _ended(offer: str | None) -> list[Event]:
    return [SlotSet("offer", offer), SlotSet("step_outcome", None), SlotSet("requested_slot", None)]
