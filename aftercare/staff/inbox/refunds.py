"""Deciding on refunds and exchanges that the rules left to a person."""

from __future__ import annotations

from aiohttp import web
from sqlalchemy.orm import Session

from aftercare.base import money_and_dates
from aftercare.base.database import utc_now
from aftercare.conversations.context import Desk
from aftercare.conversations.messages import clean_text
from aftercare.orders import tickets
from aftercare.orders.requests import RequestError
from aftercare.orders.staff_decisions import (
    AlreadyDecided,
    AmountNotAllowed,
    SecondPersonNeeded,
    StaffDecision,
    decide_request,
)
from aftercare.orders.tables import RefundRequest
from aftercare.staff.access.permissions import Permission, needs
from aftercare.staff.inbox.action import ActionRefused, author, finish, with_notices
from aftercare.staff.inbox.decision_messages import REFUND_REVIEW, DecidedRequest, send_decision
from aftercare.staff.inbox.filters import number
from aftercare.staff.ui import pages
from aftercare.web.context import DESK


@needs(Permission.decide_refunds)
@with_notices
async def refund(request: web.Request) -> web.Response:
    """POST …/refund {request, decision, amount?, reason, words?}; large amounts wait for a second person.

    The traveller gets the decision in the chat in which they asked, followed by `words` if there are any.
    """
    desk, own = request.app[DESK], author(request)
    form = await request.post()
    reason = clean_text(str(form.get("reason") or ""))
    if not reason:
        raise ActionRefused("inbox.refund_reason", 422)
    approve = form.get("decision") == "approve"
    request_id = number(str(form.get("request") or ""), 2**31 - 1) or 0
    currency = await desk.orders_worker.run(_currency, desk, request_id)
    if currency is None:
        raise ActionRefused("inbox.gone", 404)
    amount = _minor(str(form.get("amount") or ""), currency) if approve else 0
    if amount is None:
        raise ActionRefused("inbox.refund_amount", 422)
    decision = StaffDecision(own.id, own.name, approve, amount, reason[:1000])
    above = round(desk.settings.refund_two_people_above * money_and_dates.minor_units(currency))
    try:
        done = await desk.orders_worker.run(_decide, desk, request_id, decision, above)
    except AlreadyDecided:
        raise ActionRefused("inbox.refund_decided") from None
    except AmountNotAllowed as error:
        raise ActionRefused("inbox.refund_most", 422, most=money_and_dates.money(error.most_minor, currency)) from None
    except SecondPersonNeeded:
        raise ActionRefused("inbox.refund_second") from None
    except RequestError:
        raise ActionRefused("inbox.gone", 404) from None
    if done.state == "requested":
        pages.flash(request, "inbox.refund_first")
    else:
        note = clean_text(str(form.get("words") or ""))[:1000]
        sent = await send_decision(desk, done, request.match_info["id"], note)
        pages.flash(
            request, f"inbox.refund_now_{done.state}" if sent else "inbox.refund_not_sent", "ok" if sent else "warning"
        )
    return await finish(request, "refund.decided", refund=request_id, state=done.state, amount=amount)


def _currency(desk: Desk, request_id: int) -> str | None:
    with Session(desk.orders, future=True) as session:
        request = session.get(RefundRequest, request_id)
        return None if request is None else str(request.currency)


def _decide(desk: Desk, request_id: int, decision: StaffDecision, above: int) -> DecidedRequest:
    with Session(desk.orders, future=True) as session:
        request: RefundRequest = decide_request(session, request_id, decision, utc_now(), above)
        done = DecidedRequest.of(request)
        if done.state != "requested" and done.conversation_id:
            tickets.set_state(session, done.conversation_id, "closed", REFUND_REVIEW)
        session.commit()
        return done


def _minor(amount: str, currency: str) -> int | None:
    """Minor units of an amount as people write it ("12", "12.5", "1,012.50"); None when the text is no amount."""
    whole, _, cents = amount.replace(",", "").strip().partition(".")
    if not (whole.isascii() and whole.isdigit() and len(whole) < 8 and len(cents) <= 2 and (cents or "0").isdigit()):
        return None
    return (int(whole) * 100 + int(cents.ljust(2, "0"))) * money_and_dates.minor_units(currency) // 100
