"""When the validity of a plan starts."""

from __future__ import annotations

from rasa_sdk.events import FollowupAction

from actions.base import AftercareAction
from actions.follow_up import answered_before_by
from actions.orders.about import plan_name, validity
from actions.turn import Event, Turn
from actions.verification import order_brought_for, order_wanted_for


class ActionPlanStart(AftercareAction):
    """When the validity of the plan starts."""

    action_name = "action_plan_start"

    def handle(self, turn: Turn) -> list[Event]:
        """Exactly for a verified order; "how long?" after an answer means that answer."""
        if again := answered_before_by(turn):
            return [FollowupAction(again)]
        with turn.orders() as session:
            facts = turn.verified_facts(session)
        if facts is None:
            if checked := order_brought_for(turn, self.action_name):
                return checked
            turn.say("utter_plan_start")
            return order_wanted_for(self.action_name)
        turn.say(
            "utter_plan_start_order",
            plan=plan_name(turn, facts),
            starts=turn.words.word(facts.plan_starts_at),
            validity=validity(turn, facts),
        )
        return []
