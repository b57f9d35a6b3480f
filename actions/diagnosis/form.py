"""The diagnosis form: the outcome of the last step in, the next step or the finding out."""

from __future__ import annotations

from dataclasses import replace

from rasa_sdk.events import FollowupAction, SlotSet

from actions import eid
from actions.base import AftercareAction
from actions.diagnosis import lock
from actions.diagnosis.advice import (
    SHOW,
    choices_of,
    explain_again,
    for_named_phone,
    give,
    keep_waiting,
    remind_of,
    show,
)
from actions.diagnosis.named_phone import tell_of_other
from actions.diagnosis.situation import is_being_returned, situation_of
from actions.diagnosis.waiting import (
    HERE,
    RECORDED,
    amiss_in,
    answers_too,
    choice_in,
    disputes_record,
    is_cause,
    is_look,
    is_under_way,
    last_of,
    names_phone,
    only_tells,
    outcome_beside,
    outcome_in,
    put_right,
    says_yes_of_phone,
    signs_of,
    was_paused,
    where_it_is,
    works_anyway,
)
from actions.drafts import DiagnosisState
from actions.marketplaces import tell_theirs
from actions.phones import named_phone, tell, tell_if_useless
from actions.plans.incidents import tell_if_blamed, tell_of_place
from actions.turn import Event, Turn
from aftercare.orders import tickets
from aftercare.troubleshooting.conditions import ON_PHONE
from aftercare.troubleshooting.player import answer, begin, dispute, look_for_esim, observe, pending, step_back
from aftercare.troubleshooting.situation import Advice, PlayerState, Situation
from aftercare.understanding.carrier_lock import says_unlocked
from aftercare.understanding.screen_words import OF_LINE
from aftercare.understanding.success import plainly_works
from aftercare.understanding.which_phone import ASKED_WHICH, OTHER_ONE

# Asks on which phone the eSIM is, and concludes that it is on the other one.
_OTHER_PHONE, _CHANGED_PHONE = f"finding.{ASKED_WHICH}", f"finding.{OTHER_ONE}"
# What the desk sends instead of an outcome when a step stays without an answer.
REMINDER = "reminder"


class ValidateDiagnosisForm(AftercareAction):
    """One turn of a diagnosis."""

    action_name = "validate_diagnosis_form"
    apologises = True

    def handle(self, turn: Turn) -> list[Event]:
        """Ends the form by clearing `requested_slot` when nothing waits for an answer."""
        state = turn.diagnosis
        situation = situation_of(turn)
        brings_outcome = turn.reading.has("step:works", "step:works_but", "step:failed", "step:done_before")
        left_at_step = state is not None and state.at_step and brings_outcome  # for a person, or another matter
        if state is None and (none_shown := eid.without_order(turn)) is not None:
            return [*none_shown, SlotSet("requested_slot", None)]
        if (of_lock := lock.answer(turn) or lock.denied(turn)) is not None:
            return of_lock
        if state is not None and state.is_open and (ended := _ends_with_phone(turn, state, situation)):
            return ended
        if (
            state is not None
            and state.is_open
            and turn.form_waits
            and (doubted := _doubtful_phone(turn, state, situation))
        ):
            return doubted
        if (
            state is not None
            and state.current == _CHANGED_PHONE
            and (refuted := _on_this_phone(turn, state, situation))
        ):
            return refuted
        if state is not None and state.is_open and (turn.form_waits or left_at_step):
            if not state.current.startswith("finding.") and _is_outside(turn, situation):
                return _begin(turn, None, situation)
            place_explained = tell_of_place(turn) or tell_if_blamed(turn)
            says_more = brings_outcome or turn.seen_now() - {"arrived"} or turn.reading.has("choose", "resume")
            if place_explained and state.at_step and turn.form_waits and not says_more:
                return remind_of(turn, state.as_slot(), situation)
            return _go_on(turn, state, situation)
        if turn.entity("step_outcome") == REMINDER:
            return _reminder_too_late(turn)
        if state is not None and state.current == "solved" and plainly_works(turn.text) and not turn.seen_now():
            turn.say("utter_solved")  # said once more
            return [SlotSet("requested_slot", None)]
        if state is not None and state.current.startswith("finding.") and turn.reading.has("step:works"):
            return _works_all_the_same(turn, state, situation)
        again = turn.reading.has("step:failed", "observe:no_data", "object") or turn.reading.situation == "solved"
        if state is not None and not state.is_open and again:
            return give(turn, *answer(state.as_slot(), situation, "failed"))
        if state is not None and state.is_open and turn.ran("action_resume", "action_other_order"):
            waits = last_of(pending(state.as_slot(), situation)).awaits_answer
            if waits:  # come back to: what waits is asked again rather than left out
                return remind_of(turn, state.as_slot(), situation)
        seen = turn.seen_now()
        news = state is not None and state.is_open and seen and not turn.reading.has("object")
        if state is not None and news and (found := observe(state.as_slot(), situation, seen)):
            return give(turn, *found)
        if turn.reading.has("object") and state is not None and turn.is_first and not seen:
            turn.say("utter_record_may_lag")
        return _begin(turn, state, situation)


def _go_on(turn: Turn, state: DiagnosisState, situation: Situation) -> list[Event]:
    """A turn while something waits for an answer."""
    kept = state.as_slot()
    reading = turn.reading
    if state.current == "exhausted" and reading.has("confirm"):
        return [SlotSet("requested_slot", None), FollowupAction("action_handoff")]
    if turn.entity("step_outcome") == REMINDER:
        return _ask_how_it_went(turn, state, situation)
    if turn.entity("step_outcome") == SHOW:
        return show(turn, kept, situation)
    if turn.explained_this_turn:
        return keep_waiting()
    waits = last_of(pending(kept, situation))
    named = signs_of(turn, waits, kept)
    chosen = choice_in(turn, waits, named) or where_it_is(turn, waits, situation)
    tells = bool(chosen or answers_too(turn) or (named and is_look(waits)))
    if not chosen and disputes_record(turn) and (found := dispute(kept, situation)):
        return give(turn, *found)
    if turn.resumed_after_question and not tells:
        return remind_of(turn, kept, situation)
    if reading.has("resume") and not chosen and (reading.has("step:done") or not tells):
        return remind_of(turn, kept, situation)
    if reading.has("observe:other_shop") and situation.facts is None:
        tell_theirs(turn, "utter_order_other_shop", person=True)
        return remind_of(turn, kept, situation)
    if reading.has("back"):
        back = step_back(kept)
        return give(turn, pending(back, situation), back)
    if chosen == RECORDED:
        recorded = situation.facts.device_id if situation.facts else None
        return [SlotSet("device", recorded), *_take(turn, state, replace(situation, device_id=recorded), "here")]
    if chosen:
        if chosen == HERE:  # "on the Pixel, I've just changed phones": nothing was left on another one
            situation = replace(situation, observed=situation.observed - {"new_phone"})
        return _take(turn, state, situation, chosen)
    return _observed(turn, state, situation, waits, named)


def _observed(
    turn: Turn, state: DiagnosisState, situation: Situation, waits: Advice, named: frozenset[str]
) -> list[Event]:
    """A turn that takes no choice: what is seen and what came of the step."""
    kept = state.as_slot()
    reading = turn.reading
    outcome = outcome_beside(turn)
    seen = turn.seen_now()
    amiss = amiss_in(turn, waits, named) if outcome == "works" else frozenset()
    if outcome == "works":
        if amiss:  # "there is internet now, only slow"
            seen, outcome = seen | amiss, "failed"
    else:
        seen |= named
    if works_anyway(turn, waits):
        return _works_all_the_same(turn, state, situation)
    if after := put_right(turn, kept, situation):
        return _after_put_right(turn, after, situation, outcome)
    if outcome == "already" and is_cause(turn, kept, situation, seen):
        outcome = None  # what is seen is what the step puts right, whatever was done before
    if seen and (found := observe(kept, situation, seen, outcome)):
        return give(turn, *found)
    if amiss:  # "works wonderfully, not a single page loads": no news, and no success
        return _take(turn, state, situation, "failed")
    if outcome is None and seen and is_cause(turn, kept, situation, seen):
        turn.say("utter_change_it", choices_of(turn, pending(kept, situation)), remind=True)
        return keep_waiting()
    if (state.at_step or state.current.startswith("finding.")) and names_phone(turn):
        return for_named_phone(turn, kept, situation)
    if is_look(waits) and (turn.entity("device") or turn.entities("tried")) and not (named or seen):
        return remind_of(turn, kept, situation)
    if state.at_step and is_under_way(turn) and not says_yes_of_phone(turn, waits):
        if was_paused(turn) and reading.has("acknowledge", "step:will_try"):
            return remind_of(turn, kept, situation)  # "ok, I'm back"
        later = reading.has("step:not_now")
        response = "utter_pause" if later else "utter_did_it_work" if reading.has("step:done") else "utter_try_it"
        turn.say(response, choices_of(turn, pending(kept, situation)), remind=not later)
        return keep_waiting()
    outcome = outcome_in(turn, waits)
    asked_for = state.at_step or is_look(waits)
    if outcome == "unclear" and asked_for and named & OF_LINE:  # how it is now, and no better
        outcome = "failed"
    if reading.has("object") and outcome == "failed" and not reading.has("step"):
        turn.say("utter_record_may_lag")
    return _take(turn, state, situation, outcome)


def _take(turn: Turn, state: DiagnosisState, situation: Situation, outcome: str) -> list[Event]:
    """What follows an outcome; one that answers nothing has what waits explained."""
    kept = state.as_slot()
    if outcome == "unclear":
        thanks = turn.reading.has("thank")
        if thanks:
            turn.say("utter_welcome")
        beside = thanks or turn.resumed_after_question or (state.at_step and only_tells(turn))
        goes_on = remind_of if beside else explain_again
        return goes_on(turn, kept, situation)
    advice, after = answer(kept, situation, outcome)
    if after == kept and advice.id == state.current:
        return explain_again(turn, kept, situation)
    given = give(turn, advice, after)
    if after["current"] == "solved":
        tell_of_other(turn, state.current if state.at_step else None)
    return [*given, SlotSet("misunderstandings", 0)]


def _after_put_right(turn: Turn, after: PlayerState, situation: Situation, outcome: str | None) -> list[Event]:
    """What came of a fault that was mended, or the question for that."""
    if outcome in ("works", "failed"):
        return [*give(turn, *answer(after, situation, outcome)), SlotSet("misunderstandings", 0)]
    if turn.reading.has("step:works_but"):
        return give(turn, *answer(after, situation, "failed"))
    turn.say("utter_did_it_work", choices_of(turn, pending(after, situation)), remind=True)
    return [SlotSet("diagnosis", after), *keep_waiting()]


def _works_all_the_same(turn: Turn, state: DiagnosisState, situation: Situation) -> list[Event]:
    """What a finding said stands in the way does not, or no longer."""
    kept = state.as_slot()
    advice, after = answer(kept, situation, "online")
    if after != kept:
        return give(turn, advice, after)
    turn.say("utter_solved")
    return [SlotSet("diagnosis", {**kept, "current": "solved"}), SlotSet("requested_slot", None)]


def _on_this_phone(turn: Turn, state: DiagnosisState, situation: Situation) -> list[Event] | None:
    """On with the phone in hand when what was found, that the eSIM is on the other one, is denied; else None."""
    asking: PlayerState = {**state.as_slot(), "current": _OTHER_PHONE}
    if where_it_is(turn, pending(asking, situation), situation) != "here":
        return None
    turn.say("utter_record_names_phone")
    with turn.orders() as session:
        if tickets.set_state(session, turn.conversation_id, "closed", reason="reissue"):
            turn.say("utter_reissue_dropped")
    return give(turn, *answer(asking, situation, "here"))


def _begin(turn: Turn, earlier: DiagnosisState | None, situation: Situation) -> list[Event]:
    advice, state = begin(situation, earlier.as_slot() if earlier else None)
    if advice.id == lock.FINDINGS[0] and says_unlocked(turn.text) and (seen := lock.look(turn)):
        return [SlotSet("diagnosis", state), *seen]
    if not advice.id.startswith("finding.incident"):
        tell_of_place(turn)
    if earlier is not None and turn.entity("device") and turn.was_sent(advice.id):
        tell_if_useless(turn)  # what was found stays, and no way out of it leads to this phone
    if "show_qr" in advice.offers and is_being_returned(turn, situation):
        turn.say("utter_qr_refund_open")
        return [SlotSet("diagnosis", None), SlotSet("offer", "human_handoff"), SlotSet("requested_slot", None)]
    return give(turn, advice, state)


def _ends_with_phone(turn: Turn, state: DiagnosisState, situation: Situation) -> list[Event] | None:
    """The way out when the message tells by its market that the phone takes no eSIM; None for other phones."""
    phone = named_phone(turn)
    on_phone = situation.facts is not None and situation.facts.profile_state in ON_PHONE
    if phone is None or phone.market is None or phone.esim != "no" or on_phone:
        return None
    if not turn.ran("action_device_compatibility"):
        tell(turn, phone)
    if turn.slot("order_verified"):  # without an order there is nothing to give back
        turn.say("utter_ways_out", [turn.choice_of_offer(offer) for offer in ("refund", "exchange", "person")])
    found = {**state.as_slot(), "current": "finding.device_without_esim", "waiting": None}
    return [SlotSet("diagnosis", found), SlotSet("offer", "human_handoff"), SlotSet("requested_slot", None)]


def _doubtful_phone(turn: Turn, state: DiagnosisState, situation: Situation) -> list[Event] | None:
    """What comes before any step when the message tells by its market that the phone most likely takes no eSIM.

    The test for an EID or, when the order has the eSIM on another phone, on which of them it is. None for other phones.
    """
    phone = named_phone(turn)
    if phone is None or phone.market is None or phone.esim != "mostly_no" or turn.reading.has("step:works"):
        return None
    found = look_for_esim(state.as_slot(), situation)
    if found is not None and not turn.ran("action_device_compatibility"):
        tell(turn, phone)
    return None if found is None else give(turn, *found)


def _is_outside(turn: Turn, situation: Situation) -> bool:
    """Whether the traveller says to be in a country that the plan does not cover: no step helps there."""
    kind, country = turn.places.stated or ("", "")
    return kind == "destination" and situation.facts is not None and country not in situation.facts.countries


def _ask_how_it_went(turn: Turn, state: DiagnosisState, situation: Situation) -> list[Event]:
    """A step that stayed without an answer."""
    if not state.at_step:
        return _reminder_too_late(turn)
    turn.say("utter_did_it_work", choices_of(turn, pending(state.as_slot(), situation)))
    return keep_waiting()


def _reminder_too_late(turn: Turn) -> list[Event]:
    """The desk reminds of a step that nothing waits for any more."""
    return [SlotSet("step_outcome", None), SlotSet("requested_slot", turn.slot("requested_slot"))]
