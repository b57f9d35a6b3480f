"""Where a refund or exchange stands."""

from __future__ import annotations

from rasa_sdk.events import SlotSet
from sqlalchemy.orm import Session

from actions.orders.about import ticket_for
from actions.refunds.wording import state_of
from actions.turn import Event, Turn
from actions.verification import OrderAction
from aftercare.orders import requests
from aftercare.orders.refunds.decide import decide
from aftercare.orders.refunds.load import facts_for


class ActionRefundStatus(OrderAction):
    """Where the money is: amount, state and the date by which it arrives."""

    action_name = "action_refund_status"

    def handle_order(self, turn: Turn, session: Session, number: str) -> list[Event]:
        """Tell the latest request; chase it when it is overdue."""
        # the second charge of a double charge has an order number of its own
        request = requests.latest_request(session, number) or requests.latest_of_conversation(
            session, turn.conversation_id
        )
        if request is None and turn.form == "refund_form":
            return self._once_requested(turn, session, number)
        if request is None:
            turn.say("utter_refund_none", number=number)
            return [SlotSet("offer", "request_refund")]
        number = str(request.purchase.number)
        amount = turn.words.money(request.amount_minor, request.currency)
        state = state_of(turn, request)
        if request.arrives_by is None and request.decision == "review" and request.state == "requested":
            turn.say("utter_refund_in_review", **ticket_for(turn, session, number, "refund_review"), number=number)
            return []
        if request.state in ("declined", "withdrawn") or request.arrives_by is None:
            turn.say("utter_refund_state", number=number, kind=turn.words.word(f"kind_{request.kind}"), state=state)
            return []
        turn.say(
            "utter_refund_status",
            number=number,
            amount=amount,
            requested_at=turn.words.day(request.requested_at),
            state=state,
            arrives_by=turn.words.day(request.arrives_by),
        )
        if request.state != "paid" and request.arrives_by < turn.now:
            chased = ticket_for(turn, session, number, "refund_overdue", request=request.id)
            turn.say("utter_refund_status_overdue", **chased)
        return []

    @staticmethod
    def _once_requested(turn: Turn, session: Session, number: str) -> list[Event]:
        """Amount and date of what is not requested yet; the form then asks whether to go on."""
        loaded = facts_for(session, turn.refund_draft.number or number, turn.now, fault_reported=turn.fault_reported)
        if loaded is None:
            return []
        decision = decide(*loaded, "refund")
        turn.say(
            "utter_refund_when",
            amount=turn.words.money(decision.amount_minor, decision.currency),
            arrives_by=turn.words.day_after(turn.now, decision.arrives_in_days or 0),
            paid_to=turn.words.word(decision.paid_to),
        )
        return []
