"""Somebody is in danger: how to reach help, before anything else."""

from __future__ import annotations

from rasa_sdk.events import FollowupAction

from actions.base import AftercareAction
from actions.turn import Event, Turn


class ActionEmergency(AftercareAction):
    """111 first; no order number, no step of a diagnosis."""

    action_name = "action_emergency"

    def handle(self, turn: Turn) -> list[Event]:
        """The number and how to call it without the plan's signal; on a second message what else helps."""
        turn.say("utter_emergency_more" if turn.did(self.action_name) else "utter_emergency")
        return [FollowupAction("action_listen")]
