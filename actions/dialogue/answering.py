"""Answers a question in whatever state the conversation is: what was told, what was shown, this order, knowledge."""

from __future__ import annotations

from collections.abc import Callable

from rasa_sdk.events import FollowupAction, SlotSet

from actions.base import AftercareAction
from actions.clarify import not_understood
from actions.dialogue import explaining, knowledge
from actions.dialogue.shown import answer_about_shown
from actions.turn import Event, Turn
from actions.verification import order_brought_for

# Questions whose answer is data of the order, by the intent of the message alone.
_OF_THE_ORDER = {
    "ask_plan_start": "action_plan_start",
    "check_data_usage": "action_data_usage",
    "check_order_status": "action_order_status",
    "check_refund_status": "action_refund_status",
    "recover_usage_records": "action_usage_records",
    "payment_issue": "action_payment_issue",
    "ask_apn": "action_apn",
    "ask_coverage": "action_coverage",
    "ask_hotspot": "action_hotspot",
    "ask_calls_sms": "action_calls_sms",
    "ask_topup": "action_topup",
    "ask_invoice": "action_invoice",
}
# Questions that actions answer without an order, better than an article could.
_COMPUTED = {
    "ask_promotions": "action_promotions",
    "ask_price_plans": "action_price_plans",
    "ask_crossborder_pack": "action_crossborder_pack",
    "ask_local_plan": "action_local_plan",
    "ask_support_hours": "action_support_hours",
    "ask_device_compatibility": "action_device_compatibility",
    "ask_roaming_setting": "action_roaming_setting",
    "ask_how_to_install": "action_how_to_install",
    "ask_refund_policy": "action_refund_policy",
    "ask_coverage": "action_coverage",
    "ask_apn": "action_apn",
    "ask_plan_start": "action_plan_start",
    "ask_hotspot": "action_hotspot",
    "ask_calls_sms": "action_calls_sms",
    "ask_topup": "action_topup",
    "ask_dual_sim": "action_dual_sim",
    "ask_what_is_esim": "action_what_is_esim",
    "ask_delete_reinstall": "action_delete_reinstall",
    "ask_change_device": "utter_change_device",
    "bot_challenge": "utter_bot_challenge",
    "out_of_scope": "utter_out_of_scope",
}
# How sure the classifier must be of such a question, with and without an article that answers it too.
_SURE, _SURER = 0.45, 0.75


class ActionAnswerQuestion(AftercareAction):
    """The first of the answerers that knows something; a form that waits asks again afterwards, in other words."""

    action_name = "action_answer_question"

    def handle(self, turn: Turn) -> list[Event]:
        """Answer, then wait, unless a form or a further action goes on."""
        if checked := order_brought_for(turn, self.action_name):
            return checked
        answerers: tuple[Callable[[Turn], list[Event] | None], ...] = (
            explaining.answer,
            self._shown,
            self._other_of_two,
            self._order,
            self._article,
            self._computed,
        )
        for answerer in answerers:
            if (events := answerer(turn)) is not None:
                return self._then(turn, events)
        return self._then(turn, not_understood(turn))

    @staticmethod
    def _then(turn: Turn, events: list[Event]) -> list[Event]:
        goes_on = turn.form or any(event.get("event") == "followup" for event in events)
        return events if goes_on else [*events, FollowupAction("action_listen")]

    @staticmethod
    def _shown(turn: Turn) -> list[Event] | None:
        """About one of the plans shown."""
        if not (turn.reading.has("refer") or turn.reading.situation in ("plan_list", "exchange_choice")):
            return None
        plan = answer_about_shown(turn)
        return None if plan is None else [SlotSet("focus", {**(turn.slot("focus") or {}), "plan": plan})]

    @staticmethod
    def _other_of_two(turn: Turn) -> list[Event] | None:
        """ "And the other one?": the last question again, about the other order proven here."""
        return knowledge.compare_orders(turn)

    @staticmethod
    def _order(turn: Turn) -> list[Event] | None:
        """Data of the verified order, or its refund decision."""
        intent = str(turn.intent)
        best = knowledge.best(turn)
        with turn.orders() as session:
            known = turn.verified_order(session) is not None
        if not known:
            return None
        if intent == "ask_refund_policy" and not turn.form and best is None:
            return [SlotSet("goal", "refund"), FollowupAction("refund_form")]
        needed = _SURER if best is not None and intent not in best.intents else _SURE
        action = _OF_THE_ORDER.get(intent)
        if action is None or turn.confidence < needed:
            return None
        return [FollowupAction(action)]

    @staticmethod
    def _article(turn: Turn) -> list[Event] | None:
        """What the articles say about exactly this."""
        return knowledge.answer(turn)

    @staticmethod
    def _computed(turn: Turn) -> list[Event] | None:
        action = _COMPUTED.get(str(turn.intent))
        if action is None or turn.confidence < _SURE:
            return None
        return [FollowupAction(action)]
