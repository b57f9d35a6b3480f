"""Where a refund or exchange stands."""

from __future__ import annotations

from datetime import timedelta

from rasa_sdk.events import SlotSet
from sqlalchemy.orm import Session

from actions.history import meaning_of
from actions.orders.about import ticket_for
from actions.refunds.exchange_choices import option_of
from actions.refunds.exchange_payment import asked_to_pay, tell_when
from actions.refunds.view import view_of
from actions.refunds.wording import payout_text, state_of
from actions.turn import Event, Turn
from actions.verification import OrderAction
from aftercare.orders import requests
from aftercare.orders.payments import returned_duplicate
from aftercare.orders.tables import OPEN_REQUEST_STATES, RefundRequest
from aftercare.understanding.case_questions import asks_if_late

# Answers that tell where a request stands.
_STATE = ("utter_refund_status", "utter_refund_already")


def latest_request_of(turn: Turn, session: Session, number: str) -> RefundRequest | None:
    """The latest request of an order, else of its second charge, which has a number of its own, else made here."""
    second = returned_duplicate(session, number)
    return (
        requests.latest_request(session, number)
        or (requests.latest_request(session, second) if second else None)
        or requests.latest_of_conversation(session, turn.conversation_id)
    )


def tell_date(turn: Turn, session: Session, request: RefundRequest) -> None:
    """The date of an open refund in one line, after an answer about it; its chase when the date has passed."""
    if request.arrives_by is None or request.state not in (*OPEN_REQUEST_STATES, "paid"):
        return
    if request.state != "paid" and request.arrives_by < turn.now:
        _chase(turn, session, request)
        return
    amount = turn.words.money(request.amount_minor, request.currency)
    number, day = str(request.purchase.number), turn.words.day(request.arrives_by)
    turn.say("utter_refund_status_date", number=number, amount=amount, arrives_by=day)


def _chase(turn: Turn, session: Session, request: RefundRequest) -> None:
    chased = ticket_for(turn, session, str(request.purchase.number), "refund_overdue", request=request.id)
    turn.say("utter_refund_status_overdue", **chased)


def _answered_last(turn: Turn, number: str) -> bool:
    """Whether the answer before this message told where this order's request stands."""
    if turn.ran("action_other_order"):
        return False
    last = next(turn.answers_backwards(), None)
    return last is not None and meaning_of(last).startswith(_STATE) and number in str(last.get("text"))


class ActionRefundStatus(OrderAction):
    """Where the money is: amount, state and the date by which it arrives."""

    action_name = "action_refund_status"

    def handle_order(self, turn: Turn, session: Session, number: str) -> list[Event]:
        """Tell the latest request; chase it when it is overdue."""
        request = latest_request_of(turn, session, number)
        if request is None and turn.form == "refund_form":
            return self._once_requested(turn, session, number)
        if request is None:
            turn.say("utter_refund_none", number=number)
            return [SlotSet("offer", "request_refund")]
        number = str(request.purchase.number)
        if asked_to_pay(turn, session, request, "utter_exchange_pay_open"):
            return []
        amount = turn.words.money(request.amount_minor, request.currency)
        state = state_of(turn, session, request)
        if request.arrives_by is None and request.decision == "review" and request.state == "requested":
            turn.say("utter_refund_in_review", **ticket_for(turn, session, number, "refund_review"), number=number)
            return []
        if request.state in ("declined", "withdrawn") or request.arrives_by is None:
            turn.say("utter_refund_state", number=number, kind=turn.words.word(f"kind_{request.kind}"), state=state)
            return []
        late = request.state != "paid" and request.arrives_by < turn.now
        if not late and request.state != "paid" and asks_if_late(turn.text):
            day = turn.words.day(request.arrives_by)
            turn.say("utter_refund_status_if_late", number=number, amount=amount, arrives_by=day)
            return []
        if _answered_last(turn, number) and not late:
            day = turn.words.day(request.arrives_by)
            ways = [turn.choice_of_intent("withdraw_request"), turn.choice_of_offer("person")]
            turn.say("utter_refund_status_next", ways, number=number, amount=amount, state=state, arrives_by=day)
            return [SlotSet("offer", "human_handoff")]
        turn.say(
            "utter_refund_status",
            number=number,
            amount=amount,
            requested_at=turn.words.day(request.requested_at),
            state=state,
            arrives_by=turn.words.day(request.arrives_by),
        )
        if late:
            _chase(turn, session, request)
        return []

    @staticmethod
    def _once_requested(turn: Turn, session: Session, number: str) -> list[Event]:
        """Amount and date of what is not requested yet; the form then asks whether to go on."""
        if turn.refund_draft.kind == "exchange":
            tell_when(turn, option_of(turn, session, number, turn.refund_draft.plan))
            return []
        wanted = turn.refund_draft.number or number
        view = view_of(turn, session, wanted)
        if view is None:
            return []
        decision = view.decision
        if decision.outcome == "review":
            turn.say_text(turn.words.phrase("refund_when_decided"), "refund_when_decided")
            return []
        turn.say(
            "utter_refund_when",
            amount=turn.words.money(decision.amount_minor, decision.currency),
            payout=payout_text(
                turn, session, wanted, decision.paid_to, turn.now + timedelta(days=decision.arrives_in_days or 0)
            ),
        )
        return []
