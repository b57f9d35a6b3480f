"""Staff decide on requests that the rules left to a person; large amounts take two people."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from aftercare.orders import mails, payouts
from aftercare.orders.announcements import announce
from aftercare.orders.locking import lock_order
from aftercare.orders.refunds.load import terms_for
from aftercare.orders.requests import RequestError
from aftercare.orders.tables import Plan, Purchase, RefundRequest


class AlreadyDecided(RequestError):
    """The request is not open any more; `state` says what became of it."""

    def __init__(self, state: str) -> None:
        super().__init__(state)
        self.state = state


class AmountNotAllowed(RequestError):
    """The amount is zero or more than the order can still get back; `most_minor` is the highest allowed."""

    def __init__(self, most_minor: int) -> None:
        super().__init__(f"at most {most_minor}")
        self.most_minor = most_minor


class SecondPersonNeeded(RequestError):
    """The same person cannot approve a large amount twice."""


@dataclass(frozen=True)
class StaffDecision:
    """What a member of staff decides, and why. `amount_minor` counts when it is an approval."""

    staff_id: str
    staff_name: str
    approve: bool
    amount_minor: int
    reason: str


def decide_request(
    session: Session, request_id: int, verdict: StaffDecision, now: datetime, two_people_above: int
) -> RefundRequest:
    """Approve or decline a request that waits for a person. The caller commits.

    An approval above `two_people_above` (minor units of the order's currency) counts as the first of two: the request
    stays open until somebody else approves the same amount. Another amount starts again.

    Raises:
        AlreadyDecided: somebody was faster, or the traveller withdrew it.
        AmountNotAllowed: the amount is not between 1 and what the rules leave to a person.
        SecondPersonNeeded: the first approval is this person's own.
        RequestError: there is no such request, or no reason is given.
    """
    if not verdict.reason.strip():
        raise RequestError("a decision needs a reason")
    number = session.execute(
        sa.select(Purchase.number)
        .join(RefundRequest, RefundRequest.purchase_id == Purchase.id)
        .where(RefundRequest.id == request_id)
    ).scalar_one_or_none()
    if number is None:
        raise RequestError(f"no request {request_id}")
    lock_order(session, number)
    request: RefundRequest = session.execute(
        sa.select(RefundRequest).where(RefundRequest.id == request_id).execution_options(populate_existing=True)
    ).scalar_one()
    if request.state != "requested":
        raise AlreadyDecided(request.state)
    if not verdict.approve:
        request.state, request.arrives_by = "declined", None
        _sign(request, verdict, now)
        session.flush()
        announce(session, "refund.declined", request.id, payouts.described(request), now)
        mails.put_decision(session, request, now)
        return request
    most = int(request.reasons.get("up_to_minor", request.amount_minor))
    if not 0 < verdict.amount_minor <= most:
        raise AmountNotAllowed(most)
    if verdict.amount_minor > two_people_above:
        same = request.first_amount_minor == verdict.amount_minor
        if request.first_by_id == verdict.staff_id and same:
            raise SecondPersonNeeded(request.first_by)
        if request.first_by_id in (None, verdict.staff_id) or not same:
            request.first_by_id, request.first_by = verdict.staff_id, verdict.staff_name
            request.first_amount_minor, request.first_at = verdict.amount_minor, now
            request.decision_note = verdict.reason.strip()
            session.flush()
            return request
    terms = terms_for(
        session,
        session.execute(
            sa.select(Plan.provider_id).join(Purchase, Purchase.plan_id == Plan.id).where(Purchase.number == number)
        ).scalar_one(),
    )
    request.state, request.amount_minor = "approved", verdict.amount_minor
    if request.kind == "refund":
        request.arrives_by = now + timedelta(days=terms.paid_within_days if terms else 0)
    _sign(request, verdict, now)
    session.flush()
    announce(session, "refund.approved", request.id, payouts.described(request), now)
    if payouts.begin(session, request, now) is None:
        mails.put_decision(session, request, now)
    return request


def _sign(request: RefundRequest, verdict: StaffDecision, now: datetime) -> None:
    request.decided_at, request.decided_by = now, verdict.staff_name
    request.decision_note = verdict.reason.strip()
