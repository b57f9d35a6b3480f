"""Where an order stands."""

from __future__ import annotations

from rasa_sdk.events import FollowupAction, SlotSet
from sqlalchemy.orm import Session

from actions.dialogue import knowledge
from actions.orders.about import facts_of, plan_name
from actions.people import in_a_hurry
from actions.reported_trouble import Trouble, reported_trouble
from actions.turn import Event, Turn
from actions.verification import WITH_ORDER, OrderAction
from aftercare.understanding.contact_requests import is_urgent

# From this probability on a message begins with the wish to know where the order stands.
SURELY_ASKED = 0.5


class ActionOrderStatus(OrderAction):
    """Where the order stands."""

    action_name = "action_order_status"
    asks_issuer = True

    def handle_order(self, turn: Turn, session: Session, number: str) -> list[Event]:
        """Status, plan, amount; for an undelivered order when the code comes. Or what the order was given for."""
        offer = str(turn.slot("offer") or "")
        question_first = offer == f"{WITH_ORDER}action_answer_question"
        asks = turn.reading.has("ask", "ask_how", "ask_why") or turn.asked_before() is not None
        if question_first and not asks and knowledge.best(turn, knowledge.OTHER) is None:
            question_first, offer = False, ""  # no question came with the order
        asks_status = self._asked_in_words(turn) and self._asks_now(turn)
        if offer.startswith(WITH_ORDER) and (question_first or not asks_status):
            return [SlotSet("offer", None), FollowupAction(offer.removeprefix(WITH_ORDER))]
        facts = facts_of(turn, session, number)
        if is_urgent(turn.text) and turn.was_sent("utter_qr_not_delivered"):
            return in_a_hurry(turn)
        if not self._asks_now(turn) and (trouble := reported_trouble(turn)) is not None:
            return [*trouble.slots(), FollowupAction("diagnosis_form")]
        if facts.profile_state == "deleted" and not self._asks_now(turn) and not turn.did("diagnosis_form"):
            # nothing works with it, whatever the number is given for
            return [*Trouble("activation").slots(), FollowupAction("diagnosis_form")]
        turn.say(
            "utter_order_status",
            number=number,
            plan=plan_name(turn, facts),
            amount=turn.words.money(facts.amount_minor, facts.currency),
            bought_at=turn.words.day(facts.bought_at),
            status=turn.words.word(facts.status),
            state=turn.words.word(facts.profile_state or "released"),
        )
        if facts.status == "paid" and not facts.delivered:
            turn.say("utter_qr_not_delivered", due=turn.words.time(facts.delivery_due_at))
        return []

    @staticmethod
    def _asks_now(turn: Turn) -> bool:
        """Whether the message itself asks for the order: not one that only brings its number."""
        reading = turn.reading
        begins = reading.chance("start:check_order_status")
        by_both = begins > 0 and turn.likeliest[0] == "check_order_status"  # neither is sure alone
        return reading.has("ask", "ask_how") or begins >= SURELY_ASKED or by_both

    @staticmethod
    def _asked_in_words(turn: Turn) -> bool:
        """Whether the status itself was asked for, rather than an order given for an earlier question."""
        only_brings = turn.names_order and not ActionOrderStatus._asks_now(turn)  # in words that resemble the status
        messages = [event for event in reversed(turn.tracker.events) if event.get("event") == "user"]
        for event in messages[1:] if only_brings else messages:
            name = (event.get("parse_data") or {}).get("intent", {}).get("name")
            if name not in ("inform", "affirm", "deny", None):
                return name == "check_order_status" and not str(event.get("text")).startswith("/")
        return False
