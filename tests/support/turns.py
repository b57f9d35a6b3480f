"""Turns for actions: a message with its reading, in a conversation as Rasa sends it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.events import ActionExecuted, BotUttered, UserUttered
from rasa_sdk.executor import CollectingDispatcher
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from actions.turn import Event, Turn
from aftercare.orders import ownership
from tests.support.order_rows import NOW, add_order
from tests.support.readings import reading

CONVERSATION = "c1"
EMAIL = "emma@example.com"


def turn(
    *labels: str,
    text: str = "well",
    situation: str = "idle",
    asked: str = "",
    units: str = "",
    parts: str = "",
    intent: str = "inform",
    confidence: float = 0.3,
    entities: dict[str, Any] | None = None,
    before: Sequence[Event] = (),
    since: Sequence[Event] = (),
    form: str | None = None,
    language: str = "en",
    metadata: dict[str, Any] | None = None,
    **slots: Any,
) -> Turn:
    """A turn at `order_rows.NOW`.

    `labels`, `units` and `parts` are those of `readings.reading`; `before` and `since` are the events before the
    message and after it. A text that begins with "/" is a pressed button and has no reading.
    """
    found = reading(*labels, situation=situation, asked=asked, units=units, parts=parts)
    named = {"name": intent, "confidence": confidence}
    latest = {
        "text": text,
        "intent": named,
        "intent_ranking": [named],
        "entities": [{"entity": name, "value": value} for name, value in (entities or {}).items()],
    }
    kept = {"language": language, "reading": None if text.startswith("/") else found.as_slot(), **slots}
    events = [*before, {**UserUttered(text), "metadata": metadata or {}}, *since]
    tracker = Tracker(CONVERSATION, kept, latest, events, False, None, {"name": form} if form else {}, "action_listen")
    return Turn(tracker, CollectingDispatcher(), NOW)


def did(action: str) -> Event:
    return dict(ActionExecuted(action))


def told(meaning: str, *payloads: str, **data: Any) -> Event:
    """A message of the assistant, with buttons of these payloads."""
    buttons = [{"title": payload, "payload": payload} for payload in payloads]
    return dict(BotUttered("…", {"buttons": buttons, **data}, {"meaning": meaning}))


def said(here: Turn) -> list[str]:
    """The names of what was answered."""
    return [message["meaning"] for message in here.dispatcher.messages]


def slots(events: Sequence[Event]) -> dict[str, Any]:
    """What the events set, the last value of each slot."""
    return {event["name"]: event["value"] for event in events if event["event"] == "slot"}


def next_action(events: Sequence[Event]) -> str | None:
    """The action that the events call, which must be one at most."""
    called = [event["name"] for event in events if event["event"] == "followup"]
    assert len(called) <= 1, called
    return called[0] if called else None


def leaves_form(events: Sequence[Event]) -> bool:
    return any(event["event"] == "active_loop" and event["name"] is None for event in events)


def prove(orders: Engine, *numbers: str, **changes: Any) -> None:
    """Orders of one buyer, each proven in the conversation, the last one latest."""
    with Session(orders, future=True) as session, session.begin():
        for number in numbers:
            add_order(session, number, **changes)
            assert ownership.verify(session, CONVERSATION, number, EMAIL, NOW).status == "verified"


def about(orders: Engine) -> str | None:
    """The order that the conversation is about."""
    with Session(orders, future=True) as session:
        return ownership.verified_order(session, CONVERSATION, NOW)
