"""Answers a question in whatever state the conversation is: what was told, what was shown, this order, knowledge."""

from __future__ import annotations

import re
from collections.abc import Callable

from rasa_sdk.events import FollowupAction, SlotSet

from actions.base import AftercareAction
from actions.clarify import not_understood
from actions.dialogue import explaining, knowledge
from actions.dialogue.other_order import without_order
from actions.dialogue.shown import answer_about_plan, plan_pointed_at, plans_shown
from actions.follow_up import follow_up
from actions.turn import Event, Turn
from actions.verification import order_brought_for, order_wanted_for
from aftercare.understanding.feature_faults import is_fault

# Questions whose answer is data of the order, by the intent of the message alone.
_OF_THE_ORDER = {
    "ask_plan_start": "action_plan_start",
    "check_data_usage": "action_data_usage",
    "check_order_status": "action_order_status",
    "check_refund_status": "action_refund_status",
    "ask_apn": "action_apn",
    "ask_coverage": "action_coverage",
    "ask_hotspot": "action_hotspot",
    "ask_calls_sms": "action_calls_sms",
    "ask_topup": "action_topup",
}
# "Can I have my money back?" asked of the verified order is decided, not explained.
_DECIDED = {"request_refund": "refund", "ask_refund_policy": "refund", "request_exchange": "exchange"}
# The terms as such, rather than whether this order can be returned.
_TERMS = re.compile(r"\b(?:policy|policies|terms|rules|conditions)\b|政策|规定|规則|規定|规则|條款|条款", re.IGNORECASE)
_FAULTS = (
    "start:report_no_service",
    "start:report_no_data",
    "start:report_slow_data",
    "start:report_stopped_working",
    "start:report_activation_failure",
)
# After these a question that nothing else answers is about where the request stands.
_OF_A_REQUEST = {("done", "refund"), ("done", "exchange"), ("done", "withdrawal"), ("told", "refund_status")}
# Countries asked about are first looked for in the plan one has.
_ABROAD = ("ask_coverage", "ask_crossborder_pack", "ask_price_plans")
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
}
# Of these, what is looked up in the catalogue or computed at this moment: no article can say it.
_CALCULATED = frozenset(
    {
        "ask_promotions",
        "ask_price_plans",
        "ask_crossborder_pack",
        "ask_local_plan",
        "ask_support_hours",
        "ask_device_compatibility",
        "ask_refund_policy",
    }
)
# The phone may not be able to use an eSIM at all: "what now?" is about the way out, not about the step.
_OF_THE_PHONE = frozenset(
    {
        "question.eid",
        "finding.no_eid",
        "finding.no_esim_menu",
        "finding.locked",
        "finding.carrier_locked",
        "finding.lock_message",
        "finding.device_without_esim",
        "finding.mainland_iphone",
    }
)
# Where the article alone is enough: the computed answer would only add length.
_SAID_BY_ARTICLES = ("ask_promotions", "ask_refund_policy")
_FEATURES = {"ask_hotspot": "action_hotspot", "ask_calls_sms": "action_calls_sms"}
# Questions that are asked in general more often than in particular; articles are about particulars.
_IN_GENERAL = ("ask_what_is_esim", "ask_how_to_install", "ask_dual_sim")
# Units that only send to what is computed.
_SENDS_TO = {"promotions.today": "action_promotions", "talking-to-us.time-zone": "action_support_hours"}
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
            self._short_question,
            self._feature_fails,
            self._pointed_at,
            self._other_of_two,
            self._order,
            self._in_focus,
            self._calculated,
            self._article,
            self._computed,
            self._ways_out,
            self._likely_article,
        )
        for answerer in answerers:
            if (events := answerer(turn)) is not None:
                return self._then(turn, events)
        if turn.reading.has("chat") and not turn.form:
            turn.say("utter_out_of_scope")
            return self._then(turn, [])
        return self._then(turn, not_understood(turn))

    @staticmethod
    def _then(turn: Turn, events: list[Event]) -> list[Event]:
        if turn.form or any(event.get("event") == "followup" for event in events):
            return events
        if turn.reading.has(*_FAULTS) and turn.slot("goal") == "diagnose" and not turn.diagnosis_open:
            with turn.orders() as session:  # a fault was reported beside the question: it is looked at now
                known = turn.verified_order(session) is not None
            return [*events, FollowupAction("diagnosis_form" if known else "order_form")]
        return [*events, FollowupAction("action_listen")]

    @staticmethod
    def _short_question(turn: Turn) -> list[Event] | None:
        """ "How long?", "and the S21?", "with the company's name": about what was answered last."""
        if turn.called_by_action:
            return None
        goes_on = follow_up(turn)
        return None if goes_on is None else [FollowupAction(goes_on)]

    @staticmethod
    def _feature_fails(turn: Turn) -> list[Event] | None:
        """ "My hotspot doesn't work" is a fault with steps of its own."""
        intent, confidence = turn.likeliest
        if intent not in _FEATURES or confidence < _SURE or turn.called_by_action or not is_fault(turn.text):
            return None
        return [FollowupAction(_FEATURES[intent])]

    @staticmethod
    def _pointed_at(turn: Turn) -> list[Event] | None:
        """About one of the plans shown, named by its place or name; "more data" alone names none."""
        intent, confidence = turn.likeliest
        if intent == "ask_topup" and confidence >= _SURER and not turn.reading.has("refer", "choose"):
            return None
        return _about_plan(turn, plan_pointed_at(turn, by_focus=False))

    @staticmethod
    def _in_focus(turn: Turn) -> list[Event] | None:
        """About the plan that was talked about before."""
        return _about_plan(turn, plan_pointed_at(turn, by_focus=True))

    @staticmethod
    def _other_of_two(turn: Turn) -> list[Event] | None:
        """ "And the other one?": the last question again, about the other order proven here."""
        return knowledge.compare_orders(turn)

    @staticmethod
    def _order(turn: Turn) -> list[Event] | None:
        """Data of the verified order, or its refund decision."""
        intent, confidence = turn.likeliest
        with turn.orders() as session:
            if turn.verified_order(session) is None:
                return None
        if intent == "check_refund_status" and turn.form == "refund_form" and confidence >= _SURE:
            return [FollowupAction("action_refund_status")]
        if intent == "ask_refund_policy" and confidence >= _SURER and _TERMS.search(turn.text):
            return [FollowupAction("action_refund_policy")]
        told = (turn.reading.situation, turn.reading.asked)
        if told in _OF_A_REQUEST and (intent in _DECIDED or intent == "check_refund_status"):
            return [FollowupAction("action_refund_status")]
        if turn.reading.situation == "finding" and intent == "check_order_status":
            return None  # "what happens with this order now?" is about the way out
        if intent in _DECIDED and not turn.form and confidence >= _SURE:
            return [SlotSet("goal", _DECIDED[intent]), FollowupAction("refund_form")]
        if intent in _ABROAD and turn.entities("destination"):
            return [FollowupAction("action_coverage")]
        action = _OF_THE_ORDER.get(intent)
        best = knowledge.best(turn, knowledge.SURE)
        if action is None or confidence < (_SURER if best is not None else _SURE):
            return None
        if best is not None and intent not in best.intents:
            return None  # the article answers something else than the data of the order
        return [FollowupAction(action)]

    @staticmethod
    def _calculated(turn: Turn) -> list[Event] | None:
        """What is computed from catalogue and clock, when that is surely asked; what an article says goes before it."""
        intent, confidence = turn.likeliest
        if (
            intent == "ask_coverage"
            and confidence >= _SURE
            and turn.entity("destination")
            and not turn.entity("location")
        ):
            return [FollowupAction("action_coverage")]  # of a country as such; articles know places
        action = _COMPUTED.get(intent) if intent in _CALCULATED else None
        needed = _SURE if turn.entity("device") else _SURER  # whether the phone named can use a plan comes first
        if action is None or confidence < needed:
            return None
        if intent == "ask_device_compatibility":
            return [FollowupAction(action)] if turn.entity("device") else None
        if intent == "ask_support_hours":
            return [FollowupAction(action)]  # by the clock, or the place in the line
        found = knowledge.best(turn)
        if found is not None and _SENDS_TO.get(found.id) == action:
            return [FollowupAction(action)]
        told = knowledge.answer(turn, knowledge.LIKELY) or []
        return [*told, *([] if told and intent in _SAID_BY_ARTICLES else [FollowupAction(action)])]

    @staticmethod
    def _article(turn: Turn) -> list[Event] | None:
        """What the articles say about exactly this; not what merely resembles a question of a known subject."""
        found = knowledge.best(turn)
        if found is None:
            return None
        if found.id in _SENDS_TO:
            return [FollowupAction(_SENDS_TO[found.id])]
        if turn.likeliest[0] in _COMPUTED and not knowledge.fits(turn, found, _IN_GENERAL):
            return None
        return _with_offer(turn, knowledge.answer(turn))

    @staticmethod
    def _likely_article(turn: Turn) -> list[Event] | None:
        """Better than no answer: the article that comes nearest, when it is not far off."""
        return _with_offer(turn, knowledge.answer(turn, knowledge.BEFORE_A_MATTER))

    @staticmethod
    def _computed(turn: Turn) -> list[Event] | None:
        intent, confidence = turn.likeliest
        action = _COMPUTED.get(intent)
        if action is None or confidence < _SURE:
            return None
        return [FollowupAction(action)]

    @staticmethod
    def _ways_out(turn: Turn) -> list[Event] | None:
        """ "What now?" after a finding, a refusal or an order that was not found: what can still be done."""
        reading = turn.reading
        if turn.form == "order_form":
            if turn.was_told("utter_order_help"):
                return without_order(turn)
            turn.say("utter_order_help")
            return []
        told = (reading.situation, reading.asked)
        if told in _OF_A_REQUEST and turn.slot("order_verified"):
            return [FollowupAction("action_refund_status")]
        state = turn.diagnosis
        about_phone = state is not None and (state.current in _OF_THE_PHONE or bool(_OF_THE_PHONE & set(state.done)))
        if reading.situation != "finding" and told != ("told", "refund_decision") and not about_phone:
            return None
        offers = ["person"] if reading.situation == "told" else ["refund", "exchange", "person"]
        turn.say("utter_ways_out", [turn.choice_of_offer(offer) for offer in offers])
        return [SlotSet("offer", "human_handoff")]


def _with_offer(turn: Turn, events: list[Event] | None) -> list[Event] | None:
    """The order that an answer in general asks for, once given, is answered about."""
    intent, confidence = turn.likeliest
    if events and intent == "ask_device_compatibility" and confidence >= _SURE and not turn.form:
        return [*events, SlotSet("offer", intent)]  # the phone, once named, is looked up
    action = _OF_THE_ORDER.get(intent)
    if not events or action is None or confidence < _SURE or turn.form or turn.slot("order_verified"):
        return events
    return [*events, *order_wanted_for(action)]


def _about_plan(turn: Turn, plan: str | None) -> list[Event] | None:
    if plan is None or not answer_about_plan(turn, plan):
        return None
    return [SlotSet("focus", {**(turn.slot("focus") or {}), "plan": plan, "shown": plans_shown(turn)})]
