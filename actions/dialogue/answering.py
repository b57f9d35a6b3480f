"""Answers a question in whatever state the conversation is: what was told, what was shown, this order, knowledge."""

from __future__ import annotations

from collections.abc import Callable

from rasa_sdk.events import ActiveLoop, FollowupAction, SlotSet

from actions import eid, marketplaces, phones
from actions.base import AftercareAction
from actions.clarify import not_understood
from actions.diagnosis import lock, named_phone
from actions.dialogue import (
    about_case,
    about_plan,
    about_refund,
    code_unused,
    double_charge,
    emergency,
    explaining,
    full_speed,
    hotline,
    knowledge,
    last_seen,
    network_by_hand,
    of_shown,
    passed_on,
)
from actions.dialogue.exchange_price import price_of_exchange
from actions.dialogue.of_articles import article, both_parts, languages, likely_article, not_of_ours
from actions.dialogue.of_catalogue import calculated, computed
from actions.dialogue.of_order import (
    deleted,
    due_where,
    feature_fails,
    of_decision,
    order,
    other_of_two,
    own_code,
    use_after_request,
)
from actions.dialogue.of_situation import (
    by_phone,
    cost_of_replacement,
    fault,
    locked_elsewhere,
    place_in_line,
    short_question,
    time_of_reissue,
    time_of_replacement,
    time_of_step,
    ways_out,
    what_now,
)
from actions.dialogue.shown import OF_EXCHANGE, in_focus, pointed_at
from actions.dialogue.subjects import NAMED_FAULTS, OF_PLANS, OF_THE_ORDER, SUREST
from actions.plans import amount_fit, days_fit, incidents, own_plan, stop
from actions.refunds.about_request import after_withdrawal, request_origin
from actions.turn import Event, Turn
from actions.verification import WITH_ORDER, order_brought_for, order_wanted_for
from aftercare.understanding.negation import drops_request, drops_swap
from aftercare.understanding.second_intent import parts
from aftercare.understanding.yes_no import begins_with_yes

_PHONE_CANNOT = "utter_device_no"
# What waits for a yes, and the words that want none of it.
_DROPPED_BY = {"refund_confirm": drops_request, **dict.fromkeys(OF_EXCHANGE, drops_swap)}


# What is wanted of a case at hand goes before all else; where the message proves an order, after that.
_OF_CASES: tuple[Callable[[Turn], list[Event] | None], ...] = (
    hotline.answer,
    about_case.answer,
    double_charge.answer,
    request_origin,
    after_withdrawal,
)


class ActionAnswerQuestion(AftercareAction):
    """The first of the answerers that knows something; a form that waits asks again afterwards, in other words."""

    action_name = "action_answer_question"

    def handle(self, turn: Turn) -> list[Event]:
        """Answer, then wait, unless a form or a further action goes on."""
        for first in (passed_on.answer, *(() if _brings_proof(turn) else _OF_CASES)):
            if (events := first(turn)) is not None:
                return self._then(turn, events)
        if checked := order_brought_for(turn, self.action_name):
            return checked
        if turn.ran("action_order_status") and turn.names_order and _only_proves(turn):
            asked = turn.asked_before()  # this message only proved the order that the question came with
            if asked is not None:
                return self._of_proven(asked, cannot_known=turn.was_sent(_PHONE_CANNOT))
        dropped = _DROPPED_BY.get(turn.reading.situation)
        if dropped and turn.form == "refund_form" and dropped(turn.text) and not begins_with_yes(turn.text):
            return self._dropped(turn)
        of_ours = not not_of_ours(turn)
        answerers: tuple[Callable[[Turn], list[Event] | None], ...] = (
            emergency.answer_number,
            full_speed.answer,
            network_by_hand.answer,
            named_phone.answer,
            lock.answer,
            about_refund.of_own_order,
            due_where,
            eid.answer,
            incidents.answer,
            stop.answer,
            last_seen.answer,
            days_fit.answer,
            amount_fit.answer,
            code_unused.answer,
            phones.answer,
            of_shown.answer,
            own_plan.answer,
            locked_elsewhere,
            marketplaces.answer,
            cost_of_replacement,
            time_of_reissue,
            about_plan.of_countries,
            about_refund.answer,
            about_plan.answer,
            price_of_exchange,
            explaining.answer,
            use_after_request,
            own_code,
            deleted,
            time_of_replacement,
            time_of_step,
            place_in_line,
            what_now,
            by_phone,
            short_question,
            feature_fails,
            pointed_at,
            other_of_two,
            both_parts,
            order,
            in_focus,
            calculated,
            of_decision,
            *([article] if of_ours else []),
            languages,
            computed,
            ways_out,
            *([likely_article] if of_ours else []),
            fault,
        )
        for answerer in answerers:
            if (events := answerer(turn)) is not None:
                return self._then(turn, events)
        if not turn.form and (turn.reading.has("chat") or not of_ours):
            turn.say("utter_out_of_scope")
            return self._then(turn, [])
        if turn.reading.has(*NAMED_FAULTS) and turn.slot("goal") == "diagnose" and turn.is_first and not turn.form:
            with turn.orders() as session:  # the fault is told, whatever is asked beside it
                known = turn.verified_order(session) is not None
            return [FollowupAction("diagnosis_form" if known else "order_form")]
        return self._then(turn, not_understood(turn))

    @staticmethod
    def _dropped(turn: Turn) -> list[Event]:
        """What was offered is not wanted, and something else is asked beside it."""
        turn.say("utter_refund_not_now")
        ended = [SlotSet(name, None) for name in ("goal", "refund_draft", "refund_confirmed", "requested_slot")]
        action = OF_THE_ORDER.get(turn.likeliest[0])
        answered = None if action else eid.shown(turn) or knowledge.answer(turn, knowledge.BEFORE_A_MATTER)
        return [*ended, ActiveLoop(None), *(answered or ()), FollowupAction(action or "action_listen")]

    def _of_proven(self, turn: Turn, *, cannot_known: bool) -> list[Event]:
        """The answer to a question asked before its order was proven; of a phone that cannot, with the ways out.

        `cannot_known` is whether it was said already that the phone cannot: the ways out alone are new then.
        """
        events = self.handle(turn)
        phone = turn.phone
        if phone is None or phone.esim != "no":
            return events
        of_phone = any(event.get("name") == "action_device_compatibility" for event in events)
        if turn.entity("device") or of_phone:
            if not turn.dispatcher.messages and not cannot_known:
                turn.say(
                    _PHONE_CANNOT,
                    device=phone.name(turn.language),
                    note=turn.words.pick(phone.note_en or "", phone.note_zh or ""),
                )
            turn.say("utter_ways_out", [turn.choice_of_offer(offer) for offer in ("refund", "person")])
            return [SlotSet("offer", "request_refund"), FollowupAction("action_listen")]
        return events

    def _then(self, turn: Turn, events: list[Event]) -> list[Event]:
        if turn.form or any(event.get("event") == "followup" for event in events):
            return events
        reported = turn.reading.has(*NAMED_FAULTS) and any(parts(turn.text))  # "is it slowed down?" reports no fault
        reported = reported and turn.likeliest[0] not in OF_PLANS  # "two hours of films a day, is 60 GB enough?"
        if reported and turn.slot("goal") == "diagnose" and not turn.diagnosis_open:
            with turn.orders() as session:  # a fault was reported beside the question: it is looked at now
                known = turn.verified_order(session) is not None
            return [*events, FollowupAction("diagnosis_form" if known else "order_form")]
        return [*events, *self._kept_for_order(turn, events), FollowupAction("action_listen")]

    @staticmethod
    def _kept_for_order(turn: Turn, events: list[Event]) -> list[Event]:
        """What was asked is answered once more from the order, when the order is given next."""
        intent, confidence = turn.likeliest
        action = OF_THE_ORDER.get(intent)
        offered = [event.get("value") for event in events if event.get("name") == "offer"]
        offers = any(value not in (None, "human_handoff", f"{WITH_ORDER}{action}") for value in offered)
        if action is None or confidence < SUREST or offers or turn.slot("order_verified"):
            return []
        if intent == "check_refund_status":
            turn.say("utter_refund_looked_up")
        return order_wanted_for(action)


def _brings_proof(turn: Turn) -> bool:
    """Whether a message brings number and e-mail of an order that is not proven yet."""
    return not turn.slot("order_verified") and bool(turn.entity("order_number") and turn.entity("email"))


def _only_proves(turn: Turn) -> bool:
    """Whether a message brings an order and tells or asks nothing besides."""
    intent, confidence = turn.likeliest
    tells = intent not in ("inform", "affirm", "check_order_status") and confidence >= SUREST
    return not tells and not turn.reading.has("ask") and knowledge.best(turn, knowledge.SURE) is None
