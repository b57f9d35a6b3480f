"""Why, how, and "I don't understand": about what was asked or told last, from its own figures and other words."""

from __future__ import annotations

from rasa_sdk.events import FollowupAction, SlotSet

from actions.diagnosis import choices_of, situation_of
from actions.dialogue.knowledge import body_of
from actions.refunds.reasons import told_reasons
from actions.turn import Event, Turn
from aftercare.articles.units import unit
from aftercare.troubleshooting.player import explain, why

# From this probability on a message is a question of its own rather than one about what was said last.
_OWN = 0.5
# From this confidence on the words alone name the subject of a question.
_CLEAR = 0.9
_OF_THE_RECORD = ("usage", "status", "validity")
_ASKING = ("order_number", "email")
_OF_REFUNDS = ("refund_confirm", "exchange_confirm", "withdraw_confirm", "exchange_choice")


def answer(turn: Turn) -> list[Event] | None:
    """Answer about what was asked or told last; None when the message is a question of its own."""
    reading = turn.reading
    own_question = reading.chance("ask")
    if reading.has("ask_why", "object") and max(reading.chance("ask_why"), reading.chance("object")) >= own_question:
        return _why(turn)
    waits = turn.form is not None
    own_question = max(own_question, reading.units[0][1] if reading.units and not waits else 0.0)
    intent, confidence = turn.likeliest
    if intent.startswith("ask_") and confidence >= _CLEAR and not reading.has("ask_how"):
        return None
    if reading.has("rephrase", "ask_how", "dont_know", "repeat") and own_question < _OWN:
        return _in_other_words(turn)
    return None


def _why(turn: Turn) -> list[Event] | None:
    situation = turn.reading.situation
    if situation in _OF_REFUNDS or (situation == "told" and turn.reading.asked.startswith("refund")):
        return told_reasons(turn)
    if situation in _ASKING:
        turn.say("utter_why_order")
        return []
    if situation == "told" and turn.reading.asked in _OF_THE_RECORD and turn.reading.has("object"):
        turn.say("utter_record_may_lag")
        return []
    state = turn.diagnosis
    if turn.reading.has("object") and not turn.reading.has("ask_why") and situation in ("step", "question", "finding"):
        turn.say("utter_record_may_lag")
        return []
    if state is not None and state.is_open and situation in ("step", "question", "finding"):
        turn.say_text(why(state.as_slot(), situation_of(turn))[turn.language], f"why.{state.current}")
        return []
    if turn.slot("goal") in ("refund", "exchange") and turn.slot("order_verified"):
        return told_reasons(turn)
    return None


def _in_other_words(turn: Turn) -> list[Event] | None:
    situation = turn.reading.situation
    missed = int(turn.slot("misunderstandings") or 0) + 1
    counted = SlotSet("misunderstandings", missed)
    if situation in _ASKING and turn.form == "order_form":
        turn.say("utter_order_help")
        return [counted]
    state = turn.diagnosis
    if turn.form == "diagnosis_form" and state is not None and state.is_open:
        advice = explain(state.as_slot(), situation_of(turn), missed)
        turn.say_text(advice.text[turn.language], f"explain.{advice.id}", choices_of(turn, advice))
        return [counted]
    if situation in _OF_REFUNDS:
        return told_reasons(turn)
    return tell_again(turn)


def tell_again(turn: Turn) -> list[Event] | None:
    """The last answer once more, in today's language; None when nothing was told."""
    last = turn.last_answer()
    if last == "action_answer_question":
        told = (turn.slot("focus") or {}).get("unit")
        found = unit(str(told), turn.language) if told else None
        if found is None:
            return None
        turn.say("utter_article", body=body_of(turn, found))
        return []
    return [FollowupAction(last)] if last else None
