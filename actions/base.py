"""What every action shares: it runs beside the event loop, and an apology instead of silence when it fails."""

from __future__ import annotations

import asyncio
import logging
from abc import ABC, abstractmethod
from typing import Any

import sqlalchemy.exc
from rasa_sdk import Action, Tracker
from rasa_sdk.events import FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher
from sqlalchemy.exc import InterfaceError, OperationalError

from actions.turn import Event, Turn
from aftercare.base.logs import error_location
from aftercare.orders import tickets

logger = logging.getLogger(__name__)

# Longer than a database statement may take, so that the database's own error is the one we see.
ANSWER_WITHIN = 8.0


# While the order database is away, a message waits so long for its answer before the traveller is told.
WAITS_FOR_ORDERS = 30.0
ORDERS_AWAY = (OperationalError, InterfaceError, sqlalchemy.exc.TimeoutError)


class NotNow(Exception):
    """The order database is away: the same turn is to be tried again, nothing of it is said or stored."""


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
        if turn.reading.situation == "choices" and turn.reading.has("decline"):
            return [SlotSet("second_matter", None)]  # "neither of them"
        waits = turn.slot("requested_slot") if turn.form else None
        for event in events:
            if event.get("event") == "followup":
                return []
            if event.get("event") == "slot" and event.get("name") == "requested_slot":
                waits = event.get("value")
        if waits:
            return []
        other = next((name for name in matters if not (turn.pursues(name) or turn.pursued_since_choice(name))), None)
        if other is None:
            return [SlotSet("second_matter", None)]
        turn.say("utter_next_matter", [turn.choice_of_intent(other)])
        return [SlotSet("second_matter", None), SlotSet("offer", other)]

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Any) -> list[Event]:
        """Called by the action server.

        Raises:
            NotNow: the order database is away, and the traveller has not waited long.
        """
        turn = Turn(tracker, dispatcher)
        try:
            if self.apologises and turn.reading.has("complain") and turn.is_first and not turn.form_waits:
                turn.say("utter_sorry")
            events = await asyncio.wait_for(asyncio.to_thread(self.handle, turn), ANSWER_WITHIN)
            done = [*turn.remembered(), *events, *self.second_matter(turn, events)]
            goes_on = turn.form or any(event.get("event") == "followup" for event in events)
            # no rule says what comes after an action that another action called
            return done if goes_on or not turn.called_by_action else [*done, FollowupAction("action_listen")]
        except ORDERS_AWAY as error:
            logger.error("action=%s cannot use the order database: %s", self.action_name, type(error).__name__)
            if turn.waited is not None and turn.waited < WAITS_FOR_ORDERS:
                raise NotNow from None
            dispatcher.messages.clear()
            Turn(tracker, dispatcher).say("utter_apology_plain")
            return self._form_goes_on(turn)
        except Exception as error:
            # The message of a database error holds the values it was given: only its kind goes to the log.
            where = error_location(error)
            logger.error("action=%s failed: %s at %s", self.action_name, type(error).__name__, where)
            dispatcher.messages.clear()
            apologise = Turn(tracker, dispatcher)
            try:
                reference = await asyncio.wait_for(asyncio.to_thread(self._ticket, apologise, error), ANSWER_WITHIN)
            except Exception:
                apologise.say("utter_apology_plain")
            else:
                apologise.say("utter_apology", reference=reference)
            return self._form_goes_on(turn)

    @staticmethod
    def _form_goes_on(turn: Turn) -> list[Event]:
        """The form asks for what it asked for, and knows number and e-mail that this message brought."""
        brought = [
            SlotSet(name, value) for name in ("order_number", "email") if (value := turn.entity(name)) is not None
        ]
        return [SlotSet("requested_slot", turn.slot("requested_slot")), *brought] if turn.form else []

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
