"""What to do when it is not clear what was meant, or when two things were meant."""

from __future__ import annotations

import re
from typing import Any

from rasa_sdk.events import FollowupAction, SlotSet

from actions.answer_messages import intent_names
from actions.answers import go_by_content
from actions.base import AftercareAction
from actions.diagnosis.advice import choices_of
from actions.diagnosis.situation import situation_of
from actions.follow_up import follow_up
from actions.plans import stop
from actions.refunds.about_request import request_open
from actions.turn import Event, Turn
from aftercare.troubleshooting.player import explain
from aftercare.understanding.negation import drops_request
from aftercare.understanding.unspecified_fault import is_unspecified

FAULT_PREFIX = "report_"
# Readings less likely than this are not worth offering.
WORTH_OFFERING = 0.08
MAX_READINGS = 3
# Of words that surely say nothing, from this probability on, the classifier's readings are no better.
SURELY_UNCLEAR = 0.7
# After so many messages running that were not understood, a person is offered.
OFFER_PERSON_AFTER = 3


def not_understood(turn: Turn) -> list[Event]:
    """Nothing fits the message: readings to choose from, then other words, then a person; never the same twice."""
    if not re.search(r"\w", turn.text):
        turn.say("utter_empty")
        return []
    missed = int(turn.slot("misunderstandings") or 0) + 1
    counted = SlotSet("misunderstandings", missed)
    if turn.names_order and not turn.form:
        return go_by_content(turn)
    if is_unspecified(turn.text) and not turn.form:
        turn.say("utter_which_problem")
        return [SlotSet("goal", "diagnose"), counted]
    likely = _likely(turn) if turn.reading.chance("unclear") < SURELY_UNCLEAR else []
    person = turn.choice_of_offer("person")
    if missed >= OFFER_PERSON_AFTER:
        turn.say("utter_not_understood_person", [person])
        return [counted, SlotSet("offer", "human_handoff")]
    state = turn.diagnosis
    if turn.form == "diagnosis_form" and state is not None and missed > 1:  # what waits is what may be unclear
        advice = explain(state.as_slot(), situation_of(turn), missed - 1)
        turn.say_text(advice.text[turn.language], f"explain.{advice.id}", choices_of(turn, advice))
        return [counted]
    if turn.form and missed == 1:
        turn.say("utter_not_sure_form")
        return [counted]
    if not likely or missed > 1:
        turn.say("utter_not_understood" if missed == 1 else "utter_not_understood_again")
        return [counted, SlotSet("offer", None)]
    choices = [turn.choice_of_intent(name) for name in likely]
    if "human_handoff" not in likely:
        choices.append(person)
    turn.say("utter_did_you_mean", choices)
    return [counted, SlotSet("offer", likely[0])]


def _likely(turn: Turn) -> list[str]:
    ranking: list[dict[str, Any]] = turn.tracker.latest_message.get("intent_ranking") or []
    return [
        entry["name"]
        for entry in ranking
        if entry.get("name") in intent_names() and float(entry.get("confidence") or 0) >= WORTH_OFFERING
    ][:MAX_READINGS]


class ActionClarify(AftercareAction):
    """Not sure what was meant: an article that answers it, else the likeliest readings, never a guess."""

    action_name = "action_clarify"

    def handle(self, turn: Turn) -> list[Event]:
        """Answer, then wait: Rasa would ask its policies again, and none of them knows more the second time."""
        answered = self._answer(turn)
        goes_on = turn.form or any(event.get("event") == "followup" for event in answered)
        return answered if goes_on else [*answered, FollowupAction("action_listen")]

    def _answer(self, turn: Turn) -> list[Event]:
        faults = [name for name in _likely(turn) if name.startswith(FAULT_PREFIX)]
        if len(faults) > 1 and not turn.form:
            turn.say("utter_which_problem")
            return [SlotSet("goal", "diagnose")]
        if goes_on := follow_up(turn):
            return [FollowupAction(goes_on)]
        return not_understood(turn)


class ActionTwoMatters(AftercareAction):
    """One message asks two things: ask which comes first, and remember the other."""

    action_name = "action_two_matters"

    def handle(self, turn: Turn) -> list[Event]:
        """Offer both; `AftercareAction.second_matter` comes back to the one that is left.

        A request that is to be dropped, told with the reason, is one matter.
        """
        if drops_request(turn.text) and request_open(turn):
            return [SlotSet("second_matter", None), FollowupAction("action_undo")]
        if (dropped := stop.answer(turn)) is not None:  # where one is names no second plan to buy
            return [SlotSet("second_matter", None), *dropped, FollowupAction("action_listen")]
        second = turn.entity("second_intent")
        found = (turn.likeliest[0], str(second)) if second else turn.slot("second_matter") or ()
        matters = [name for name in found if name in intent_names()]
        turn.say("utter_two_matters", [turn.choice_of_intent(name) for name in matters])
        return [SlotSet("second_matter", matters), FollowupAction("action_listen")]
