"""Questions answered from the proven order, its request and its decision."""

from __future__ import annotations

import math

from rasa_sdk.events import FollowupAction, SlotSet

from actions.dialogue import knowledge
from actions.dialogue.orders_compared import compare_orders
from actions.dialogue.shown import OPEN_OFFERS
from actions.dialogue.subjects import CHOOSING, COMPUTED, OF_A_REQUEST, OF_PLANS, OF_THE_ORDER, SURE, SURER, SUREST
from actions.how_to import begin_diagnosis
from actions.refunds.about_request import OF_REQUESTS, about_request, request_open, whether_usable
from actions.refunds.reasons import give_reasons
from actions.turn import Event, Turn
from aftercare.understanding.feature_faults import (
    asks_if_requested,
    asks_new_code,
    has_deleted,
    is_fault,
    is_without_data,
)
from aftercare.understanding.follow_ups import asks_faster, asks_if_usable
from aftercare.understanding.order_questions import (
    asks_data_left,
    asks_to_install,
    asks_which_clock,
    day_asked,
    names_home_line,
    offers_code,
)
from aftercare.understanding.plan_requirements import data_wanted, plan_attribute
from aftercare.understanding.refund_requests import asks_for_terms

# Questions for these are as good as the wish for them.
_WISHES = {
    "resend_qr": "action_resend_qr",
    "ask_invoice": "action_invoice",
    "recover_usage_records": "action_usage_records",
}
# "Can I have my money back?" asked of the verified order is decided, not explained.
_DECIDED = {"request_refund": "refund", "ask_refund_policy": "refund", "request_exchange": "exchange"}
# What waits for a yes or a no is a decision with its figures.
_TO_CONFIRM = ("refund_confirm", "exchange_confirm")
# While an offer waits, neither the shop's list nor the order's card answers a question about it.
_OF_THE_SHOP = ("ask_price_plans", "check_order_status", "ask_crossborder_pack", "ask_local_plan")
# Countries asked about are first looked for in the plan one has.
_OF_COUNTRIES = ("choose-a-plan.nz-only", "several-countries.")
_ABROAD = ("ask_coverage", "ask_crossborder_pack", "ask_price_plans")
# Questions about the phone that the record of the order answers.
_OF_STATUS = ("before-you-leave.is-it-installed",)
# By what is asked of a plan: the action that tells it of the order at hand.
_TELLS = {"days": "action_data_usage", "data": "action_data_usage"}
_FEATURES = {"ask_hotspot": "action_hotspot", "ask_calls_sms": "action_calls_sms"}
# How calls are put through, which a fault of calls resembles; told of the line at home, no order has a part in it.
_HOW_CALLS_WORK = "volte."
_CODE_TO_US, _CODE_WHEN = "qr-code-safety.send-qr-in-chat-to-support", "finding-your-order.delivery-time"
_USE_MEANWHILE, _FAINT = "refund-decision.refund-while-in-use", 0.05


def own_code(turn: Turn) -> list[Event] | None:
    """The code of the order, or when it comes: wanted in words that resemble the question whether to send it to us."""
    unit = (turn.reading.units or (("", 0.0),))[0][0]
    wanted = turn.confidence_in("resend_qr") >= SURE and unit == _CODE_TO_US and not offers_code(turn.text)
    if turn.form or turn.called_by_action or not turn.slot("order_verified") or not (wanted or unit == _CODE_WHEN):
        return None
    return [FollowupAction("action_resend_qr")]


def due_where(turn: Turn) -> list[Event] | None:
    """By which clock the code comes that was promised: in minutes, which are the same everywhere."""
    if turn.form or turn.called_by_action or not asks_which_clock(turn.text):
        return None
    if not any(map(turn.was_sent, ("utter_qr_not_delivered", "utter_qr_still_due"))):
        return None
    with turn.orders() as session:
        facts = turn.verified_facts(session)
    if facts is None or facts.delivered or facts.delivery_due_at <= turn.now:
        return None
    minutes = math.ceil((facts.delivery_due_at - turn.now).total_seconds() / 60)
    due = turn.words.time(facts.delivery_due_at)
    turn.say_text(turn.words.phrase("qr_due_in_minutes", due=due, minutes=minutes), "qr_due_in_minutes")
    return []


def deleted(turn: Turn) -> list[Event] | None:
    """The eSIM that was deleted, by the order too: a new one is asked for, which no article does."""
    if turn.form or not any(asks(turn.text) for asks in (has_deleted, asks_new_code, asks_if_requested)):
        return None
    with turn.orders() as session:
        facts = turn.verified_facts(session)
    if facts is None or facts.profile_state != "deleted" or turn.was_sent("finding.deleted"):
        return None
    return begin_diagnosis(turn, "activation")


def order(turn: Turn) -> list[Event] | None:
    """Data of the verified order, or its refund decision."""
    intent, confidence = turn.likeliest
    with turn.orders() as session:
        if turn.verified_order(session) is None:
            return None
    of_use = intent in ("check_data_usage", "recover_usage_records") and confidence >= SURE
    if of_use and day_asked(turn.text) is not None:
        return [FollowupAction("action_data_usage")]
    if intent == "check_refund_status" and turn.form == "refund_form" and confidence >= SURE:
        return [FollowupAction("action_refund_status")]
    if intent == "ask_refund_policy" and confidence >= SURER and asks_for_terms(turn.text):
        return [FollowupAction("action_refund_policy")]
    where = (turn.reading.situation, turn.reading.asked)
    of_request = intent in (*_DECIDED, "check_refund_status", "payment_issue") or asks_faster(turn.text)
    if where in OF_A_REQUEST and of_request:
        return about_request(turn)
    nothing_else = turn.reading.has("ask") and knowledge.best(turn, knowledge.BEFORE_A_FAULT) is None
    if where in OF_A_REQUEST and not turn.form and asks_to_install(turn.text):
        return [FollowupAction("action_how_to_install")]  # "then how do I install it now"
    if where in OF_A_REQUEST and nothing_else and not turn.form:
        return about_request(turn)  # "so nothing is being refunded now?"
    if turn.reading.situation == "finding" and intent == "check_order_status":
        return None  # "what happens with this order now?" is about the way out
    if intent in _DECIDED and not turn.form and confidence >= SURE:
        if intent == "ask_refund_policy" and request_open(turn):
            return about_request(turn)  # of the money that is on its way
        return [SlotSet("goal", _DECIDED[intent]), FollowupAction("refund_form")]
    abroad = intent in _ABROAD or any(name.startswith(_OF_COUNTRIES) for name, _ in turn.reading.units[:1])
    if abroad and turn.entities("destination") and not turn.places.denied:
        wants_pack = (turn.reading.situation, turn.reading.asked) == ("told", "coverage")
        sized = bool(turn.entity("amount_of_time")) or data_wanted(turn.text) > 0
        if (wants_pack or sized) and intent in OF_PLANS and confidence >= SURE:
            return [FollowupAction(COMPUTED[intent])]  # whether it works there was told, or a plan is to be found
        return [FollowupAction("action_coverage")]
    found = knowledge.best(turn, knowledge.ASKED)
    if found is not None and found.id in _OF_STATUS and not turn.form:
        return [FollowupAction("action_order_status")]
    general = found is not None and found.id.startswith(CHOOSING) and confidence < SUREST and not turn.form
    if general and turn.reading.situation != "plan_list" and (tells := _TELLS.get(plan_attribute(turn.text) or "")):
        return [FollowupAction(tells)]  # "how many days does she get?": of this order
    if intent in _FEATURES and knowledge.particular(turn):
        return None  # articles know the order's features, and more about them
    no_usage = intent == "check_data_usage" and is_without_data(turn.text) and not asks_data_left(turn.text)
    action = None if beside_an_offer(turn) or no_usage else OF_THE_ORDER.get(intent)
    wished = turn.reading.has("ask_how", f"start:{intent}")
    if intent in _WISHES and confidence >= SUREST and not turn.form and wished:
        return [FollowupAction(_WISHES[intent])]
    best = knowledge.best(turn, knowledge.SURE)
    rather = knowledge.best(turn)
    of_another = best is not None or (rather is not None and intent not in rather.intents)
    needed = (SUREST if turn.form == "diagnosis_form" else SURER) if of_another else SURE
    if action is None or confidence < needed:
        return None
    if best is not None and turn.reading.situation == "told" and action == turn.last_order_answer():
        return None  # just told: the article says something new
    if best is not None and intent not in best.intents:
        return None  # the article answers something else than the data of the order
    return [FollowupAction(action)]


def of_decision(turn: Turn) -> list[Event] | None:
    """Before a request is confirmed: its figures, when no article surely answers something else."""
    if turn.reading.situation not in _TO_CONFIRM or not turn.form or turn.called_by_action:
        return None
    found, (intent, confidence) = knowledge.best(turn), turn.likeliest
    of_money = found is not None and found.id.startswith(OF_REQUESTS)
    surely = knowledge.best(turn, knowledge.BEFORE_A_FAULT) is not None
    computed = intent in COMPUTED and intent not in _DECIDED and confidence >= SURER
    computed = computed and not beside_an_offer(turn)
    return None if of_money or surely or computed else give_reasons(turn)


def use_after_request(turn: Turn) -> list[Event] | None:
    """Whether the eSIM may be used on, asked about a refund that is requested or about to be."""
    reading = turn.reading
    where = (reading.situation, reading.asked)
    asked_of_it = reading.situation == "refund_confirm" or where == ("done", "refund")
    if not asked_of_it and not turn.called_by_action and asks_if_usable(turn.text) and not turn.entity("destination"):
        if where in OF_A_REQUEST:
            return about_request(turn) if turn.slot("order_verified") else None
        return whether_usable(turn) if reading.situation == "withdraw_confirm" else None
    if not asked_of_it or reading.chance("ask") < SURER or turn.called_by_action:
        return None
    best, chance = (reading.units or (("", 0.0),))[0][1], dict(reading.units).get(_USE_MEANWHILE, 0.0)
    if chance < max(_FAINT, best / 8) or best >= knowledge.SURE > chance:
        return None
    return [] if knowledge.tell(turn, _USE_MEANWHILE) else None


def other_of_two(turn: Turn) -> list[Event] | None:
    """ "And the other one?": the last question again, about the other order proven here."""
    return compare_orders(turn)


def feature_fails(turn: Turn) -> list[Event] | None:
    """ "My hotspot doesn't work" is a fault with steps of its own."""
    intent, confidence = turn.likeliest
    if intent not in _FEATURES or confidence < SURE or turn.called_by_action or not is_fault(turn.text):
        return None
    found = knowledge.best(turn, knowledge.SURE)
    of_workings = found is not None and found.id.startswith(_HOW_CALLS_WORK) and confidence >= SUREST
    if found is not None and intent not in found.intents and (not of_workings or names_home_line(turn.text)):
        return None  # an article answers something else: "can I call 111 without credit?"
    own = found is not None and intent in found.intents
    general_first = own and not turn.form and not turn.slot("order_verified")  # the order is asked for after the answer
    events = (knowledge.answer(turn, knowledge.SURE) or []) if general_first else []
    return [*events, FollowupAction(_FEATURES[intent])]


def beside_an_offer(turn: Turn) -> bool:
    """Whether a word of the shop or the order is part of a question about the offer that waits for an answer."""
    waits = turn.reading.situation in OPEN_OFFERS and turn.form == "refund_form"
    return waits and turn.likeliest[0] in _OF_THE_SHOP and not turn.entity("destination")
