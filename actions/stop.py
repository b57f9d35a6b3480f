"""Stopping what is going on, and starting over."""

from __future__ import annotations

from rasa_sdk.events import ActiveLoop, FollowupAction, SlotSet

from actions.base import AftercareAction
from actions.turn import Event, Turn
from aftercare.orders import requests
from aftercare.orders.tables import OPEN_REQUEST_STATES
from aftercare.troubleshooting.player import step_back
from aftercare.understanding.refund_requests import names_request


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
        return [
            SlotSet("diagnosis", None),
            SlotSet("refund_draft", None),
            SlotSet("offer", None),
            SlotSet("requested_slot", None),
            ActiveLoop(None),
        ]

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
