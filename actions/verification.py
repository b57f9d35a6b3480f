"""Actions about one order, and the way to them: first the traveller proves that the order is theirs."""

from __future__ import annotations

from abc import ABC, abstractmethod

from rasa_sdk.events import FollowupAction, SlotSet
from sqlalchemy.orm import Session

from actions.base import AftercareAction
from actions.turn import Event, Turn
from aftercare.orders import ownership

# Begins an offer that an order number takes up: the action that then answers for that order.
WITH_ORDER = "with_order:"


class OrderAction(AftercareAction, ABC):
    """An action about one order: it runs only for a conversation that verified it, whatever the slots say."""

    @abstractmethod
    def handle_order(self, turn: Turn, session: Session, number: str) -> list[Event]:
        """Answer about the verified order."""

    asks_issuer = False
    """Whether the eSIM is asked about at its issuer first, where one is configured."""

    def handle(self, turn: Turn) -> list[Event]:
        """Ask for proof first when there is none (any more)."""
        if self.asks_issuer:
            turn.refresh_esim()
        with turn.orders() as session:
            number = turn.verified_order(session)
            if number is not None:
                ownership.choose(session, turn.conversation_id, number)
                return [SlotSet("order_number", None), *self.handle_order(turn, session, number)]
        return [SlotSet("order_verified", False), FollowupAction("order_form")]


def order_wanted_for(action: str) -> list[Event]:
    """Events after a general answer: the order it asks for, once given, is answered about by `action`."""
    return [SlotSet("offer", f"{WITH_ORDER}{action}")]


def order_brought_for(turn: Turn, action: str) -> list[Event]:
    """Events that check the order a question came with before `action` answers it; none without an order."""
    if turn.form or not turn.names_order or turn.slot("order_verified"):
        return []
    return [*order_wanted_for(action), SlotSet("goal", "order_status"), FollowupAction("order_form")]
