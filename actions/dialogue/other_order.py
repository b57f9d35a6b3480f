"""Another order, or a corrected number or e-mail: its ownership is proven, and the matter starts from its facts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rasa_sdk.events import ActiveLoop, FollowupAction, SlotSet
from sqlalchemy.orm import Session

from actions.base import AftercareAction
from actions.dialogue.knowledge import ASKED, best
from actions.dialogue.orders_compared import named_order
from actions.orders.about import facts_of, plan_name
from actions.orders.named import IN_ORDER, OWNERS, WANTS_OTHER, named_unproven, with_owner
from actions.reported_trouble import Trouble, fault_beside_order
from actions.turn import Event, Turn
from aftercare.base.identifiers import normalise_order_number
from aftercare.orders import ownership
from aftercare.understanding.choices import named_item
from aftercare.understanding.goals import GOAL_OF
from aftercare.understanding.order_references import (
    comes_back_to_first,
    comes_back_to_own,
    means_other,
    order_by_ending,
    owner_named,
)
from aftercare.understanding.plan_requirements import plan_attribute

# Below this confidence a question has no topic of its own: "and the other one?" asks what was asked last.
OWN_TOPIC = 0.5
# From this probability on an order was named to correct the one before; else that one is kept to come back to.
SURELY_CORRECTED = 0.5
# An article answers a question from this probability on.
ANSWERED = 0.4
# The action that a goal is worked on with, once the order is known.
ACTION_OF_GOAL = {
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


# The action that tells what is asked of an order, by the attribute of its plan.
_TELLS = {
    "days": "action_data_usage",
    "data": "action_data_usage",
    "hotspot": "action_hotspot",
    "calls": "action_calls_sms",
    "price": "action_order_status",
}
# Decided at once of the order that is turned to, where the words surely ask for it.
_WISHED = {"request_refund": "refund", "request_exchange": "exchange"}
SURELY_WISHED = 0.9
# Of what was under way with an order, kept while another one is looked at.
_KEPT = ("goal", "symptom", "diagnosis", "device")


def keep_matter(turn: Turn) -> Event:
    """The event that keeps what is under way with the order at hand, for when it is come back to."""
    focus: dict[str, Any] = turn.slot("focus") or {}
    if turn.reading.chance("correct") >= SURELY_CORRECTED:  # the wrong one is not come back to
        unchanged: Event = SlotSet("focus", focus)
        return unchanged
    number = turn.slot_before("order_number") or turn.order_before
    kept = {name: value for name in _KEPT if (value := turn.slot_before(name)) is not None}
    left = {**(focus.get("left") or {}), **({number: kept} if number else {})}
    event: Event = SlotSet("focus", {**focus, "left": left})
    return event


def _phone_of(turn: Turn, number: str) -> list[Event]:
    """Forget the phone talked about when the record knows that of the other order, unless the message names one."""
    if turn.entity("device"):
        return []
    with turn.orders() as session:
        facts = facts_of(turn, session, number)
    return [SlotSet("device", None)] if facts.device_model else []


def matter_left(turn: Turn, number: str) -> list[Event]:
    """The events that take up again what was under way with an order; none when nothing was."""
    left = ((turn.slot("focus") or {}).get("left") or {}).get(number) or {}
    if left.get("goal") not in ACTION_OF_GOAL:
        return []
    return [SlotSet(name, left.get(name)) for name in _KEPT]


def other_with_matter(turn: Turn, number: str) -> str | None:
    """Another order of this conversation with something left under way; None when there is none."""
    left = (turn.slot("focus") or {}).get("left") or {}
    found = [each for each, kept in left.items() if each != number and kept.get("goal") in ACTION_OF_GOAL]
    return found[-1] if found else None


def _action_of(left: Sequence[Event]) -> str | None:
    goal = next((event.get("value") for event in left if event.get("name") == "goal"), None)
    return ACTION_OF_GOAL.get(str(goal))


def _of_the_order_before(turn: Turn) -> list[Event]:
    """Events that forget what was said of the order before; a fault that is the matter now is one of the new order."""
    about = ["diagnosis", "refund_draft", "observed", *([] if turn.slot("goal") == "diagnose" else ["symptom"])]
    return [SlotSet(name, None) for name in about]


def _rather_asks(turn: Turn) -> bool:
    """Whether a message that may point at another order rather asks what an article answers: a gift for a sister."""
    reading = turn.reading
    asks = reading.chance("ask") > reading.chance("switch_order")
    return asks and bool(reading.units) and reading.units[0][1] >= ANSWERED


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
        goals = (turn.slot_before("goal"), "diagnose")
        trouble = fault_beside_order(turn) if number and turn.slot("goal") in goals else None
        points = (
            means_other(turn.text)
            or comes_back_to_first(turn.text)
            or owner_named(turn.text) in ((turn.slot("focus") or {}).get(OWNERS) or {}).values()
        )
        if number is None and email is None and not points and _rather_asks(turn):
            return [FollowupAction("action_answer_question")]
        with turn.orders() as session:
            known = ownership.verified_orders(session, turn.conversation_id, turn.now)
            current = ownership.verified_order(session, turn.conversation_id, turn.now)
            if number is None and email is not None:
                number = named_unproven(turn, known)  # of two numbers given together this is the other one's e-mail
            if number is None and email is None:
                number = self._other(turn, known, current)
                if number is None:
                    return self._ask(turn, known)
            if number is not None and number not in known:
                if not self._proves(turn, session, number, email):
                    return self._prove(turn, number, str(email) if email else None, trouble)
            elif number is None:  # a corrected e-mail for the number given before
                before = normalise_order_number(str(turn.slot("order_number") or "")) or current
                return self._prove(turn, before, str(email))
            changed = number != current
            if changed:
                turn.say("utter_order_taken", number=number, plan=plan_name(turn, facts_of(turn, session, str(number))))
            ownership.choose(session, turn.conversation_id, str(number))
        begun = turn.slot("goal") != turn.slot_before("goal") or turn.reading.has("ask", "ask_why", "ask_how")
        left = None if begun or not changed else matter_left(turn, str(number))
        wished = _WISHED.get(turn.likeliest[0]) if turn.likeliest[1] >= SURELY_WISHED else None
        if wished and changed:  # "can hers be swapped for a longer one"
            taken = self._taken(turn, str(number), changed)
            return [*taken, SlotSet("goal", wished), FollowupAction("refund_form")]
        if trouble and changed and _action_of(left or ()) != "diagnosis_form":  # a fault of its own goes first
            return [*self._taken(turn, str(number), changed), *trouble.slots(), FollowupAction("diagnosis_form")]
        if left:
            return [*self._taken(turn, str(number), changed), *left, FollowupAction(str(_action_of(left)))]
        return [*self._taken(turn, str(number), changed), FollowupAction(self._next(turn))]

    @staticmethod
    def _proves(turn: Turn, session: Session, number: str, email: Any) -> bool:
        """Whether the message proves this order: by its e-mail address, or beside a fresh proof of the same buyer's."""
        if not email:
            return ownership.verify_beside(session, turn.conversation_id, number, turn.now, turn.origin)
        outcome = ownership.verify(session, turn.conversation_id, number, str(email), turn.now, turn.origin)
        return outcome.status == "verified"

    @staticmethod
    def _other(turn: Turn, known: Sequence[str], current: str | None) -> str | None:
        """Of the orders proven here, the one the message points at: by its place, or the other one."""
        came_up: list[str] = list((turn.slot("focus") or {}).get(IN_ORDER) or ())
        in_order: list[str] = [each for each in came_up if each in known]
        in_order += [each for each in reversed(known) if each not in came_up]
        if (by_ending := order_by_ending(turn.text, known)) is not None:
            return by_ending
        place = named_item(turn.text, in_order)
        if place is not None and len(in_order) > 1:
            return in_order[place]
        if comes_back_to_first(turn.text) and in_order:
            return in_order[0]
        owner, owners = owner_named(turn.text), (turn.slot("focus") or {}).get(OWNERS) or {}
        if owner and (theirs := [each for each in in_order if owners.get(each) == owner]):
            return theirs[0]
        if (named := named_order(turn, known)) is not None:
            return named
        if comes_back_to_own(turn.text) and in_order:
            return in_order[0]  # a companion's comes after one's own
        others = [each for each in known if each != current]
        return others[0] if others else None

    def _ask(self, turn: Turn, known: Sequence[str]) -> list[Event]:
        """To the order form for an order not proven here: one that was named before, else any but the ones known."""
        named = named_unproven(turn, known)
        goal, symptom = self._wanted(turn)
        wanted = {"order_number": named, "email": None, "order_verified": False, "goal": goal, "symptom": symptom}
        forgotten = [SlotSet(name, None) for name in ("diagnosis", "refund_draft", "observed", "offer")]
        return [
            *([ActiveLoop(None)] if turn.form else []),
            SlotSet("focus", {**keep_matter(turn)["value"], WANTS_OTHER: True}),
            *forgotten,
            *(SlotSet(name, value) for name, value in wanted.items()),
            SlotSet("requested_slot", None),
            FollowupAction("order_form"),
        ]

    @staticmethod
    def _wanted(turn: Turn) -> tuple[str, str | None]:
        """Goal and symptom for an order that is to be named: those of a second matter that was just offered, if any."""
        offered = GOAL_OF.get(str(turn.slot("offer") or "")) if turn.reading.situation == "choices" else None
        goal = turn.slot("goal")
        under_way = "diagnose" if goal and turn.form == "diagnosis_form" else goal
        goal, symptom = offered or (under_way or "order_status", turn.slot("symptom"))
        return goal, symptom if goal == "diagnose" else None

    @staticmethod
    def _prove(turn: Turn, number: str | None, email: str | None, trouble: Trouble | None = None) -> list[Event]:
        """To the order form with what is known: it asks for what is missing and says what does not match."""
        return [
            SlotSet("order_number", number),
            SlotSet("email", email),
            SlotSet("order_verified", False),
            keep_matter(turn),
            *_of_the_order_before(turn),
            *(trouble.slots() if trouble else ()),
            ActiveLoop(None),
            SlotSet("requested_slot", None),
            FollowupAction("order_form"),
        ]

    @staticmethod
    def _taken(turn: Turn, number: str, changed: bool) -> list[Event]:
        kept = keep_matter(turn)["value"] if changed else turn.slot("focus") or {}
        return [
            SlotSet("order_number", None),
            SlotSet("email", None),
            SlotSet("order_verified", True),
            *([*_of_the_order_before(turn), SlotSet("offer", None)] if changed else ()),
            SlotSet("requested_slot", None),
            SlotSet("focus", with_owner(turn, number, kept)),
            *(_phone_of(turn, number) if changed else ()),
            ActiveLoop(None),
        ]

    @staticmethod
    def _next(turn: Turn) -> str:
        """What the message asks of that order; without a question, what was under way."""
        last = turn.last_order_answer()
        if turn.reading.has("ask") and (action := _TELLS.get(plan_attribute(turn.text) or "")):
            return action
        intent, confidence = turn.likeliest
        bare = intent == "check_order_status" and turn.names_order and last is not None  # any order number resembles it
        own_topic = (confidence >= OWN_TOPIC and not bare) or best(turn, ASKED * 2) is not None
        if turn.reading.has("ask", "ask_why", "ask_how") and (own_topic or last is None):
            return "action_answer_question"
        goal = str(turn.slot("goal") or "")
        tries_step = turn.diagnosis is not None and turn.diagnosis_open and turn.diagnosis.at_step
        looked_up_since = not tries_step and turn.last_matter() != "diagnosis_form"
        asks_the_same = turn.reading.has("ask", "refer") or looked_up_since
        if last and (asks_the_same if goal == "diagnose" else turn.reading.has("ask", "refer")):
            return last
        return ACTION_OF_GOAL.get(goal) or last or "action_order_status"
