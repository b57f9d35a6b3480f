"""A yes, a no or a fact outside any form: it takes up what was offered or asked last."""

from __future__ import annotations

from rasa_sdk.events import FollowupAction, SlotSet

from actions import eid, feedback
from actions.base import AftercareAction
from actions.diagnosis.form import REMINDER
from actions.dialogue import about_plan
from actions.dialogue.other_order import ACTION_OF_GOAL
from actions.follow_up import names_another_phone
from actions.reported_trouble import instructs, reported_trouble, tried_by_answers
from actions.turn import Event, Turn
from actions.verification import WITH_ORDER
from aftercare.understanding.goals import GOAL_OF
from aftercare.understanding.order_answers import looks_like_order_number
from aftercare.understanding.refund_requests import asks_for_refund, cancels_order
from aftercare.understanding.unspecified_fault import is_unspecified
from aftercare.understanding.yes_no import is_just_no

# What a plain "yes" takes up again besides the matters of goals, by the payload that was offered.
_TAKES_UP = {
    "human_handoff": "action_handoff",
    "check_order_status": "order_form",
    "ask_crossborder_pack": "action_crossborder_pack",
    "ask_topup": "action_topup",
    "ask_price_plans": "action_price_plans",
}


# Below this probability a step that failed is a guess, where none was given.
SURE = 0.5
# A fault beside a no is one from this probability on.
REPORTED_BESIDE_A_NO = 0.4

# Answers that differ from phone to phone: naming one asks for them again.
BY_PHONE = (
    "action_how_to_install", "action_roaming_setting", "action_apn", "action_hotspot", "action_delete_reinstall",
    "action_dual_sim",
)  # fmt: skip


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
        if seen := eid.shown(turn):
            return seen
        if is_unspecified(turn.text) or turn.names_order:
            return go_by_content(turn)
        if asks_for_refund(turn.text):
            return _refund_after_all(turn)
        offer = str(turn.slot("offer") or "")
        if offer.startswith(WITH_ORDER):
            return [SlotSet("goal", "order_status"), FollowupAction("order_form")]
        if about := feedback.asked_about(turn):
            return feedback.take(turn, about, helpful=True)
        goal, symptom = GOAL_OF.get(offer, (None, None))
        action = _TAKES_UP.get(offer) or ACTION_OF_GOAL.get(goal or "")
        if action is None:
            turn.say("utter_anything_else")
            return []
        if action in ("refund_form", "diagnosis_form") and not turn.slot("order_verified"):
            action = "order_form"
        pursued = [SlotSet(name, value) for name, value in (("goal", goal), ("symptom", symptom)) if value]
        return [SlotSet("offer", None), *pursued, FollowupAction(action)]


class ActionDeny(AftercareAction):
    """A no outside any form."""

    action_name = "action_deny"

    def handle(self, turn: Turn) -> list[Event]:
        """A fault that is told, or a step that did not help, is looked at; an open diagnosis goes on; else nothing."""
        if seen := eid.shown(turn):
            return seen
        if asks_for_refund(turn.text):
            return _refund_after_all(turn)
        state = turn.diagnosis
        if turn.names_order or (is_unspecified(turn.text) and not state):
            return go_by_content(turn)
        if fault := self._fault(turn):
            return fault
        if about := feedback.asked_about(turn):
            if turn.reading.chance("step:failed") >= SURE and not is_just_no(turn.text) and instructs(turn, about):
                return self._did_not_help(turn)
            return feedback.take(turn, about, helpful=False)
        only_no = is_just_no(turn.text) and turn.reading.chance("decline") > turn.reading.chance("step:failed")
        failed = turn.reading.has("step:failed") and not only_no
        if failed and not (turn.slot("symptom") or state):
            if turn.reading.chance("step:failed") < SURE:
                return [FollowupAction("action_clarify")]  # only a guess at words that say nothing
            return go_by_content(turn)
        if failed:
            known = turn.slot("order_verified") or state
            return [SlotSet("goal", "diagnose"), FollowupAction("diagnosis_form" if known else "order_form")]
        if turn.diagnosis_open and turn.slot("offer") is None:
            return [FollowupAction("diagnosis_form")]
        turn.say("utter_anything_else")
        return [SlotSet("offer", None)]

    @staticmethod
    def _fault(turn: Turn) -> list[Event]:
        """Events that look at a fault told in words that deny as well: "no net"; none when none is told."""
        if turn.diagnosis_open or turn.pressed:
            return []
        named = [value for value in turn.reading.values("start") if value.startswith("report_")]
        fault = next((value for value in named if turn.reading.chance(f"start:{value}") >= REPORTED_BESIDE_A_NO), None)
        if fault is None:
            return []
        form = "diagnosis_form" if turn.slot("order_verified") else "order_form"
        return [SlotSet("goal", "diagnose"), SlotSet("symptom", GOAL_OF[fault][1]), FollowupAction(form)]

    @staticmethod
    def _did_not_help(turn: Turn) -> list[Event]:
        """What an answer had the traveller do did not help: the diagnosis goes on from there, or begins with it."""
        trouble = reported_trouble(turn)
        symptom = turn.slot("symptom") or (trouble.symptom if trouble else None)
        form = "diagnosis_form" if turn.slot("order_verified") or turn.diagnosis else "order_form"
        return [
            SlotSet("goal", "diagnose"),
            SlotSet("symptom", symptom),
            SlotSet("steps_tried", tried_by_answers(turn)),
            FollowupAction(form),
        ]


class ActionInform(AftercareAction):
    """Facts without a question: an order number, a phone, a place."""

    action_name = "action_inform"

    def handle(self, turn: Turn) -> list[Event]:
        """An order number is looked up; an open diagnosis takes the facts; else ask what it is about."""
        if not turn.names_order and (seen := eid.shown(turn)):
            return seen
        if turn.entity("step_outcome") == REMINDER:  # the diagnosis ended meanwhile
            return []
        if turn.entity("problem") and not turn.names_order:
            turn.say("utter_which_problem")
            return [SlotSet("goal", "diagnose")]
        if turn.reading.has("choose") and not turn.names_order and (taken := about_plan.answer(turn)) is not None:
            return taken  # one of the plans on the table
        if names_another_phone(turn) and not turn.names_order:
            return [FollowupAction("action_device_compatibility")]
        if turn.entity("device") and not turn.names_order and (answered := turn.last_answer()) in BY_PHONE:
            return [FollowupAction(str(answered))]  # the same for this phone
        if turn.names_order or turn.entity("order_help") or looks_like_order_number(turn.text):
            offer = str(turn.slot("offer") or "")
            if offer == "ask_device_compatibility" and turn.phone is not None and turn.phone.esim != "yes":
                # the phone asked about may not take the plan that was bought: what that means for the order
                return [SlotSet("goal", "diagnose"), SlotSet("symptom", "activation"), FollowupAction("order_form")]
            meant = "refund" if offer == "request_refund" else "order_status" if offer.startswith(WITH_ORDER) else None
            if meant is None and cancels_order(turn.text):
                meant = "refund"
            goal = meant or turn.slot("goal") or "order_status"
            if (
                goal == "order_status"
                and meant is None
                and (trouble := reported_trouble(turn))
                and not trouble.phone_gone
            ):
                return [*trouble.slots(), FollowupAction("order_form")]
            return [SlotSet("goal", goal), FollowupAction("order_form")]
        if turn.diagnosis_open or turn.entity("error_message"):
            return [SlotSet("goal", "diagnose"), FollowupAction("diagnosis_form")]
        if turn.entity("device") and not turn.slot("goal"):
            return [FollowupAction("action_device_compatibility")]  # no fault was told; whether it takes an eSIM
        # "my name is Anna" tells of no trouble yet
        turn.say("utter_which_problem" if turn.brings or turn.slot("goal") else "utter_greet")
        return [SlotSet("steps_tried", turn.steps_tried())]
