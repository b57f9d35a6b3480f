"""Deciding on refunds and exchanges that the rules left to a person."""

from __future__ import annotations

from aiohttp import web

from aftercare.base import money_and_dates
from aftercare.conversations.messages import clean_text
from aftercare.staff.access.permissions import Permission, needs
from aftercare.staff.inbox import case_actions, exchange_actions
from aftercare.staff.inbox.action import ActionRefused, done, with_notices
from aftercare.staff.inbox.filters import number
from aftercare.staff.ui import pages
from aftercare.web.bodies import read_form
from aftercare.web.context import DESK


@needs(Permission.decide_refunds)
@with_notices
async def refund(request: web.Request) -> web.Response:
    """POST …/refund {request, decision, amount?, reason, words?}; large amounts wait for a second person.

    The traveller gets the decision in the chat in which they asked, followed by `words` if there are any.
    """
    desk = request.app[DESK]
    form = await read_form(request)
    reason, words = (clean_text(str(form.get(name) or "")) for name in ("reason", "words"))
    if not reason:
        raise ActionRefused("inbox.refund_reason", 422)
    approve = form.get("decision") == "approve"
    request_id = number(str(form.get("request") or ""), 2**31 - 1) or 0
    currency = await desk.orders_worker.run(case_actions.currency_of, desk, request_id)
    if currency is None:
        raise ActionRefused("inbox.gone", 404)
    amount = _minor(str(form.get("amount") or ""), currency) if approve else 0
    if amount is None:
        raise ActionRefused("inbox.refund_amount", 422)
    decided = await case_actions.decide(request, request_id, request.match_info["id"], approve, amount, reason, words)
    if decided.message_state is None:
        pages.flash(request, "inbox.refund_first")
    else:
        keys = {"done": f"inbox.refund_now_{decided.request.state}", "dead": "inbox.refund_not_sent"}
        key = keys.get(decided.message_state, "inbox.refund_to_be_sent")
        pages.flash(request, key, "ok" if decided.message_state == "done" else "warning")
    return done(request)


@needs(Permission.decide_refunds)
@with_notices
async def exchange_done(request: web.Request) -> web.Response:
    """POST …/exchange-done {request, iccid?, activation_code?, paid_otherwise?}: it is carried out, and told."""
    form = {name: str(value) for name, value in (await read_form(request)).items()}
    sent = await exchange_actions.carry_out(
        request,
        number(form.get("request", ""), 2**31 - 1) or 0,
        request.match_info["id"],
        form.get("iccid", ""),
        form.get("activation_code", ""),
        bool(form.get("paid_otherwise")),
    )
    keys = {"done": "inbox.exchange_now_done", "dead": "inbox.refund_not_sent", None: "inbox.refund_not_sent"}
    key = keys.get(sent, "inbox.refund_to_be_sent")
    pages.flash(request, key, "ok" if sent == "done" else "warning")
    return done(request)


@needs(Permission.decide_refunds)
@with_notices
async def new_esim(request: web.Request) -> web.Response:
    """POST …/new-esim {ticket, iccid, activation_code}: the eSIM a ticket asked for is made; tells the traveller."""
    form = {name: str(value) for name, value in (await read_form(request)).items()}
    ticket = number(form.get("ticket", ""), 2**31 - 1) or 0
    sent = await exchange_actions.replace_esim(request, ticket, form.get("iccid", ""), form.get("activation_code", ""))
    done_now = sent == "done"
    pages.flash(
        request, "inbox.exchange_now_done" if done_now else "inbox.refund_to_be_sent", "ok" if done_now else "warning"
    )
    return done(request)


def _minor(amount: str, currency: str) -> int | None:
    """Minor units of an amount as people write it ("12", "12.5", "1,012.50"); None when the text is no amount."""
    whole, _, rest = amount.replace(",", "").strip().partition(".")
    digits, rest = whole + rest, rest.rstrip("0")
    decimals = money_and_dates.decimals_of(currency)
    if not (digits.isascii() and digits.isdigit() and whole and len(whole) < 8 and len(rest) <= decimals):
        return None
    return int(whole + rest.ljust(decimals, "0"))
