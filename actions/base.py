"""What every action shares: it runs beside the event loop, and an apology instead of silence when it fails."""

from __future__ import annotations

import asyncio
import logging
from abc import ABC, abstractmethod
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.turn import Event, Turn
from aftercare.orders import tickets

logger = logging.getLogger(__name__)

# Longer than a database statement may take, so that the database's own error is the one we see.
ANSWER_WITHIN = 8.0


class AftercareAction(Action, ABC):  # type: ignore[misc]
    """Base of all actions: `handle` runs in a thread; whatever fails becomes an apology and a ticket."""

    action_name = ""
    apologises = False
    """Whether anger in a message is met with a short apology before this action's answer."""

    def name(self) -> str:
        """The action's name in the domain."""
        return self.action_name

    @abstractmethod
    def handle(self, turn: Turn) -> list[Event]:
        """Answer the turn; returns Rasa events. May block on the database."""

    def second_matter(self, turn: Turn, events: list[Event]) -> list[Event]:
        """When a message asked two things and this action finished the first: offer the other one."""
        matters = turn.slot("second_matter")
        if not matters or self.action_name in ("action_two_matters", "validate_order_form"):
            return []
        waits = turn.slot("requested_slot") if turn.form else None
        for event in events:
            if event.get("event") == "followup":
                return []
            if event.get("event") == "slot" and event.get("name") == "requested_slot":
                waits = event.get("value")
        if waits:
            return []
        done = turn.intent_of_goal()
        other = next((name for name in matters if name not in (turn.intent, done)), None)
        if other is not None:
            turn.say("utter_next_matter", [turn.choice_of_intent(other)])
        return [SlotSet("second_matter", None)]

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Any) -> list[Event]:
        """Called by the action server."""
        turn = Turn(tracker, dispatcher)
        try:
            if self.apologises and turn.reading.has("complain") and turn.is_first and not turn.form_waits:
                turn.say("utter_sorry")
            events = await asyncio.wait_for(asyncio.to_thread(self.handle, turn), ANSWER_WITHIN)
            done = [*turn.remembered(), *events, *self.second_matter(turn, events)]
            goes_on = turn.form or any(event.get("event") == "followup" for event in events)
            # no rule says what comes after an action that another action called
            return done if goes_on or not turn.called_by_action else [*done, FollowupAction("action_listen")]
        except Exception as error:
            # The message of a database error holds the values it was given: only its kind goes to the log.
            place = error.__traceback__
            while place and place.tb_next:
                place = place.tb_next
            where = f"{place.tb_frame.f_code.co_filename}:{place.tb_lineno}" if place else "?"
            logger.error("action=%s failed: %s at %s", self.action_name, type(error).__name__, where)
            dispatcher.messages.clear()
            apologise = Turn(tracker, dispatcher)
            try:
                reference = await asyncio.wait_for(asyncio.to_thread(self._ticket, apologise, error), ANSWER_WITHIN)
            except Exception:
                apologise.say("utter_apology_plain")
            else:
                apologise.say("utter_apology", reference=reference)
            return [SlotSet("requested_slot", turn.slot("requested_slot"))] if turn.form else []

    def _ticket(self, turn: Turn, error: Exception) -> str:
        with turn.orders() as session:
            ticket, _ = tickets.open_ticket(
                session,
                turn.conversation_id,
                "failure",
                turn.language,
                {"action": self.action_name, "error": type(error).__name__},
                turn.now,
                turn.verified_order(session),
            )
            return turn.words.ticket(ticket.id)
