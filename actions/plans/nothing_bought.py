"""For who has bought nothing yet: no order is asked for."""

from __future__ import annotations

from rasa_sdk.events import ActiveLoop, FollowupAction, SlotSet

from actions.base import AftercareAction
from actions.dialogue import knowledge
from actions.plans.needs import need_of
from actions.turn import Event, Turn
from aftercare.understanding.shopping import asks_which_plan
from aftercare.understanding.trip import tells_of_trip


class ActionNothingBought(AftercareAction):
    """Nothing was bought yet: the question is answered, or plans are shown, without an order."""

    action_name = "action_nothing_bought"

    def handle(self, turn: Turn) -> list[Event]:
        """Leaves the form that asked for an order and what it was asked for."""
        left = [SlotSet(name, None) for name in ("goal", "symptom", "diagnosis", "requested_slot")]
        asks = turn.reading.has("ask", "ask_how") and knowledge.best(turn) is not None
        if asks and not asks_which_plan(turn.text):
            return [*left, ActiveLoop(None), FollowupAction("action_answer_question")]
        if tells_of_trip(turn.text) or need_of(turn).days or asks_which_plan(turn.text):
            return [*left, ActiveLoop(None), FollowupAction("action_price_plans")]
        turn.say("utter_no_order_needed")
        return [*left, ActiveLoop(None)]
