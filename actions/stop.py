"""Stopping what is going on, and starting over."""

from __future__ import annotations

from rasa_sdk.events import ActiveLoop, FollowupAction, SlotSet

from actions.base import AftercareAction
from actions.dialogue.knowledge import tell
from actions.dialogue.of_situation import WITHOUT_ESIM
from actions.turn import Event, Turn
from aftercare.orders import requests
from aftercare.orders.tables import OPEN_REQUEST_STATES
from aftercare.troubleshooting.player import step_back
from aftercare.understanding.refund_requests import names_request
from aftercare.understanding.repair_ends import ends_repair, says_phone_cannot, wants_to_buy


def _step_before(turn: Turn) -> list[Event]:
    """Events that go back one step when a diagnosis is asked to; none otherwise."""
    state = turn.diagnosis
    if turn.form and state and state.is_open and turn.reading.has("back"):
        return [SlotSet("diagnosis", step_back(state.as_slot()))]
    return []


class ActionCancel(AftercareAction):
    """Stop what is going on; nothing is changed."""

    action_name = "action_cancel"

    def handle(self, turn: Turn) -> list[Event]:
        """Leaves any form; "go back" in a diagnosis only goes back one step.

        With no form open, "cancel my request" is about the refund that was requested.
        """
        if back := _step_before(turn):
            return back
        if turn.form == "diagnosis_form" and ends_repair(turn.text):
            return self._repair_ended(turn)
        if not turn.form and names_request(turn.text) and turn.slot("order_verified"):
            return [SlotSet("goal", "withdraw"), FollowupAction("refund_form")]
        if self._request_open(turn):
            if not turn.form:
                return [FollowupAction("action_undo")]
            turn.say("utter_stopped")
        elif not turn.form and turn.waits_for_person:
            turn.say("utter_handoff_stays")
        else:
            turn.say("utter_cancelled")
        return [SlotSet("offer", None), *self._left()]

    @staticmethod
    def _left() -> list[Event]:
        return [*(SlotSet(name, None) for name in ("diagnosis", "refund_draft", "requested_slot")), ActiveLoop(None)]

    def _repair_ended(self, turn: Turn) -> list[Event]:
        """The steps end: with plans for who wants to buy, with what there is instead for a phone that cannot."""
        if wants_to_buy(turn.text):
            return [*self._left(), SlotSet("goal", None), FollowupAction("action_price_plans")]
        person = [SlotSet("offer", "human_handoff"), *self._left(), FollowupAction("action_listen")]
        if says_phone_cannot(turn.text) and not turn.slot("order_verified") and tell(turn, WITHOUT_ESIM):
            return person
        if says_phone_cannot(turn.text):
            turn.say("utter_ways_out", [turn.choice_of_offer(offer) for offer in ("refund", "exchange", "person")])
            return person
        turn.say("utter_cancelled")
        return [SlotSet("offer", None), *self._left()]

    @staticmethod
    def _request_open(turn: Turn) -> bool:
        """Whether a request made in this conversation stands: then not nothing was changed."""
        with turn.orders() as session:
            request = requests.latest_of_conversation(session, turn.conversation_id)
            return request is not None and request.state in OPEN_REQUEST_STATES


class ActionWorksNow(AftercareAction):
    """It works while the order is asked for, which is no longer needed."""

    action_name = "action_works_now"

    def handle(self, turn: Turn) -> list[Event]:
        """Leaves the form and forgets the fault."""
        turn.say("utter_solved")
        ended = ("goal", "symptom", "diagnosis", "offer", "requested_slot")
        return [*(SlotSet(name, None) for name in ended), ActiveLoop(None)]


class ActionStartOver(AftercareAction):
    """Forget what was said, not what was proven: the order stays verified."""

    action_name = "action_start_over"
    forgotten = (
        "goal", "symptom", "device", "destination", "location", "operator", "plan", "error_message", "amount_of_time",
        "steps_tried", "diagnosis", "offer", "second_matter", "refund_draft", "misunderstandings", "language_pin",
        "requested_slot",
    )  # fmt: skip

    def handle(self, turn: Turn) -> list[Event]:
        """Clears every slot of the conversation's content; "the last step again" only goes back one step."""
        if back := _step_before(turn):
            return back
        turn.say("utter_started_over")
        return [*(SlotSet(name, None) for name in self.forgotten), ActiveLoop(None)]
