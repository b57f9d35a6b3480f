"""A yes, a no or a fact outside any form: it takes up what was offered or asked last."""

from __future__ import annotations

from rasa_sdk.events import FollowupAction, SlotSet

from actions import feedback
from actions.base import AftercareAction
from actions.diagnosis import REMINDER
from actions.follow_up import names_another_phone
from actions.turn import Event, Turn
from actions.verification import WITH_ORDER
from aftercare.understanding.refund_requests import asks_for_refund
from aftercare.understanding.unspecified_fault import is_vague

# What a plain "yes" takes up again, by the payload that was offered.
_TAKES_UP = {
    "human_handoff": ("action_handoff", None),
    "request_refund": ("refund_form", "refund"),
    "check_order_status": ("order_form", "order_status"),
    "ask_crossborder_pack": ("action_crossborder_pack", None),
    "ask_topup": ("action_topup", None),
    "ask_price_plans": ("action_price_plans", None),
    "recover_usage_records": ("action_usage_records", "usage_records"),
    "resend_qr": ("action_resend_qr", "resend_qr"),
    "request_exchange": ("refund_form", "exchange"),
    "withdraw_request": ("refund_form", "withdraw"),
}


def go_by_content(turn: Turn) -> list[Event]:
    """Events for a message that says more than yes or no: its order is looked up; without one, which fault is asked."""
    if turn.names_order:
        goal = "refund" if asks_for_refund(turn.text) else turn.slot("goal") or "order_status"
        return [SlotSet("goal", goal), FollowupAction("order_form")]
    turn.say("utter_which_problem")
    return [SlotSet("goal", "diagnose")]


def _refund_after_all(turn: Turn) -> list[Event]:
    form = "refund_form" if turn.slot("order_verified") else "order_form"
    return [SlotSet("offer", None), SlotSet("goal", "refund"), FollowupAction(form)]


class ActionAffirm(AftercareAction):
    """A yes outside any form: it takes what was offered last."""

    action_name = "action_affirm"

    def handle(self, turn: Turn) -> list[Event]:
        """Continue with the offer, or ask what else."""
        if is_vague(turn.text) or turn.names_order:
            return go_by_content(turn)
        if asks_for_refund(turn.text):
            return _refund_after_all(turn)
        offer = str(turn.slot("offer") or "")
        if offer.startswith(WITH_ORDER):
            return [SlotSet("goal", "order_status"), FollowupAction("order_form")]
        if about := feedback.asked_about(turn):
            return feedback.take(turn, about, helpful=True)
        action, goal = _TAKES_UP.get(offer, (None, None))
        if action is None:
            turn.say("utter_anything_else")
            return []
        if goal in ("refund", "exchange", "withdraw") and not turn.slot("order_verified"):
            action = "order_form"
        return [SlotSet("offer", None), *([SlotSet("goal", goal)] if goal else []), FollowupAction(action)]


class ActionDeny(AftercareAction):
    """A no outside any form."""

    action_name = "action_deny"

    def handle(self, turn: Turn) -> list[Event]:
        """An open diagnosis goes on; otherwise nothing happens."""
        if asks_for_refund(turn.text):
            return _refund_after_all(turn)
        state = turn.diagnosis
        if turn.names_order or (is_vague(turn.text) and not state):
            return go_by_content(turn)
        if about := feedback.asked_about(turn):
            return feedback.take(turn, about, helpful=False)
        if turn.reading.has("step:failed") and not (turn.slot("symptom") or state):
            return go_by_content(turn)
        if turn.reading.has("step:failed"):
            known = turn.slot("order_verified") or state
            return [SlotSet("goal", "diagnose"), FollowupAction("diagnosis_form" if known else "order_form")]
        if turn.diagnosis_open and turn.slot("offer") is None:
            return [FollowupAction("diagnosis_form")]
        turn.say("utter_anything_else")
        return [SlotSet("offer", None)]


class ActionInform(AftercareAction):
    """Facts without a question: an order number, a phone, a place."""

    action_name = "action_inform"

    def handle(self, turn: Turn) -> list[Event]:
        """An order number is looked up; an open diagnosis takes the facts; else ask what it is about."""
        if turn.entity("step_outcome") == REMINDER:  # the diagnosis ended meanwhile
            return []
        if turn.entity("problem") and not turn.names_order:
            turn.say("utter_which_problem")
            return [SlotSet("goal", "diagnose")]
        if names_another_phone(turn):
            return [FollowupAction("action_device_compatibility")]
        if turn.names_order or turn.entity("order_help"):
            offer = str(turn.slot("offer") or "")
            meant = "refund" if offer == "request_refund" else "order_status" if offer.startswith(WITH_ORDER) else None
            goal = meant or turn.slot("goal") or "order_status"
            return [SlotSet("goal", goal), FollowupAction("order_form")]
        if turn.diagnosis_open or turn.entity("error_message"):
            return [SlotSet("goal", "diagnose"), FollowupAction("diagnosis_form")]
        turn.say("utter_which_problem")
        return [SlotSet("steps_tried", turn.steps_tried())]
