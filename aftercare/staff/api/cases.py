"""Tickets and refunds over the staff API: list, read, close and reopen, approve, decline, carried out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from aiohttp import web
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from aftercare.base import money_and_dates
from aftercare.base.identifiers import normalise_order_number
from aftercare.orders import requests, tickets
from aftercare.staff.access.api_keys import Scope
from aftercare.staff.api import views
from aftercare.staff.api.bodies import (
    ApproveRequest,
    CarriedOutRequest,
    DeclineRequest,
    RefundsQuery,
    TicketsQuery,
    read_query,
)
from aftercare.staff.api.door import needs_key, nothing_there, sees_personal_data
from aftercare.staff.inbox import case_actions, exchange_actions
from aftercare.web.chat.requests import read_json
from aftercare.web.context import DESK
from aftercare.web.errors import voice_of

# what the outbox says of the message that tells the traveller a decision
_MESSAGE_STATES = {"done": "told", "dead": "chat_deleted"}


@needs_key(Scope.tickets_read)
async def list_tickets(request: web.Request) -> web.Response:
    """GET /api/v1/tickets: of whatever state, the newest first; a page of them."""
    asked, desk = read_query(request, TicketsQuery), request.app[DESK]
    show = _Tickets(request)
    wanted = (asked.limit + 1, asked.before(), asked.state, asked.reason, asked.conversation)
    found = await desk.orders_worker.run(show.page, desk.orders, *wanted)
    return web.json_response(_page("tickets", found, asked.limit, "number"))


@needs_key(Scope.tickets_read)
async def read_ticket(request: web.Request) -> web.Response:
    """GET /api/v1/tickets/{number}."""
    return await _ticket(request)


@needs_key(Scope.tickets_write)
async def close_ticket(request: web.Request) -> web.Response:
    """POST /api/v1/tickets/{number}/close; closing a closed one changes nothing."""
    await case_actions.close_ticket(request, _number(request))
    return await _ticket(request)


@needs_key(Scope.tickets_write)
async def reopen_ticket(request: web.Request) -> web.Response:
    """POST /api/v1/tickets/{number}/reopen; reopening an open one changes nothing."""
    desk = request.app[DESK]
    ticket = await desk.orders_worker.run(case_actions.ticket_of, desk.orders, _number(request))
    if ticket is not None and ticket.state == "closed":
        await case_actions.reopen_ticket(request, ticket.id)
    return await _ticket(request)


@needs_key(Scope.refunds_read)
async def list_refunds(request: web.Request) -> web.Response:
    """GET /api/v1/refunds: refunds and exchanges of whatever state, the newest first; a page of them."""
    asked, desk = read_query(request, RefundsQuery), request.app[DESK]
    number = None if asked.order is None else normalise_order_number(asked.order) or asked.order
    wanted = (asked.limit + 1, asked.before(), asked.state, number, asked.conversation)
    found = await desk.orders_worker.run(_Refunds(request).page, desk.orders, *wanted)
    return web.json_response(_page("refunds", found, asked.limit, "id"))


@needs_key(Scope.refunds_read)
async def read_refund(request: web.Request) -> web.Response:
    """GET /api/v1/refunds/{number}."""
    return web.json_response({"refund": await _refund(request)})


@needs_key(Scope.refunds_write)
async def approve(request: web.Request) -> web.Response:
    """POST /api/v1/refunds/{number}/approve: so much; a large amount waits for a second person."""
    asked = await read_json(request, ApproveRequest)
    return await _decide(request, asked, asked.amount_minor)


@needs_key(Scope.refunds_write)
async def decline(request: web.Request) -> web.Response:
    """POST /api/v1/refunds/{number}/decline."""
    return await _decide(request, await read_json(request, DeclineRequest), None)


@needs_key(Scope.refunds_write)
async def carried_out(request: web.Request) -> web.Response:
    """POST /api/v1/refunds/{number}/carried-out: an exchange that was approved is done; the traveller is told."""
    asked = await read_json(request, CarriedOutRequest)
    here = (await _refund(request))["conversation"] or ""
    new = (asked.iccid, asked.activation_code)
    sent = await exchange_actions.carry_out(request, _number(request), here, *new, asked.paid_otherwise)
    state = "chat_deleted" if sent is None else _MESSAGE_STATES.get(sent, "pending")
    return web.json_response({"refund": await _refund(request), "traveller": state})


async def _decide(request: web.Request, asked: DeclineRequest, amount_minor: int | None) -> web.Response:
    """Decide, as the page beside a conversation does; the amount is None when it is declined."""
    here = (await _refund(request))["conversation"] or ""
    decided = await case_actions.decide(
        request, _number(request), here, amount_minor is not None, amount_minor or 0, asked.reason, asked.message
    )
    sent = None if decided.message_state is None else _MESSAGE_STATES.get(decided.message_state, "pending")
    return web.json_response({"refund": await _refund(request), "traveller": sent})


class _Tickets:
    """Reads tickets as this request's key may see them."""

    def __init__(self, request: web.Request) -> None:
        self._shown = (voice_of(request).language, request.app[DESK].settings.public_url, sees_personal_data(request))

    def page(self, orders: Engine, *wanted: Any) -> list[views.Json]:
        with Session(orders, future=True) as session:
            return [views.ticket(each, *self._shown) for each in tickets.page(session, *wanted)]


class _Refunds:
    """Reads refunds, with the amount above which they take two people."""

    def __init__(self, request: web.Request) -> None:
        self._above = request.app[DESK].settings.refund_two_people_above

    def page(self, orders: Engine, *wanted: Any) -> list[views.Json]:
        with Session(orders, future=True) as session:
            found = requests.page(session, *wanted)
            return [views.refund(each, payout, self._second_above(each.currency)) for each, payout in found]

    def _second_above(self, currency: str) -> int:
        return round(self._above * money_and_dates.minor_units(currency))


async def _ticket(request: web.Request) -> web.Response:
    desk, number = request.app[DESK], _number(request)
    found = await desk.orders_worker.run(_Tickets(request).page, desk.orders, 1, number + 1)
    if not found or found[0]["number"] != number:
        raise nothing_there("ticket")
    return web.json_response({"ticket": found[0]})


async def _refund(request: web.Request) -> views.Json:
    desk, number = request.app[DESK], _number(request)
    found = await desk.orders_worker.run(_Refunds(request).page, desk.orders, 1, number + 1)
    if not found or found[0]["id"] != number:
        raise nothing_there("refund")
    return found[0]


def _page(name: str, found: Sequence[views.Json], limit: int, key: str) -> views.Json:
    """A page of what was asked for with one more, which says that there are others."""
    shown = list(found[:limit])
    return {name: shown, "next_cursor": str(shown[-1][key]) if len(found) > limit else None}


def _number(request: web.Request) -> int:
    return int(request.match_info["number"])
