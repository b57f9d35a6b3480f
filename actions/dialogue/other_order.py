"""Another order, or a corrected number or e-mail: its ownership is proven, and the matter starts from its facts."""

from __future__ import annotations

from collections.abc import Sequence

from rasa_sdk.events import ActiveLoop, FollowupAction, SlotSet

from actions.base import AftercareAction
from actions.dialogue.knowledge import ASKED, best
from actions.orders.about import facts_of, plan_name
from actions.turn import Event, Turn
from aftercare.base.identifiers import normalise_order_number
from aftercare.orders import ownership
from aftercare.understanding.choices import named_item

# Below this confidence a question has no topic of its own: "and the other one?" asks what was asked last.
OWN_TOPIC = 0.5
_MATTER_OF = {
    "diagnose": "diagnosis_form",
    "refund": "refund_form",
    "exchange": "refund_form",
    "withdraw": "refund_form",
    "data_usage": "action_data_usage",
    "order_status": "action_order_status",
    "refund_status": "action_refund_status",
    "usage_records": "action_usage_records",
    "resend_qr": "action_resend_qr",
    "invoice": "action_invoice",
    "payment": "action_payment_issue",
}


def without_order(turn: Turn) -> list[Event]:
    """On without an order: the general steps of a fault; for anything else that it needs the order."""
    left = [ActiveLoop(None), SlotSet("requested_slot", None), SlotSet("order_verified", False)]
    if turn.slot("goal") == "diagnose":
        return [*left, FollowupAction("diagnosis_form")]
    turn.say("utter_order_needed")
    return [*left, SlotSet("goal", None), FollowupAction("action_listen")]


class ActionOtherOrder(AftercareAction):
    """Goes on with the order that is meant now."""

    action_name = "action_other_order"

    def handle(self, turn: Turn) -> list[Event]:
        """By number and e-mail, by number alone when it is proven already, else the other one of two proven orders."""
        number = normalise_order_number(str(turn.entity("order_number") or ""))
        email = turn.entity("email")
        with turn.orders() as session:
            known = ownership.verified_orders(session, turn.conversation_id, turn.now)
            if number is None and email is None:
                number = self._other(turn, known)
                if number is None:
                    return self._ask(turn)
            if number is not None and number not in known:
                given = email or turn.slot("email")
                if not given:
                    return self._prove(number, None)
                if ownership.verify(session, turn.conversation_id, number, str(given), turn.now).status != "verified":
                    return self._prove(number, str(email) if email else None)
            elif number is None:  # a corrected e-mail for the number given before
                before = normalise_order_number(str(turn.slot("order_number") or ""))
                return self._prove(before, str(email))
            changed = number != turn.slot("order_number") or number not in known
            if changed:
                turn.say("utter_order_taken", number=number, plan=plan_name(turn, facts_of(turn, session, str(number))))
        return [*self._taken(str(number), changed), FollowupAction(self._next(turn))]

    @staticmethod
    def _other(turn: Turn, known: Sequence[str]) -> str | None:
        """Of the orders proven here, the one the message points at: by its place, or the other one."""
        in_order = list(reversed(known))
        place = named_item(turn.text, in_order)
        if place is not None and len(in_order) > 1:
            return in_order[place]
        others = [each for each in known if each != turn.slot("order_number")]
        return others[0] if others else None

    @staticmethod
    def _ask(turn: Turn) -> list[Event]:
        goal = turn.slot("goal") or "order_status"
        forget = [SlotSet(name, None) for name in ("order_number", "email", "diagnosis", "refund_draft")]
        leave = [ActiveLoop(None), SlotSet("requested_slot", None)] if turn.form else []
        return [*leave, *forget, SlotSet("order_verified", False), SlotSet("goal", goal), FollowupAction("order_form")]

    @staticmethod
    def _prove(number: str | None, email: str | None) -> list[Event]:
        """To the order form with what is known: it asks for what is missing and says what does not match."""
        return [
            SlotSet("order_number", number),
            SlotSet("email", email),
            SlotSet("order_verified", False),
            SlotSet("diagnosis", None),
            SlotSet("refund_draft", None),
            ActiveLoop(None),
            SlotSet("requested_slot", None),
            FollowupAction("order_form"),
        ]

    @staticmethod
    def _taken(number: str, changed: bool) -> list[Event]:
        forget = ("diagnosis", "refund_draft", "requested_slot", "offer") if changed else ("requested_slot",)
        return [
            SlotSet("order_number", number),
            SlotSet("order_verified", True),
            *(SlotSet(name, None) for name in forget),
            ActiveLoop(None),
        ]

    @staticmethod
    def _next(turn: Turn) -> str:
        """What the message asks of that order; without a question, what was under way."""
        last = turn.last_order_answer()
        intent, confidence = turn.likeliest
        bare = intent == "check_order_status" and turn.names_order and last is not None  # any order number resembles it
        own_topic = (confidence >= OWN_TOPIC and not bare) or best(turn, ASKED * 2) is not None
        if turn.reading.has("ask", "ask_why", "ask_how") and (own_topic or last is None):
            return "action_answer_question"
        goal = str(turn.slot("goal") or "")
        asks_the_same = turn.reading.has("ask", "refer") or not turn.diagnosis_open
        if last and (asks_the_same if goal == "diagnose" else turn.reading.has("ask", "refer")):
            return last
        return _MATTER_OF.get(goal) or last or "action_order_status"
