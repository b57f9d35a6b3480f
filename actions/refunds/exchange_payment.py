"""The difference of an exchange, paid by a link where a payment provider takes payments; else staff settle it."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from actions.turn import Turn
from aftercare.connectors.checkouts import can_pay, link
from aftercare.orders import exchanges, support_hours, top_ups
from aftercare.orders.refunds.exchange import ExchangeOption
from aftercare.orders.tables import Plan, RefundRequest


def awaits_payment(session: Session, request: RefundRequest) -> bool:
    """Whether an exchange waits for the traveller to pay by a link."""
    return request.kind == "exchange" and can_pay() and top_ups.awaits_payment(session, request)


def asked_to_pay(turn: Turn, session: Session, request: RefundRequest, response: str = "utter_exchange_pay") -> bool:
    """Give the link that pays the difference; False where nothing is to be paid by one."""
    if not awaits_payment(session, request):
        return False
    token = exchanges.pay_link(session, request, turn.conversation_id, turn.language, turn.now)
    turn.say(response, **_about(turn, session, request), link=link(token))
    return True


def confirm_payment(turn: Turn, session: Session, request: RefundRequest) -> bool:
    """Say that the difference is paid; False where it was not paid by a link."""
    if top_ups.paid_link_of(session, request) is None:
        return False
    turn.say("utter_exchange_paid", **_about(turn, session, request))
    return True


def tell_when(turn: Turn, option: ExchangeOption | None) -> None:
    """When the new code comes, of an exchange that is not requested yet."""
    if option is not None and option.difference_minor > 0 and can_pay():
        turn.say("utter_exchange_when_paid", amount=turn.words.money(option.difference_minor, option.currency))
    else:
        turn.say("utter_exchange_when", read_by=turn.words.time(support_hours.read_by(turn.now)))


def _about(turn: Turn, session: Session, request: RefundRequest) -> dict[str, Any]:
    plan = session.get_one(Plan, request.target_plan_id)
    return {
        "number": request.purchase.number,
        "plan": turn.words.pick(plan.name_en, plan.name_zh),
        "amount": turn.words.money(top_ups.difference_of(request), request.currency),
        "request": request.id,
    }
