"""Taking back what was carried out in this conversation."""

from __future__ import annotations

from rasa_sdk.events import ActiveLoop, FollowupAction, SlotSet

from actions.base import AftercareAction
from actions.turn import Event, Turn
from aftercare.orders import requests
from aftercare.orders.tables import OPEN_REQUEST_STATES


class ActionUndo(AftercareAction):
    """Offers to withdraw an open request at once; otherwise says truthfully that there is nothing to take back."""

    action_name = "action_undo"

    def handle(self, turn: Turn) -> list[Event]:
        """The request made in this conversation, else the open one of the verified order."""
        with turn.orders() as session:
            number = turn.verified_order(session)
            found = [requests.latest_of_conversation(session, turn.conversation_id)]
            if number is not None:
                found.append(requests.latest_request(session, number))
            is_open = any(each is not None and each.state in OPEN_REQUEST_STATES for each in found)
        if is_open or (number is not None and turn.slot("goal") in ("refund", "exchange", "withdraw")):
            left = [ActiveLoop(None), SlotSet("requested_slot", None)] if turn.form else []
            return [*left, SlotSet("refund_draft", None), SlotSet("goal", "withdraw"), FollowupAction("refund_form")]
        turn.say("utter_nothing_to_undo")
        return [] if turn.form else [FollowupAction("action_listen")]
