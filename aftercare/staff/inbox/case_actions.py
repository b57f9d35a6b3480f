"""What staff decide on tickets, refunds and exchanges, the same for the inbox's pages and for the API."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from aiohttp import web
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from aftercare.base import money_and_dates
from aftercare.base.database import utc_now
from aftercare.connectors.checkouts import can_pay, link
from aftercare.conversations.context import Desk
from aftercare.orders import exchanges, tickets, top_ups
from aftercare.orders.outbox import put
from aftercare.orders.requests import RequestError
from aftercare.orders.staff_decisions import (
    AlreadyDecided,
    AmountNotAllowed,
    SecondPersonNeeded,
    StaffDecision,
    decide_request,
)
from aftercare.orders.tables import RefundRequest, Ticket
from aftercare.staff.access.permissions import audit, audit_later
from aftercare.staff.inbox.action import ActionRefused, author
from aftercare.staff.inbox.decision_messages import DECISION, REFUND_REVIEW, DecidedRequest
from aftercare.staff.inbox.live import INBOX
from aftercare.web.context import DESK


async def close_ticket(request: web.Request, number: int) -> bool:
    """Close one ticket; False when there is none of this number that is open."""
    desk = request.app[DESK]
    conversation_id = await desk.orders_worker.run(_close_ticket, desk.orders, number)
    if conversation_id is None:
        return False
    await audit(request, "ticket.closed", f"ticket:{number}")
    await request.app[INBOX].redraw(conversation_id)
    return True


def _close_ticket(orders: Engine, number: int) -> str | None:
    with Session(orders, future=True) as session, session.begin():
        if not tickets.close(session, number):
            return None
        return session.get_one(Ticket, number).conversation_id


async def reopen_ticket(request: web.Request, number: int) -> bool:
    """Open a closed ticket again; False when there is none of this number that is closed.

    Raises:
        ActionRefused: the conversation has an open one for the same reason, or the ticket asked for a person in a
            conversation that the desk itself keeps.
    """
    desk = request.app[DESK]
    ticket = await desk.orders_worker.run(ticket_of, desk.orders, number)
    if ticket is None:
        return False
    state = await request.app[INBOX].reads.run(request.app[INBOX].threads.state, ticket.conversation_id)
    if ticket.reason == tickets.HANDOFF and state is not None:
        raise ActionRefused("inbox.ticket_of_talk")
    try:
        opened = await desk.orders_worker.run(_reopen_ticket, desk.orders, number)
    except tickets.OtherTicketOpen as error:
        raise ActionRefused("inbox.ticket_other_open", number=f"T{error.number:06d}") from None
    if opened:
        await audit(request, "ticket.reopened", f"ticket:{number}")
        await request.app[INBOX].redraw(ticket.conversation_id)
    return opened


def ticket_of(orders: Engine, number: int) -> Ticket | None:
    """The ticket of this number."""
    with Session(orders, future=True, expire_on_commit=False) as session:
        return session.get(Ticket, number)


def _reopen_ticket(orders: Engine, number: int) -> bool:
    with Session(orders, future=True) as session, session.begin():
        return tickets.reopen(session, number)


@dataclass(frozen=True)
class Decided:
    """A decision on a refund or exchange, and what became of the message that tells the traveller."""

    request: DecidedRequest
    """Still `requested` when a second person has to approve."""
    message_state: str | None
    """State of the message in the outbox: done, dead or waiting; None when there is none yet."""


async def decide(
    request: web.Request, request_id: int, here: str, approve: bool, amount_minor: int, reason: str, words: str
) -> Decided:
    """Decide on a refund or exchange that waits for a person; large amounts wait for a second one.

    The traveller gets the decision in the chat in which they asked, else in `here`, followed by `words` if there are
    any. `amount_minor` counts when it is an approval; `reason` stays among staff.

    Raises:
        ActionRefused: it was decided or withdrawn, the amount is too high, or somebody else has to approve; nothing
            was changed.
    """
    desk, own = request.app[DESK], author(request)
    if not reason:
        raise ActionRefused("inbox.refund_reason", 422)
    currency = await desk.orders_worker.run(currency_of, desk, request_id)
    if currency is None:
        raise ActionRefused("inbox.gone", 404)
    decision = StaffDecision(own.id, own.name, approve, amount_minor, reason[:1000])
    above = round(desk.settings.refund_two_people_above * money_and_dates.minor_units(currency))
    try:
        done, keys = await desk.orders_worker.run(_decide, request, request_id, here, decision, above, words[:1000])
    except AlreadyDecided as error:
        raise ActionRefused("inbox.refund_decided", state=error.state) from None
    except AmountNotAllowed as error:
        raise ActionRefused("inbox.refund_most", 422, most=money_and_dates.money(error.most_minor, currency)) from None
    except SecondPersonNeeded:
        raise ActionRefused("inbox.refund_second") from None
    except RequestError:
        raise ActionRefused("inbox.gone", 404) from None
    states: Mapping[str, str] = await desk.outbox.deliver(*keys)
    if shown := here or done.conversation_id:
        await request.app[INBOX].redraw(shown)
    return Decided(done, None if done.state == "requested" else states[_message_key(done)])


def currency_of(desk: Desk, request_id: int) -> str | None:
    """The currency of a request; None when there is no such request."""
    with Session(desk.orders, future=True) as session:
        request = session.get(RefundRequest, request_id)
        return None if request is None else str(request.currency)


def _decide(
    request: web.Request, request_id: int, here: str, decision: StaffDecision, above: int, words: str
) -> tuple[DecidedRequest, list[str]]:
    """Decide, with the entry of the audit log and the message to the traveller; their keys in the outbox."""
    with Session(request.app[DESK].orders, future=True) as session:
        now = utc_now()
        decided: RefundRequest = decide_request(session, request_id, decision, now, above)
        done = DecidedRequest.of(session, decided)
        about = {"refund": request_id, "state": done.state, "amount": decision.amount_minor}
        keys = [audit_later(request, session, "refund.decided", here or f"refund:{request_id}", **about)]
        if done.state != "requested":
            if done.conversation_id:
                tickets.set_state(session, done.conversation_id, "closed", REFUND_REVIEW)
            keys.append(_message_key(done))
            put(session, DECISION, keys[-1], {"decided": done.to_json(), "note": words, "here": here}, now)
            if (asked_in := done.conversation_id or here) and done.kind == "exchange" and done.state == "approved":
                _go_on(session, decided, asked_in, now)
        session.commit()
        return done, keys


def _go_on(session: Session, exchange: RefundRequest, asked_in: str, now: datetime) -> None:
    """What follows an approved exchange: its difference is paid by a link first, or somebody carries it out."""
    language = exchange.purchase.customer.language
    if can_pay() and top_ups.awaits_payment(session, exchange):
        token = exchanges.pay_link(session, exchange, asked_in, language, now)
        exchanges.tell_link(session, exchange, asked_in, link(token), now)
    else:
        number = exchange.purchase.number
        about = {"order": number, "plan": exchange.target_plan_id, "request": exchange.id}
        tickets.open_ticket(session, asked_in, exchanges.TICKET, language, about, now, number)


def _message_key(done: DecidedRequest) -> str:
    return f"{DECISION}:{done.id}:{done.state}"
