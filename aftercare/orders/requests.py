"""Refund and exchange requests: each asked for once, however many chats ask at the same time."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload
from sqlalchemy.sql import Select

from aftercare.base.sql import rows_changed
from aftercare.orders import announcements, authority, payouts, top_ups
from aftercare.orders.locking import insert_unless_there, lock_order
from aftercare.orders.payouts import described
from aftercare.orders.refunds.decide import Kind, RefundDecision, decide
from aftercare.orders.refunds.exchange import exchange_options
from aftercare.orders.refunds.load import facts_for
from aftercare.orders.tables import OPEN_REQUEST_STATES, Payout, Purchase, RefundRequest


class RequestError(Exception):
    """A request cannot be opened; nothing was changed."""


class DecisionChanged(RequestError):
    """The terms now give another answer than the traveller confirmed; `decision` is the one to show."""

    def __init__(self, decision: RefundDecision) -> None:
        super().__init__(f"the decision is now {decision.outcome}, {decision.amount_minor} {decision.currency}")
        self.decision = decision


def open_request(
    session: Session,
    number: str,
    kind: Kind,
    decision: RefundDecision,
    conversation_id: str,
    now: datetime,
    target_plan_id: str | None = None,
) -> tuple[RefundRequest, bool]:
    """Open the request the traveller confirmed; the open one, of either kind, and False when the order has one already.

    The caller has checked ownership and commits. The decision is made again inside the transaction.

    Raises:
        DecisionChanged: it no longer holds, or it was a refusal.
        RequestError: the order is unknown, or an exchange names no plan that can be had for it.
    """
    lock_order(session, number)
    if existing := _open(session, number):
        return existing, False
    loaded = facts_for(session, number, now, fault_reported=decision.fault_reported)
    if loaded is None:
        raise RequestError(f"no order {number}")
    current = authority.bounded(session, number, decide(*loaded, kind), now, lock=True)
    confirmed = (decision.kind, decision.outcome, decision.amount_minor, decision.currency)
    if current.outcome == "declined" or confirmed != (kind, current.outcome, current.amount_minor, current.currency):
        raise DecisionChanged(current)
    reasons = _reasons(session, number, current, now, target_plan_id)
    granted = current.outcome != "review"
    arrives = current.arrives_in_days
    inserted = insert_unless_there(
        session,
        RefundRequest,
        purchase_id=sa.select(Purchase.id).where(Purchase.number == number).scalar_subquery(),
        kind=kind,
        state="approved" if granted else "requested",
        amount_minor=current.amount_minor,
        currency=current.currency,
        target_plan_id=target_plan_id if kind == "exchange" else None,
        decision=current.outcome,
        reasons=reasons,
        conversation_id=conversation_id,
        requested_at=now,
        decided_at=now if granted else None,
        arrives_by=now + timedelta(days=arrives) if granted and arrives is not None else None,
    )
    request = _open(session, number)
    if inserted and request is not None:
        event: announcements.EventType = "refund.approved" if granted else "refund.requested"
        announcements.announce(session, event, request.id, described(request), now)
        if granted:
            payouts.begin(session, request, now)
    if request is None:  # another request was open at the insert and has been closed since
        raise RequestError(f"the request for {number} changed meanwhile")
    return request, inserted


def latest_request(session: Session, number: str) -> RefundRequest | None:
    """The last request made for the order, open or not."""
    request: RefundRequest | None = session.execute(_of(number).limit(1)).scalar_one_or_none()
    return request


def latest_of_conversation(session: Session, conversation_id: str) -> RefundRequest | None:
    """The last request this conversation made, for whichever order."""
    made_here = sa.select(RefundRequest).where(RefundRequest.conversation_id == conversation_id)
    newest_first = made_here.order_by(RefundRequest.id.desc()).execution_options(populate_existing=True)
    request: RefundRequest | None = session.execute(newest_first.limit(1)).scalar_one_or_none()
    return request


def page(
    session: Session,
    most: int,
    before: int | None = None,
    state: str | None = None,
    number: str | None = None,
    conversation_id: str | None = None,
) -> tuple[tuple[RefundRequest, Payout | None], ...]:
    """Requests of whatever state with the payouts of their money, the newest first.

    `most` of them, those older than the id `before`; of order `number`, or made in `conversation_id`.
    """
    wanted = (
        sa.select(RefundRequest, Payout)
        .outerjoin(Payout, Payout.request_id == RefundRequest.id)
        .options(joinedload(RefundRequest.purchase))
        .order_by(RefundRequest.id.desc())
        .limit(most)
    )
    if number is not None:
        wanted = wanted.where(RefundRequest.purchase.has(Purchase.number == number))
    for column, value in ((RefundRequest.state, state), (RefundRequest.conversation_id, conversation_id)):
        wanted = wanted if value is None else wanted.where(column == value)
    wanted = wanted if before is None else wanted.where(RefundRequest.id < before)
    return tuple((request, payout) for request, payout in session.execute(wanted))


def withdraw(session: Session, number: str, now: datetime, conversation_id: str | None = None) -> bool:
    """Withdraw the open request; True when there was one. What is paid, or being paid, stays so.

    The row stays, with what had been decided and who took it back when among its reasons. The caller has checked
    ownership.
    """
    lock_order(session, number)
    request = _open(session, number)
    if request is None or top_ups.paid_link_of(session, request) or not payouts.cancel(session, request.id):
        return False
    was = {"state": request.state, "arrives_by": request.arrives_by and request.arrives_by.isoformat()}
    taken_back = {"at": now.isoformat(), "conversation_id": conversation_id, "was": was}
    result = session.execute(
        sa.update(RefundRequest)
        .where(RefundRequest.id == request.id, RefundRequest.state.in_(OPEN_REQUEST_STATES))
        .values(
            state="withdrawn", decided_at=now, arrives_by=None, reasons={**request.reasons, "withdrawn": taken_back}
        )
        .execution_options(synchronize_session="fetch")
    )
    if not rows_changed(result):
        return False
    announcements.announce(session, "refund.withdrawn", request.id, described(request), now)
    return True


def _of(number: str) -> Select[Any]:
    return (
        sa.select(RefundRequest)
        .join(Purchase, RefundRequest.purchase_id == Purchase.id)
        .where(Purchase.number == number)
        .order_by(RefundRequest.requested_at.desc(), RefundRequest.id.desc())
        .execution_options(populate_existing=True)
    )


def _open(session: Session, number: str) -> RefundRequest | None:
    wanted = _of(number).where(RefundRequest.state.in_(OPEN_REQUEST_STATES))
    request: RefundRequest | None = session.execute(wanted).scalar_one_or_none()
    return request


def _reasons(
    session: Session, number: str, decision: RefundDecision, now: datetime, target_plan_id: str | None
) -> dict[str, Any]:
    """The decision as it is kept: rules with figures, what a person may still grant, the difference of an exchange."""
    reasons: dict[str, Any] = {
        "rules": [asdict(rule) for rule in decision.rules],
        "up_to_minor": decision.up_to_minor,
        "paid_to": decision.paid_to,
        "fault_reported": decision.fault_reported,
    }
    if decision.kind == "exchange":
        options = {option.plan_id: option for option in exchange_options(session, number, now)}
        if target_plan_id not in options:
            raise RequestError(f"{number} cannot be exchanged for {target_plan_id}")
        reasons["difference_minor"] = options[target_plan_id].difference_minor
    return reasons
