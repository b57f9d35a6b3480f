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
from aftercare.troubleshooting.player import answer, begin, explain, observe, pending, remind, step_back
from aftercare.troubleshooting.situation import Advice, PlayerState, Situation
from aftercare.understanding.choices import named_item
from aftercare.understanding.unspecified_fault import is_vague

SYMPTOM_OF = {
    "report_activation_failure": "activation",
    "report_no_service": "no_service",
    "report_no_data": "no_data",
    "report_slow_data": "slow",
    "report_stopped_working": "stopped",
}
# After so many messages that were not understood, a person is offered beside whatever comes next.
OFFER_PERSON_AFTER = 3
# What the desk sends instead of an outcome when a step stays without an answer.
REMINDER = "reminder"
# What a command says of the step that waits, by the outcome the playbooks know.
_OUTCOME_OF = {
    "works": "works",
    "failed": "failed",
    "done": "unclear",
    "done_before": "already",
    "cannot_find": "cannot",
    "not_mine": "already",
}


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
        observed=frozenset(turn.observed()),
        location=turn.slot("location"),
        destination=turn.slot("destination"),
    )


def choices_of(turn: Turn, advice: Advice) -> list[Choice]:
    """The buttons of an advice: its outcomes, then what is offered beside it."""
    outcomes = [
        turn.choice(choice.text[turn.language], f'/inform{{"step_outcome": "{choice.outcome}"}}')
        for choice in advice.choices
    ]
    return outcomes + [turn.choice_of_offer(offer) for offer in advice.offers if offer in INTENT_OF]


class ValidateDiagnosisForm(AftercareAction):
    """One turn of a diagnosis: the outcome of the last step in, the next step or the finding out."""

    action_name = "validate_diagnosis_form"
    apologises = True

    def handle(self, turn: Turn) -> list[Event]:
        """Ends the form by clearing `requested_slot` when nothing waits for an answer."""
        state = turn.diagnosis
        situation = situation_of(turn)
        if turn.form_waits and state is not None and state.is_open:
            return self._go_on(turn, state, situation)
        if turn.entity("step_outcome") == REMINDER:
            return self._reminder_too_late(turn)
        if state is not None and state.current.startswith("finding.") and turn.reading.has("step:works"):
            return self._give(turn, *answer(state.as_slot(), situation, "works"))
        if state is not None and not state.is_open and turn.reading.has("step:failed", "observe:no_data", "object"):
            return self._give(turn, *answer(state.as_slot(), situation, "failed"))
        return self._begin(turn, state, situation)

    def _go_on(self, turn: Turn, state: DiagnosisState, situation: Situation) -> list[Event]:
        """A turn while something waits for an answer."""
        kept = state.as_slot()
        reading = turn.reading
        if state.current == "exhausted" and reading.has("confirm"):
            return [SlotSet("requested_slot", None), FollowupAction("action_handoff")]
        if turn.entity("step_outcome") == REMINDER:
            if not state.at_step:
                return self._reminder_too_late(turn)
            turn.say("utter_did_it_work", choices_of(turn, pending(kept, situation)))
            return self._keep_waiting()
        if turn.told_in_other_words:
            return self._keep_waiting()
        chosen = turn.entity("step_outcome") or self._typed_title(turn, pending(kept, situation))
        if turn.resumed_after_question and not (chosen or reading.has("step", "observe", "choose")):
            return self._remind(turn, kept, situation)
        if reading.has("observe:other_shop") and situation.facts is None:
            turn.say("utter_order_other_shop", [turn.choice_of_offer("person")])
            return self._remind(turn, kept, situation)
        if reading.has("back"):
            back = step_back(kept)
            return self._give(turn, pending(back, situation), back)
        seen = frozenset(reading.values("observe"))
        said = next((_OUTCOME_OF[value] for value in reading.values("step") if value in _OUTCOME_OF), None)
        if not chosen and seen and (found := observe(kept, situation, seen, said)):
            return self._give(turn, *found)
        if (
            state.at_step
            and not chosen
            and not turn.entities("tried")
            and reading.has("step:will_try", "step:done", "step:not_now", "acknowledge")
        ):
            later = reading.has("step:not_now")
            response = "utter_pause" if later else "utter_did_it_work" if reading.has("step:done") else "utter_try_it"
            turn.say(response, choices_of(turn, pending(kept, situation)), remind=not later)
            return self._keep_waiting()
        outcome = str(chosen or self._outcome(turn, pending(kept, situation)))
        if reading.has("object") and not chosen and outcome == "failed" and not reading.has("step"):
            turn.say("utter_record_may_lag")
        if outcome == "unclear":
            return self._unclear(turn, state, situation)
        return [*self._give(turn, *answer(kept, situation, outcome)), SlotSet("misunderstandings", 0)]

    @staticmethod
    def _keep_waiting() -> list[Event]:
        # Rasa takes a form that sets none of its slots for one that refuses the message
        return [SlotSet("step_outcome", None), SlotSet("requested_slot", "step_outcome")]

    def _remind(self, turn: Turn, kept: PlayerState, situation: Situation) -> list[Event]:
        """Come back to what waits, in a short line of its own."""
        advice = remind(kept, situation)
        text = advice.text[turn.language]
        if turn.was_told(f"remind.{advice.id}"):
            turn.say("utter_did_it_work", choices_of(turn, advice), remind=True)
        else:
            turn.say_text(text, f"remind.{advice.id}", choices_of(turn, advice), remind=True)
        return self._keep_waiting()

    def _unclear(self, turn: Turn, state: DiagnosisState, situation: Situation) -> list[Event]:
        """What waits, explained differently; after several turns a person is offered beside it."""
        before = state.as_slot()
        after_answer = answer(before, situation, "unclear")
        if after_answer[1] != before:  # the situation now answers the question: a phone or symptom was named
            return self._give(turn, *after_answer)
        missed = int(turn.slot("misunderstandings") or 0) + 1
        advice = explain(before, situation, missed)
        turn.say_text(advice.text[turn.language], f"explain.{advice.id}", choices_of(turn, advice))
        return [*self._keep_waiting(), SlotSet("misunderstandings", missed)]

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
        """What the message says of what waits; "unclear" changes nothing."""
        reading = turn.reading
        offered = {choice.outcome for choice in self._last(advice).choices}
        if turn.entities("tried") and not reading.has("step:works", "step:works_but"):
            return "already"
        for value in reading.values("step"):
            outcome = _OUTCOME_OF.get(value)
            if outcome == "works" and "works" not in offered and offered:
                return self._last(advice).choices[0].outcome
            if outcome:
                return outcome
        if reading.has("step:works_but") or reading.has("object", "complain"):
            return "failed"
        if offered >= {"understood", "landed"}:
            if reading.has("observe:not_arrived") or turn.entity("destination") not in (None, "NZ"):
                return "understood"
            if reading.has("observe:arrived") or (reading.has("choose") and turn.entity("location")):
                return "landed"
        if turn.entities("tried"):
            return "already"
        if reading.has("confirm"):
            return "works"
        return "failed" if reading.has("decline") else "unclear"

    @staticmethod
    def _typed_title(turn: Turn, advice: Advice) -> str | None:
        """The outcome of the choice whose title was typed, or which the message points at by its place."""
        choices = ValidateDiagnosisForm._last(advice).choices
        text = turn.text.casefold().strip(" .!。！,，")
        if not text or turn.text.startswith("/"):
            return None
        for choice in choices:
            if any(text == title.casefold().strip(" .!。！") for title in choice.text.values()):
                return choice.outcome
        if turn.reading.has("choose"):
            place = named_item(turn.text, [choice.text[turn.language] for choice in choices])
            if place is not None:
                return choices[place].outcome
            for choice in choices:
                if any(title.casefold() in text or text in title.casefold() for title in choice.text.values()):
                    return choice.outcome
        return None

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
                shown_choices = choices_of(turn, piece)
                lost = int(turn.slot("misunderstandings") or 0) >= OFFER_PERSON_AFTER - 1
                if lost and piece.kind == "step" and "person" not in piece.offers:
                    shown_choices.append(turn.choice_of_offer("person"))
                turn.say_text(words, piece.id, shown_choices, remind=piece.kind == "step")
            with turn.orders() as session:
                number = turn.verified_order(session)
                if number and "show_qr" in piece.offers and not shown:
                    shown = True
                    events += show_qr(turn, session, number)
                if number and "reissue" in piece.offers:
                    turn.say("utter_reissue_ticket", **ticket_for(turn, session, number, "reissue", finding=piece.id))
            piece = piece.then
        return events

    def _events(self, turn: Turn, advice: Advice, state: PlayerState) -> list[Event]:
        last = self._last(advice)
        waits = last.awaits_answer
        offers = [offer for offer in last.offers if offer in INTENT_OF]
        return [
            SlotSet("steps_tried", turn.steps_tried()),
            SlotSet("step_outcome", None),
            SlotSet("diagnosis", state),
            *([SlotSet("error_message", None), SlotSet("observed", None)] if last.kind == "solved" else []),
            SlotSet("offer", INTENT_OF[offers[0]] if offers and not waits else None),
            SlotSet("requested_slot", "step_outcome" if waits else None),
        ]
