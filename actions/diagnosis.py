"""The diagnosis form: runs the playbooks of `aftercare.troubleshooting` one step a turn."""

from __future__ import annotations

from rasa_sdk.events import FollowupAction, SlotSet

from actions.base import AftercareAction
from actions.drafts import DiagnosisState
from actions.messages import Choice
from actions.offers import INTENT_OF
from actions.orders.about import ticket_for
from actions.orders.qr_code import show_qr
from actions.turn import Event, Turn
from aftercare.orders import requests
from aftercare.orders.tables import OPEN_REQUEST_STATES
from aftercare.troubleshooting.player import answer, begin, pending, step_back
from aftercare.troubleshooting.situation import Advice, PlayerState, Situation
from aftercare.understanding.step_answers import (
    acknowledges,
    asks_step_back,
    cannot_find,
    denies_change,
    goes_to_try,
    has_landed,
    not_there_yet,
    not_tried_yet,
    says_it_works,
    says_tried,
    still_not,
)
from aftercare.understanding.unspecified_fault import is_vague

SYMPTOM_OF = {
    "report_activation_failure": "activation",
    "report_no_service": "no_service",
    "report_no_data": "no_data",
    "report_slow_data": "slow",
    "report_stopped_working": "stopped",
}
# What the desk sends instead of an outcome when a step stays without an answer.
REMINDER = "reminder"
OUTCOME_OF = {"affirm": "works", "deny": "failed"}
_LONGEST_ACKNOWLEDGEMENT = 40


def only_acknowledges(turn: Turn) -> bool:
    """Whether the message only says that the step was understood: the traveller goes and tries."""
    if turn.entity("step_outcome") or turn.intent in SYMPTOM_OF or len(turn.text) > _LONGEST_ACKNOWLEDGEMENT:
        return False
    if not_tried_yet(turn.text):
        return True
    if says_it_works(turn.text) or denies_change(turn.text) or turn.entities("tried") or says_tried(turn.text):
        return False
    if not any(map(str.isalnum, turn.text)):  # emoji: a thumb up is an OK, a thumb down is not
        return turn.intent in ("affirm", "thank")
    return turn.intent == "thank" or acknowledges(turn.text) or goes_to_try(turn.text)


def situation_of(turn: Turn) -> Situation:
    """What is known of the fault at this turn."""
    with turn.orders() as session:
        facts = turn.verified_facts(session)
    vague = (turn.intent or "") in SYMPTOM_OF and is_vague(turn.text)
    return Situation(
        facts=facts,
        symptom=None if vague else turn.slot("symptom"),
        device_id=turn.slot("device"),
        error=turn.slot("error_message"),
        tried=frozenset(turn.steps_tried()),
        location=turn.slot("location"),
        destination=turn.slot("destination"),
    )


class ValidateDiagnosisForm(AftercareAction):
    """One turn of a diagnosis: the outcome of the last step in, the next step or the finding out."""

    action_name = "validate_diagnosis_form"

    def handle(self, turn: Turn) -> list[Event]:
        """Ends the form by clearing `requested_slot` when nothing waits for an answer."""
        state = turn.diagnosis
        situation = situation_of(turn)
        if turn.form_waits and state is not None and state.is_open:
            return self._go_on(turn, state, situation)
        if turn.entity("step_outcome") == REMINDER:
            return self._reminder_too_late(turn)
        if state is not None and not state.is_open and still_not(turn.text):
            return self._give(turn, *answer(state.as_slot(), situation, "failed"))
        return self._begin(turn, state, situation)

    def _go_on(self, turn: Turn, state: DiagnosisState, situation: Situation) -> list[Event]:
        """A turn while something waits for an answer."""
        kept = state.as_slot()
        if state.current == "exhausted" and turn.intent == "affirm":
            return [SlotSet("requested_slot", None), FollowupAction("action_handoff")]
        if turn.entity("step_outcome") == REMINDER:
            if not state.at_step:
                return self._reminder_too_late(turn)
            turn.say("utter_did_it_work", self._choices(turn, pending(kept, situation)))
            return [SlotSet("step_outcome", None), SlotSet("requested_slot", "step_outcome")]
        if turn.resumed_after_question:
            return self._give(turn, pending(kept, situation), kept)
        if state.at_step and only_acknowledges(turn):
            response = "utter_take_your_time" if turn.intent == "thank" else "utter_try_it"
            turn.say(response, self._choices(turn, pending(kept, situation)), remind=True)
            # Rasa takes a form that sets none of its slots for one that refuses the message, and thanks once more.
            return [SlotSet("step_outcome", None), SlotSet("requested_slot", "step_outcome")]
        if asks_step_back(turn.text):
            back = step_back(kept)
            return self._give(turn, pending(back, situation), back)
        if SYMPTOM_OF.get(turn.intent or "") in (None, state.playbook) or says_it_works(turn.text):
            return self._give(turn, *answer(kept, situation, self._outcome(turn, pending(kept, situation))))
        return self._begin(turn, state, situation)

    def _begin(self, turn: Turn, earlier: DiagnosisState | None, situation: Situation) -> list[Event]:
        advice, state = begin(situation, earlier.as_slot() if earlier else None)
        if "show_qr" in advice.offers and self._being_returned(turn, situation):
            turn.say("utter_qr_refund_open")
            return [SlotSet("diagnosis", None), SlotSet("offer", "human_handoff"), SlotSet("requested_slot", None)]
        return self._give(turn, advice, state)

    @staticmethod
    def _reminder_too_late(turn: Turn) -> list[Event]:
        """The desk reminds of a step that nothing waits for any more."""
        return [SlotSet("step_outcome", None), SlotSet("requested_slot", turn.slot("requested_slot"))]

    @staticmethod
    def _being_returned(turn: Turn, situation: Situation) -> bool:
        """Whether a refund or exchange of the order is under way: then its code must not be installed any more."""
        with turn.orders() as session:
            request = requests.latest_request(session, situation.facts.number) if situation.facts else None
            return request is not None and request.state in OPEN_REQUEST_STATES

    def _outcome(self, turn: Turn, advice: Advice) -> str:
        """What the message says of the last step. An outcome nobody offered makes the player ask again."""
        if chosen := turn.entity("step_outcome"):
            return str(chosen)
        outcomes = {choice.outcome for choice in self._last(advice).choices}
        if outcomes and not outcomes & {"works", "failed"}:
            return self._outcome_by_title(turn, advice)
        if says_it_works(turn.text):
            return "works"
        if "cannot" in outcomes and cannot_find(turn.text):
            return "cannot"
        if turn.intent in SYMPTOM_OF or turn.intent in ("complain", "thank"):  # "thanks, but still nothing"
            return "failed"
        if turn.entities("tried") or says_tried(turn.text):
            return "already" if "already" in outcomes else "failed"
        return OUTCOME_OF.get(turn.intent or "", "unclear")

    def _outcome_by_title(self, turn: Turn, advice: Advice) -> str:
        text = turn.text.casefold().strip()
        for choice in self._last(advice).choices:
            if any(text and (text in title.casefold() or title.casefold() in text) for title in choice.text.values()):
                return choice.outcome
        if {choice.outcome for choice in self._last(advice).choices} >= {"understood", "landed"}:
            if not_there_yet(turn.text) or (turn.entity("destination") not in (None, "NZ")):
                return "understood"
            if has_landed(turn.text):
                return "landed"
        return OUTCOME_OF.get(turn.intent or "", "unclear")  # of a finding, its first choice and its second

    @staticmethod
    def _last(advice: Advice) -> Advice:
        while advice.then is not None:
            advice = advice.then
        return advice

    def _give(self, turn: Turn, advice: Advice, state: PlayerState) -> list[Event]:
        """Say the advice; the events that keep it."""
        return [*self._say(turn, advice), *self._events(turn, advice, state)]

    def _say(self, turn: Turn, advice: Advice) -> list[Event]:
        events: list[Event] = []
        shown = False
        piece: Advice | None = advice
        while piece is not None:
            if piece.kind == "solved":
                turn.say("utter_solved")
            else:
                # the desk asks about a step that stays without an answer
                words = piece.text[turn.language]
                turn.say_text(words, piece.id, self._choices(turn, piece), remind=piece.kind == "step")
            with turn.orders() as session:
                number = turn.verified_order(session)
                if number and "show_qr" in piece.offers and not shown:
                    shown = True
                    events += show_qr(turn, session, number)
                if number and "reissue" in piece.offers:
                    turn.say("utter_reissue_ticket", **ticket_for(turn, session, number, "reissue", finding=piece.id))
            piece = piece.then
        return events

    def _choices(self, turn: Turn, advice: Advice) -> list[Choice]:
        outcomes = [
            turn.choice(choice.text[turn.language], f'/inform{{"step_outcome": "{choice.outcome}"}}')
            for choice in advice.choices
        ]
        return outcomes + [turn.choice_of_offer(offer) for offer in advice.offers if offer in INTENT_OF]

    def _events(self, turn: Turn, advice: Advice, state: PlayerState) -> list[Event]:
        last = self._last(advice)
        waits = last.awaits_answer
        offers = [offer for offer in last.offers if offer in INTENT_OF]
        return [
            SlotSet("steps_tried", turn.steps_tried()),
            SlotSet("step_outcome", None),
            SlotSet("diagnosis", state),
            *([SlotSet("error_message", None)] if last.kind == "solved" else []),
            SlotSet("offer", INTENT_OF[offers[0]] if offers and not waits else None),
            SlotSet("requested_slot", "step_outcome" if waits else None),
        ]
