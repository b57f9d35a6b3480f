"""The list of refunds to pay: as a page, as CSV for the bank, and where staff say that one was paid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from aiohttp import web
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from aftercare.base import money_and_dates
from aftercare.base.database import utc_now
from aftercare.conversations.context import Desk
from aftercare.documents.csv_file import csv_file
from aftercare.orders import authority, payouts
from aftercare.orders.support_hours import timezone
from aftercare.orders.tables import Payout
from aftercare.staff.access.permissions import Permission, audit, audit_later, member, needs
from aftercare.staff.ui import pages
from aftercare.staff.ui.pages import View, render
from aftercare.web.context import DESK

PAGE = "/desk/payouts"
_HEADER = ("payout", "order", "name", "e-mail", "amount", "currency", "paid with", "approved", "due", "state")


def add_routes(app: web.Application) -> None:
    """Add the list and its actions."""
    app.router.add_get(PAGE, page)
    app.router.add_get(PAGE + "/csv", download)
    app.router.add_post(PAGE + "/{number:[0-9]{1,9}}/paid", paid)
    app.router.add_post(PAGE + "/stop", stop)
    app.router.add_post(PAGE + "/resume", resume)


@dataclass(frozen=True)
class PayoutLine:
    """A payout as it is shown; `amount` with its currency."""

    id: int
    number: str
    conversation_id: str | None
    name: str
    email: str
    amount: str
    minor: int
    currency: str
    payment: str
    approved: datetime
    due: datetime | None
    state: str
    provider: str
    error: str
    first_by: str
    by_hand: bool
    """Whether it waits for somebody of the staff."""

    @classmethod
    def of(cls, payout: Payout) -> PayoutLine:
        """Read the row while its session is open."""
        request, purchase = payout.request, payout.request.purchase
        return cls(
            payout.id,
            purchase.number,
            request.conversation_id,
            purchase.customer.name,
            purchase.customer.email,
            money_and_dates.money(payout.amount_minor, payout.currency),
            payout.amount_minor,
            payout.currency,
            purchase.payment_reference or "",
            payout.created_at,
            request.arrives_by,
            payout.state,
            payout.provider,
            payout.error or "",
            payout.first_by or "",
            payout.state == "failed" or (payout.state == "waiting" and payout.provider == payouts.MANUAL),
        )


@dataclass(frozen=True)
class PayoutsPage(View):
    """The payouts that are not over, those for staff first."""

    by_hand: Sequence[PayoutLine]
    by_provider: Sequence[PayoutLine]
    stopped: bool
    two_people_above: str
    now: datetime


@needs(Permission.decide_refunds)
async def page(request: web.Request) -> web.Response:
    """GET /desk/payouts."""
    desk = request.app[DESK]
    lines, stopped = await desk.orders_worker.run(_read, desk.orders)
    return render(
        request,
        "payouts/page.html",
        PayoutsPage(
            [line for line in lines if line.by_hand],
            [line for line in lines if not line.by_hand],
            stopped,
            f"{desk.settings.payout_two_people_above:g}",
            utc_now(),
        ),
    )


@needs(Permission.decide_refunds)
async def download(request: web.Request) -> web.Response:
    """GET /desk/payouts/csv: what staff have to pay."""
    desk = request.app[DESK]
    lines, _ = await desk.orders_worker.run(_read, desk.orders)
    rows = [
        (
            str(line.id),
            line.number,
            line.name,
            line.email,
            money_and_dates.decimal(line.minor, line.currency),
            line.currency,
            line.payment,
            _day(line.approved),
            _day(line.due) if line.due else "",
            line.state,
        )
        for line in lines
        if line.by_hand
    ]
    await audit(request, "payouts.exported", "payouts", count=len(rows))
    name = f'attachment; filename="payouts-{_day(utc_now())}.csv"'
    headers = {"Content-Disposition": name, "Cache-Control": "no-store"}
    return web.Response(body=csv_file(_HEADER, rows), content_type="text/csv", charset="utf-8", headers=headers)


def _day(moment: datetime) -> str:
    """A date where support is: the one that the traveller was told."""
    return moment.astimezone(timezone()).date().isoformat()


@needs(Permission.decide_refunds)
async def paid(request: web.Request) -> web.Response:
    """POST /desk/payouts/<number>/paid: it has been paid; a large one is paid when a second person says so."""
    desk = request.app[DESK]
    try:
        state, key = await desk.orders_worker.run(_pay, request, int(request.match_info["number"]))
    except payouts.SecondPayerNeeded:
        pages.flash(request, "payouts.second_needed", "warning")
    except payouts.NotToPay:
        pages.flash(request, "payouts.not_to_pay", "warning")
    except payouts.PayoutError:
        raise web.HTTPNotFound from None
    else:
        pages.flash(request, "payouts.now_paid" if state == "paid" else "payouts.now_first")
        await desk.outbox.deliver(key)
        desk.outbox.wake()
    raise web.HTTPSeeOther(PAGE)


@needs(Permission.decide_refunds)
async def stop(request: web.Request) -> web.Response:
    """POST /desk/payouts/stop: from now on a person decides on every refund."""
    await _switch(request, stopped=True)
    raise web.HTTPSeeOther(PAGE)


@needs(Permission.manage_settings)
async def resume(request: web.Request) -> web.Response:
    """POST /desk/payouts/resume: what the terms grant is approved automatically again, within the limits."""
    await _switch(request, stopped=False)
    raise web.HTTPSeeOther(PAGE)


async def _switch(request: web.Request, *, stopped: bool) -> None:
    desk, who = request.app[DESK], member(request)

    def change() -> None:
        with Session(desk.orders, future=True) as session, session.begin():
            authority.set_stopped(session, stopped, who.name, utc_now())

    await desk.orders_worker.run(change)
    await audit(request, "refunds.stopped" if stopped else "refunds.resumed", "automatic refunds")


def _read(orders: Engine) -> tuple[list[PayoutLine], bool]:
    with Session(orders, future=True) as session:
        return [PayoutLine.of(payout) for payout in payouts.to_pay(session)], authority.is_stopped(session)


def _pay(request: web.Request, number: int) -> tuple[str, str]:
    desk: Desk = request.app[DESK]
    who, now = member(request), utc_now()
    with Session(desk.orders, future=True) as session:
        payout = session.get(Payout, number)
        units = money_and_dates.minor_units(payout.currency) if payout else 100
        above = round(desk.settings.payout_two_people_above * units)
        payout = payouts.pay_by_hand(session, number, str(who.id), who.name, above, now)
        about = {"payout": number, "state": payout.state, "amount": payout.amount_minor}
        key = audit_later(request, session, "payout.paid", payout.request.purchase.number, **about)
        session.commit()
        return payout.state, key
