"""Why, how, and "I don't understand": about what was asked or told last, from its own figures and other words."""

from __future__ import annotations

from rasa_sdk.events import FollowupAction, SlotSet

from actions.diagnosis.advice import choices_of
from actions.diagnosis.situation import situation_of
from actions.dialogue.knowledge import BEFORE_A_FAULT, BEFORE_A_MATTER, best, tell
from actions.dialogue.other_order import without_order
from actions.dialogue.shown import OPEN_OFFERS
from actions.drafts import DiagnosisState
from actions.email_code import help_with_number
from actions.refunds.reasons import give_reasons
from actions.turn import Event, Turn
from aftercare.troubleshooting.player import answer as answer_step
from aftercare.troubleshooting.player import explain, why
from aftercare.understanding.goals import FAULTS, GOAL_OF, REPORTS
from aftercare.understanding.plan_requirements import plan_attribute

# From this probability on a message is a question of its own rather than one about what was said last.
_OWN = 0.5
# While something waits, an article must answer the message this surely to be what is asked.
_SURELY_OWN = 0.8
# Anger that disputes something is answered by an article from this probability on.
DISPUTED = 0.4
# From this confidence on the words alone name the subject of a question.
_CLEAR = 0.9
# A step is explained in so many other words; who then asks where it is finds the setting by the search.
MOST_WORDS = 2
# Findings whose figures are those of the usage records.
_OF_USE = (
    "throttled", "throttled_no_data", "used_up", "used_up_no_top_up", "top_up_pending", "expired", "expired_unused",
)  # fmt: skip
_OF_THE_RECORD = ("usage", "status", "validity")
_ASKING = ("order_number", "email")
# Questions about what was said last.
_OF_LAST = ("rephrase", "ask_how", "dont_know", "repeat")


def answer(turn: Turn) -> list[Event] | None:
    """Answer about what was asked or told last; None when the message is a question of its own."""
    reading = turn.reading
    own_question = reading.chance("ask")
    if reading.has("complain", "object") and not reading.has("ask_why") and reading.units[:1]:
        least = DISPUTED if reading.chance("complain") >= reading.chance("object") else BEFORE_A_FAULT
        disputed = reading.has("complain") and reading.has("object") and reading.units[0][1] >= least
        if disputed:
            return None  # what is disputed in anger has an article of its own
    figures = (reading.situation, reading.asked) == ("told", "refund_decision") and reading.has("ask")
    figures = figures and turn.likeliest[0] != "ask_topup"  # "then how do I add data?"
    if figures and plan_attribute(turn.text) in ("days", "data") and not reading.has("start"):
        return give_reasons(turn)
    if reading.has("ask_why", "object") and max(reading.chance("ask_why"), reading.chance("object")) >= own_question:
        return _why(turn)
    waits = turn.form is not None
    likeliest = reading.units[0][1] if reading.units else 0.0
    if not waits or likeliest >= _SURELY_OWN:
        own_question = max(own_question, likeliest)
    intent, confidence = turn.likeliest
    if (
        intent.startswith("ask_")
        and confidence >= _CLEAR
        and (reading.situation in _ASKING or not reading.has("ask_how"))
    ):
        return None
    if not waits and _of_another_subject(turn):
        return None
    elsewhere = reading.has("dont_know") and not waits and own_question >= BEFORE_A_MATTER
    of_last = max(map(reading.chance, _OF_LAST))
    least = max(_OWN, of_last) if waits else _OWN  # "what do you mean, scan what?" is about the step
    of_form = reading.situation in _ASKING and waits and reading.has("ask_how", "dont_know") and likeliest < _SURELY_OWN
    if of_form or (reading.has(*_OF_LAST) and own_question < least and not elsewhere):
        return _in_other_words(turn)
    return None


def _of_another_subject(turn: Turn) -> bool:
    """Whether the words clearly ask for another unit than the one told last: its steps, not that answer again."""
    intent, confidence = turn.likeliest
    found = best(turn)
    last_unit = (turn.slot("focus") or {}).get("unit")
    return found is not None and found.id != last_unit and intent in found.intents and confidence >= _CLEAR


def _why(turn: Turn) -> list[Event] | None:
    situation = turn.reading.situation
    if situation in OPEN_OFFERS or (situation == "told" and turn.reading.asked.startswith("refund")):
        return give_reasons(turn)
    if situation in _ASKING and _tells_fault(turn):
        return None if best(turn) is not None else _fault_of_the_order(turn)
    if situation in _ASKING:
        turn.say("utter_why_order")
        return []
    if situation == "told" and turn.reading.asked in _OF_THE_RECORD and turn.reading.has("object"):
        turn.say("utter_record_may_lag", [turn.choice_of_offer("usage_records"), turn.choice_of_offer("person")])
        return [SlotSet("offer", "recover_usage_records")]
    state = turn.diagnosis
    if turn.reading.has("object") and not turn.reading.has("ask_why") and situation == "finding" and not turn.form:
        return _contradicted(turn)
    if turn.reading.has("object") and not turn.reading.has("ask_why") and situation in ("step", "question", "finding"):
        if turn.reading.asked != "other_phone":  # there it says on which phone the eSIM is, and the form goes on
            turn.say("utter_record_may_lag")
        return []
    if state is not None and state.is_open and situation in ("step", "question", "finding"):
        turn.say_text(why(state.as_slot(), situation_of(turn))[turn.language], f"why.{state.current}")
        return []
    if turn.slot("goal") in ("refund", "exchange") and turn.slot("order_verified"):
        return give_reasons(turn)
    return None


def _tells_fault(turn: Turn) -> bool:
    """Whether "why" asks about a fault rather than about what is asked for: "why is it so slow since noon"."""
    return turn.reading.has(*FAULTS) or turn.confidence_in(*REPORTS) >= _OWN


def _fault_of_the_order(turn: Turn) -> list[Event]:
    """The order that is asked for is looked at for the fault; the form asks for it again."""
    intent, _ = turn.likeliest
    return [SlotSet("goal", "diagnose"), SlotSet("symptom", GOAL_OF.get(intent, (None, None))[1])]


def _contradicted(turn: Turn) -> list[Event]:
    """The record and the traveller differ: what was seen decides; without anything seen, where to look."""
    if turn.entity("location") or turn.places.stated or turn.reading.has("observe"):
        return [FollowupAction("diagnosis_form")]
    if turn.reading.asked == "carrier_locked" and not turn.was_sent("utter_lock_look"):
        turn.say("utter_lock_look")
        return []
    if turn.reading.asked in _OF_USE:
        turn.say("utter_record_may_lag", [turn.choice_of_offer("usage_records"), turn.choice_of_offer("person")])
        return [SlotSet("offer", "recover_usage_records")]
    with turn.orders() as session:
        facts = turn.verified_facts(session)
    ends = facts.iccid[-4:] if facts is not None and facts.iccid else None
    person = [turn.choice_of_offer("person")]
    if ends is None or turn.was_sent("utter_record_check"):
        turn.say("utter_record_may_lag", person)
    else:
        turn.say("utter_record_check", person, iccid_end=ends)
    return [SlotSet("offer", "human_handoff")]


def _in_other_words(turn: Turn) -> list[Event] | None:
    situation = turn.reading.situation
    asks_where = turn.reading.has("ask_how") and not turn.reading.has("rephrase", "dont_know")
    missed = int(turn.slot("misunderstandings") or 0) + 1
    counted = SlotSet("misunderstandings", missed)
    if situation in _ASKING and turn.form == "order_form":
        helps = "utter_email_help" if situation == "email" else "utter_order_help"
        if turn.was_sent(helps) and turn.reading.has("dont_know"):
            return without_order(turn)  # told where to look, and still without
        help_with_number(turn, helps)
        return [counted]
    state = turn.diagnosis
    if turn.form == "diagnosis_form" and state is not None and state.is_open:
        if asks_where and missed > MOST_WORDS:  # who asks where it is has understood
            if found := _searched_for(turn, state):
                return found
            missed = MOST_WORDS
        counted = SlotSet("misunderstandings", missed)
        advice = explain(state.as_slot(), situation_of(turn), missed)
        turn.say_text(advice.text[turn.language], f"explain.{advice.id}", choices_of(turn, advice))
        return [counted]
    if situation in OPEN_OFFERS:
        return give_reasons(turn)
    return tell_again(turn)


def once_more(turn: Turn, state: DiagnosisState) -> list[Event] | None:
    """What waits in other words, for a question about it; None when it was told so before."""
    advice = explain(state.as_slot(), situation_of(turn), 1)
    if turn.was_sent(f"explain.{advice.id}"):
        return None
    turn.say_text(advice.text[turn.language], f"explain.{advice.id}", choices_of(turn, advice))
    return []


def _searched_for(turn: Turn, state: DiagnosisState) -> list[Event] | None:
    """How the setting of a step is found with the search of the phone; None when that was told, or is of no use."""
    advice, after = answer_step(state.as_slot(), situation_of(turn), "cannot")
    if after["current"] != state.current or not after["general"]:
        return None
    turn.say_text(advice.text[turn.language], f"explain.{advice.id}", choices_of(turn, advice))
    return [SlotSet("diagnosis", after)]


def tell_again(turn: Turn) -> list[Event] | None:
    """The last answer once more, in today's language; None when nothing was told."""
    last = turn.last_answer()
    if last == "action_answer_question":
        last_unit = (turn.slot("focus") or {}).get("unit")
        return [] if last_unit and tell(turn, str(last_unit)) else None
    return [FollowupAction(last)] if last else None
