"""What every action shares: the turn it works on, a database session, and an apology instead of silence."""

from __future__ import annotations

import asyncio
import logging
import re
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

import yaml
from rasa_sdk import Action, Tracker
from rasa_sdk.events import FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from actions.wording import Wording
from aftercare.base.database import open_engine, utc_now
from aftercare.base.language import Language, to_traditional
from aftercare.base.settings import DATA, settings
from aftercare.catalogue.load import load_catalogue
from aftercare.catalogue.models import Device
from aftercare.orders import ownership, tickets
from aftercare.orders.facts import OrderFacts
from aftercare.orders.lookup import order_facts

logger = logging.getLogger(__name__)

Event = dict[str, Any]
Button = Mapping[str, str]

# Longer than a database statement may take, so that the database's own error is the one we see.
ANSWER_WITHIN = 8.0


@lru_cache(maxsize=1)
def orders_engine() -> Engine:
    """The order database of this process."""
    return open_engine(settings().orders_database_url, settings().database_timeout)


@lru_cache(maxsize=1)
def intent_names() -> dict[str, dict[str, str]]:
    """Names of intents for travellers, by intent and language."""
    return dict(yaml.safe_load((DATA / "intent_names.yml").read_text(encoding="utf-8")))


_JUST_NO = re.compile(r"\W*(?:no+|nope|nah|否|不|没|沒)\W*", re.IGNORECASE)
# Begins an offer that an order number takes up: the action that then answers for that order.
WITH_ORDER = "with_order:"
# Rasa's own actions that run within a turn.
_OF_RASA = ("action_listen", "action_extract_slots", "action_session_start")


class Turn:
    """One turn of a conversation: what was said, what is known, and how to answer in the traveller's language."""

    def __init__(self, tracker: Tracker, dispatcher: CollectingDispatcher) -> None:
        self.tracker = tracker
        self.dispatcher = dispatcher
        self.now = utc_now()
        self.conversation_id: str = tracker.sender_id
        pin = tracker.get_slot("language_pin")
        self.language: Language = "zh" if (pin or tracker.get_slot("language")) == "zh" else "en"
        self.traditional: bool = self.language == "zh" and tracker.get_slot("script") == "hant"
        self.words = Wording(self.language, settings().support_timezone)

    @property
    def intent(self) -> str | None:
        """The intent of the last message; a bare "no" is one, whatever the classifier makes of so short a word."""
        if _JUST_NO.fullmatch(self.text):
            return "deny"
        name = self.tracker.latest_message.get("intent", {}).get("name")
        return str(name) if name else None

    @property
    def confidence(self) -> float:
        """How certain that intent is, 0 to 1."""
        return float(self.tracker.latest_message.get("intent", {}).get("confidence") or 0.0)

    @property
    def text(self) -> str:
        """The last message as typed."""
        return str(self.tracker.latest_message.get("text") or "")

    def slot(self, name: str) -> Any:
        """A slot's value."""
        return self.tracker.get_slot(name)

    def slot_before(self, name: str) -> Any:
        """A slot's value before this message, whose intent may have changed it."""
        told = False
        for event in reversed(self.tracker.events):
            told = told or event.get("event") == "user"
            if told and event.get("event") == "slot" and event.get("name") == name:
                return event.get("value")
        return self.slot(name)

    def entities(self, name: str) -> list[Any]:
        """Values of an entity in the last message, in order."""
        found = self.tracker.latest_message.get("entities") or []
        return [entity.get("value") for entity in found if entity.get("entity") == name]

    def entity(self, name: str) -> Any:
        """The last value of an entity in the last message: a correction comes after what it corrects."""
        values = self.entities(name)
        return values[-1] if values else None

    @property
    def phone(self) -> Device | None:
        """The phone the traveller named."""
        named = self.slot("device")
        return next((device for device in load_catalogue().devices if device.id == named), None)

    @property
    def resumed_after_question(self) -> bool:
        """Whether a form runs again because a question was answered meanwhile, not because of the message itself."""
        for event in reversed(self.tracker.events):
            if event.get("event") == "user":
                return False
            if event.get("event") == "action" and event.get("name") not in (None, "action_listen", self.form):
                return True
        return False

    @property
    def form(self) -> str | None:
        """The active form; also set while it is only being activated."""
        name = (self.tracker.active_loop or {}).get("name")
        return str(name) if name else None

    @property
    def form_waits(self) -> bool:
        """Whether a form had asked something before this message; False while it is being activated."""
        return self.form is not None and self.slot("requested_slot") is not None

    @property
    def answers_form(self) -> bool:
        """Whether this message is for the form: it waited for an answer and no other question came between."""
        return self.form_waits and not self.resumed_after_question

    @property
    def called_by_action(self) -> bool:
        """Whether this action runs because another one of ours, which is no form, went on with it."""
        for event in reversed(self.tracker.events):
            name = str(event.get("name") or "")
            if event.get("event") == "user":
                return False
            if event.get("event") == "action" and name.startswith("action_") and name not in _OF_RASA:
                return True
        return False

    def asks_order_for(self, action: str) -> list[Event]:
        """Events after a general answer: the order it asks for, once given, is answered about by `action`."""
        return [SlotSet("offer", f"{WITH_ORDER}{action}")]

    def brings_order_for(self, action: str) -> list[Event]:
        """Events that check the order a question came with before `action` answers it; none without an order."""
        if self.form or not (self.entity("order_number") or self.entity("email")):
            return []
        return [*self.asks_order_for(action), SlotSet("goal", "order_status"), FollowupAction("order_form")]

    def did(self, action: str) -> bool:
        """Whether an action ran earlier in this conversation, as far back as Rasa remembers it."""
        return any(event.get("event") == "action" and event.get("name") == action for event in self.tracker.events)

    def in_script(self, text: str) -> str:
        """Chinese in the script the traveller writes."""
        return to_traditional(text) if self.traditional else text

    def button(self, en: str, zh: str, payload: str) -> dict[str, str]:
        """A choice in the traveller's language."""
        return {"title": self.in_script(zh if self.language == "zh" else en), "payload": payload}

    def say(
        self, response: str, buttons: Sequence[Button] = (), custom: Mapping[str, Any] | None = None, **values: Any
    ) -> None:
        """Send a response of the domain; `values` fill its placeholders."""
        self.dispatcher.utter_message(
            response=response, buttons=list(buttons), json_message=dict(custom or {}), meaning=response, **values
        )

    def say_text(
        self,
        text: Mapping[Language, str],
        meaning: str,
        buttons: Sequence[Button] = (),
        image: str | None = None,
        custom: Mapping[str, Any] | None = None,
    ) -> None:
        """Send a text that exists in both languages; `meaning` names it for tests and reviewers."""
        self.dispatcher.utter_message(
            text=self.in_script(text[self.language]),
            buttons=list(buttons),
            image=image,
            json_message=dict(custom or {}),
            meaning=meaning,
        )

    @contextmanager
    def orders(self) -> Iterator[Session]:
        """A session on the order database, committed at the end."""
        with Session(orders_engine(), future=True) as session, session.begin():
            yield session

    def verified_order(self, session: Session) -> str | None:
        """The order this conversation may see: the one last named if it is verified, else the last verified.

        Reads the `verification` table; slots are only a hint of which one is meant.
        """
        numbers = ownership.verified_orders(session, self.conversation_id, self.now)
        named = self.slot("order_number")
        if named:
            return named if named in numbers else None
        return numbers[0] if numbers else None

    def verified_facts(self, session: Session) -> OrderFacts | None:
        """What the database knows of the verified order; None when there is none."""
        number = self.verified_order(session)
        return order_facts(session, number, self.now) if number else None

    def reading(self, intent: str) -> dict[str, str]:
        """A choice that starts an intent, named as a traveller would."""
        return self.button(intent_names()[intent]["en"], intent_names()[intent]["zh"], f"/{intent}")

    def intent_of_goal(self) -> str | None:
        """The intent that set the present goal."""
        for event in reversed(self.tracker.events):
            if event.get("event") == "user":
                name = (event.get("parse_data") or {}).get("intent", {}).get("name")
                if name in (self.slot("second_matter") or ()):
                    return str(name)
        return None

    def steps_tried(self) -> list[str]:
        """Everything the traveller said they have tried, this message included."""
        return sorted({*(self.slot("steps_tried") or []), *self.entities("tried")})

    def remembered(self) -> list[Event]:
        """What any turn adds to memory: steps tried, and that a language asked for is now also written."""
        events: list[Event] = []
        if self.entities("tried"):
            events.append(SlotSet("steps_tried", self.steps_tried()))
        if self.slot("language_pin") and self.slot("language_pin") == self.slot("language"):
            events.append(SlotSet("language_pin", None))
        return events


class AftercareAction(Action, ABC):  # type: ignore[misc]
    """Base of all actions: `handle` runs in a thread; whatever fails becomes an apology and a ticket."""

    action_name = ""

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
            turn.say("utter_next_matter", buttons=[turn.reading(other)])
        return [SlotSet("second_matter", None)]

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Any) -> list[Event]:
        """Called by the action server."""
        turn = Turn(tracker, dispatcher)
        try:
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


class OrderAction(AftercareAction, ABC):
    """An action about one order: it runs only for a conversation that verified it, whatever the slots say."""

    @abstractmethod
    def handle_order(self, turn: Turn, session: Session, number: str) -> list[Event]:
        """Answer about the verified order."""

    def handle(self, turn: Turn) -> list[Event]:
        """Ask for proof first when there is none (any more)."""
        with turn.orders() as session:
            number = turn.verified_order(session)
            if number is not None:
                return [SlotSet("order_number", number), *self.handle_order(turn, session, number)]
        return [SlotSet("order_verified", False), FollowupAction("order_form")]
