"""A question about this order's money back or swap, in whatever state: told from the record, and nothing is begun."""

from __future__ import annotations

from rasa_sdk.events import ActiveLoop, FollowupAction, SlotSet
from sqlalchemy.orm import Session

from actions.dialogue import knowledge
from actions.dialogue.shown import OF_EXCHANGE
from actions.history import meaning_of
from actions.orders.about import ticket_for
from actions.refunds import of_order
from actions.refunds.about_request import about_request, whether_usable
from actions.refunds.argued import argued
from actions.refunds.asked import names_topic, topic_of
from actions.refunds.exchange_choices import option_of
from actions.refunds.exchange_payment import asked_to_pay, confirm_payment, tell_when
from actions.refunds.reasons import give_reasons
from actions.refunds.status import latest_request_of
from actions.refunds.view import view_of
from actions.refunds.wording import alternatives, price_difference
from actions.turn import Event, Turn
from aftercare.orders import ownership
from aftercare.orders.payments import first_of_duplicate, returned_duplicate
from aftercare.orders.tables import OPEN_REQUEST_STATES, RefundRequest
from aftercare.understanding.case_questions import asks_if_late
from aftercare.understanding.follow_ups import asks_how_long, asks_if_scannable, asks_if_usable, asks_what_now
from aftercare.understanding.goals import GOAL_OF
from aftercare.understanding.negation import refuses_refund
from aftercare.understanding.order_references import asks_which_order
from aftercare.understanding.plan_requirements import plan_attribute
from aftercare.understanding.refund_requests import asks_for_refund, asks_for_terms, names_bought
from aftercare.understanding.refund_topics import (
    Topic,
    asks_what_is_paid,
    asks_what_stays,
    asks_when_new_code,
    asks_when_paid,
    asks_which_charge,
    names_money_back,
    names_old_code,
    names_place_of_money,
    wants_back,
)

_OF_REFUNDS = "utter_refund_"
_OF_A_REFUND = ("request_refund", "ask_refund_policy")
_LIKELY, _CLEARLY = 0.45, 0.6
_ABOUT_REQUEST = {("told", "refund_decision"), ("told", "refund_status"), ("done", "refund"), ("done", "exchange")}
_CARD_GONE = ("refund-money.card-replaced", "refund-money.account-closed")
_OTHER_CARDS = ("refund-money.other-card", *_CARD_GONE)
# From this probability on the second question says that the card is gone: "to which card? that one is cancelled".
_BESIDE = 0.25
# A question of a request that is made has at most so many characters.
_OF_REQUEST_LONGEST = 110
_WITHDRAW = "refund-requests.withdraw"
_WHICH_CODE = "refund-decision.which-code-after-double"


_OF_DATA = "ask_topup"


def of_own_order(turn: Turn) -> list[Event] | None:
    """Money back wanted for the own order while plans or countries were talked about: its decision, not the plan."""
    intent, confidence = turn.likeliest
    reading = turn.reading
    beside = turn.entity("second_intent") == "request_refund"
    of_plans = reading.situation == "plan_list" and intent in _OF_A_REFUND and confidence >= _CLEARLY
    of_plans = of_plans and (names_bought(turn.text) or not reading.has("refer")) and not asks_for_terms(turn.text)
    of_plans = of_plans and names_money_back(turn.text) and not refuses_refund(turn.text)
    wants = (beside or (intent == "request_refund" and confidence >= _CLEARLY)) and not reading.has("ask")
    wants = wants and asks_for_refund(turn.text)
    if turn.form or turn.called_by_action or turn.names_order:
        return None
    where = (reading.situation, reading.asked)
    if not (of_plans or wants) or where in _ABOUT_REQUEST or reading.situation == "choices":
        return None
    with turn.orders() as session:
        if turn.verified_order(session) is None:
            return None
    return [SlotSet("goal", "refund"), FollowupAction("refund_form")]


def answer(turn: Turn) -> list[Event] | None:
    """Tell what is asked of a refund or a swap of the proven order; None when something else is asked."""
    reading = turn.reading
    if turn.called_by_action or turn.form == "order_form" or refuses_refund(turn.text):
        return None
    wished, confidence = turn.likeliest
    if wished == _OF_DATA and confidence >= _CLEARLY:
        return None  # more data is wanted, whatever was decided
    where = (reading.situation, reading.asked)
    if reading.situation in OF_EXCHANGE:
        if asks_when_new_code(turn.text) and not names_old_code(turn.text):
            with turn.orders() as session:
                number = turn.verified_order(session)
                tell_when(turn, option_of(turn, session, number, turn.refund_draft.plan) if number else None)
            return []
        return _answered(turn, "code") if topic_of(turn, of_request=True) == "code" else None
    with turn.orders() as session:
        number = turn.verified_order(session)
        if number is None:
            return None
        known = ownership.verified_orders(session, turn.conversation_id, turn.now)
    if len(known) > 1 and turn.likeliest[0] in _OF_A_REFUND and asks_which_order(turn.text):
        of_order.tell_each(turn, list(reversed(known)))
        return []
    with turn.orders() as session:
        request = latest_request_of(turn, session, number)
        running = request is not None and request.state in OPEN_REQUEST_STATES
        withdrawn = request is not None and request.state == "withdrawn"
        twice = request is not None and _of_two_charges(session, str(request.purchase.number), number)
        if request is not None and running and request.kind == "exchange":
            found = _of_exchange(turn, str(request.purchase.number), request) if where in _ABOUT_REQUEST else None
            return found
    usable = asks_if_usable(turn.text, _OF_REQUEST_LONGEST)
    usable = usable or (withdrawn and asks_if_scannable(turn.text))
    if request is not None and where != ("done", "refund") and not turn.form and usable:
        return whether_usable(turn)
    if running and twice and not turn.form and where in _ABOUT_REQUEST and asks_what_stays(turn.text):
        return [] if knowledge.tell(turn, _WHICH_CODE) else None
    if running and where in _ABOUT_REQUEST and (card := _card_gone(turn)) is not None:
        return [] if knowledge.tell(turn, card) else None
    if running and not turn.form and asks_if_late(turn.text):
        return [FollowupAction("action_refund_status")]
    if turn.form == "diagnosis_form":
        return _beside_a_step(turn)
    if where == ("told", "refund_decision") and not turn.form:
        if asks_what_now(turn.text):
            return _ways_out(turn)
        if (begun := _fault_held_against(turn)) is not None:
            return begun
        if (answered := argued(turn)) is not None:
            return answered
    if running and where in _ABOUT_REQUEST and not turn.form and topic_of(turn, of_request=True) == "until":
        return [] if knowledge.tell(turn, _WITHDRAW) else None
    asks_when = asks_when_paid(turn.text) or (where in _ABOUT_REQUEST and asks_how_long(turn.text))
    if running and not turn.form and asks_when:
        return [FollowupAction("action_refund_status")]
    if reading.situation == "withdraw_confirm" and turn.form and _of_nothing_else(turn):
        return give_reasons(turn)
    if reading.situation == "withdraw_confirm" and topic_of(turn, of_request=True) == "code":
        return whether_usable(turn)
    if not turn.form and not running and _asks_price_of_swap(turn):
        return [SlotSet("goal", "exchange"), FollowupAction("refund_form")]
    answers_usable = where in _ABOUT_REQUEST and asks_if_usable(turn.text)  # what stands of the request answers that
    if running and not turn.form and not answers_usable and topic_of(turn, of_request=True) == "code":
        turn.say("utter_refund_code_running", [turn.choice_of_intent("withdraw_request")], number=number)
        return [SlotSet("offer", "withdraw_request")]
    if reading.situation == "refund_confirm" and turn.refund_draft.duplicate and asks_which_charge(turn.text):
        return _answered(turn, "code")
    of_request = reading.situation == "refund_confirm" or where in _ABOUT_REQUEST or (running and names_topic(turn))
    topic = topic_of(turn, of_request=of_request)
    if topic is None or reading.situation == "withdraw_confirm":
        return None
    if reading.situation == "refund_confirm":
        if topic == "payout" and asks_how_long(turn.text) and not _where(turn):
            return None  # the day alone
        why = topic == "fee" and reading.has("ask_why")  # "why not all of it?"
        return give_reasons(turn) if topic == "amount" or why else _answered(turn, topic)
    if topic == "amount" or (running and topic not in ("payout", "fee")) or (topic == "code" and not running):
        return None
    if running and not _where(turn):
        return None  # when it comes is told by the state of the request
    if topic == "payout" and running and (turn.reading.units or (("", 0.0),))[0][0] in _OTHER_CARDS:
        return about_request(turn)
    events = _answered(turn, topic)
    return events if events is None or running else [*events, SlotSet("offer", "request_refund")]


def _of_two_charges(session: Session, requested: str, number: str) -> bool:
    """Whether the order that a request is for is one of a double charge."""
    return bool(first_of_duplicate(session, requested) or returned_duplicate(session, number))


def _fault_held_against(turn: Turn) -> list[Event] | None:
    """The fault that a refusal is argued with, looked at once it was said that a fault has rules of its own."""
    faults = [str(turn.entity("second_intent") or ""), *([turn.likeliest[0]] if turn.likeliest[1] >= _CLEARLY else [])]
    fault = next((name for name in faults if name.startswith("report_")), None)
    if fault is None or not turn.was_sent("utter_refund_argued_fault"):
        return None
    goal, symptom = GOAL_OF[fault]
    return [SlotSet("goal", goal), SlotSet("symptom", symptom), FollowupAction("diagnosis_form")]


def _card_gone(turn: Turn) -> str | None:
    """The article about a card or account that is no more, where that is told beside a question; None otherwise."""
    ranked = turn.reading.units[:2]
    return next((name for name, chance in ranked if name in _CARD_GONE and chance >= _BESIDE), None)


def _of_nothing_else(turn: Turn) -> bool:
    """Whether a question beside the withdrawal is about that: "is it stopped now for sure?" names no other subject."""
    unsure = not turn.reading.units or turn.reading.units[0][1] < knowledge.OTHER
    of_plan = topic_of(turn, of_request=True) is not None or asks_if_usable(turn.text) or turn.entities("destination")
    return turn.reading.has("ask") and unsure and not of_plan and plan_attribute(turn.text) is None


def _asks_price_of_swap(turn: Turn) -> bool:
    """Whether it is asked what a swap of the order costs: the plans with their differences tell it."""
    unit, chance = (turn.reading.units or (("", 0.0),))[0]
    wished = turn.confidence_in("request_exchange") >= _LIKELY - 0.1
    of_swap = unit in ("exchange.pay-difference", "exchange.which-plans") and chance >= _LIKELY
    return (wished or of_swap) and plan_attribute(turn.text) == "price"


def _ways_out(turn: Turn) -> list[Event]:
    """What is still possible after a refusal."""
    with turn.orders() as session:
        number = turn.verified_order(session)
        view = view_of(turn, session, number) if number else None
    turn.say("utter_refund_options", alternatives(turn, view.decision) if view else [turn.choice_of_offer("person")])
    return [SlotSet("offer", "human_handoff")]


def _answered(turn: Turn, topic: Topic) -> list[Event] | None:
    return [] if of_order.tell(turn, topic) else None


def _where(turn: Turn) -> bool:
    """Whether the place the money goes to is asked, rather than only the time."""
    unit, chance = (turn.reading.units or (("", 0.0),))[0]
    by_article = chance >= _LIKELY and unit in ("refund-money.which-card", "refund-money.wallet-refund")
    return by_article or topic_of(turn, of_request=True) == "fee" or names_place_of_money(turn.text)


def _beside_a_step(turn: Turn) -> list[Event] | None:
    """Money back asked for while a step waits: the figures of this order, then the step again; a clear wish begins."""
    intent, confidence = turn.likeliest
    wished = intent == "request_refund" and confidence >= _CLEARLY and not turn.reading.has("ask")
    if wished:
        left = [ActiveLoop(None), SlotSet("requested_slot", None), SlotSet("goal", "refund")]
        return [*left, FollowupAction("refund_form")]
    of_request = (intent in _OF_A_REFUND and confidence >= _LIKELY) or _spoke_of_it(turn)
    topic = topic_of(turn, of_request=of_request)
    if topic == "code" or (topic is None and not (intent in _OF_A_REFUND and confidence >= _CLEARLY)):
        return None
    return _answered(turn, topic or "amount")


def _spoke_of_it(turn: Turn) -> bool:
    """Whether the answer before this message was about the money back."""
    messages = 0
    for event in reversed(turn.tracker.events):
        messages += event.get("event") == "user"
        if messages > 1:
            return False
        if event.get("event") == "bot" and meaning_of(event).startswith(_OF_REFUNDS):
            return True
    return False


def _of_exchange(turn: Turn, number: str, request: RefundRequest) -> list[Event] | None:
    """What is asked of a swap that is requested: the way back, the new code, the difference, the old code."""
    text = turn.text
    if wants_back(text):
        return [FollowupAction("action_undo")]
    if asks_what_is_paid(text):
        with turn.orders() as session:
            own = session.get_one(RefundRequest, request.id)
            if asked_to_pay(turn, session, own, "utter_exchange_pay_open") or confirm_payment(turn, session, own):
                return []
            option = option_of(turn, session, number, request.target_plan_id)
        if option is None:
            return None
        difference = price_difference(turn.words, option)
        name = "utter_refund_status_difference" if option.difference_minor > 0 else "utter_refund_status_no_difference"
        turn.say(name, request=request.id, difference=difference)
        return []
    if asks_when_new_code(text):
        with turn.orders() as session:
            if asked_to_pay(turn, session, session.get_one(RefundRequest, request.id), "utter_exchange_pay_open"):
                return []
            read_by = ticket_for(turn, session, number, "exchange")["read_by"]
        turn.say("utter_refund_status_new_code", number=number, request=request.id, read_by=read_by)
        return []
    if topic_of(turn, of_request=True) == "code":
        turn.say("utter_refund_status_old_code", number=number)
        return []
    return None
