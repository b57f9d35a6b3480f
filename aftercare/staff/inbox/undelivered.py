"""What was decided but could not be done outside the order database, for staff to have tried again or to settle."""

from __future__ import annotations

from collections.abc import Sequence

from aiohttp import web
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from aftercare.base.database import utc_now
from aftercare.orders import outbox
from aftercare.orders.tables import OutboxRow
from aftercare.staff.access.permissions import Permission, audit, needs
from aftercare.staff.ui import pages
from aftercare.web.context import DESK

PAGE = "/desk/inbox/tickets"  # the list stands below the tickets
ROW = "/desk/inbox/undelivered/{number:[0-9]{1,9}}"


@needs(Permission.decide_refunds)
async def retry(request: web.Request) -> web.Response:
    """POST /desk/inbox/undelivered/<number>/retry: try it now."""
    desk, number = request.app[DESK], int(request.match_info["number"])
    if not await desk.orders_worker.run(_retry, desk.orders, number):
        raise web.HTTPNotFound
    await audit(request, "outbox.retried", f"outbox:{number}")
    desk.outbox.wake()
    pages.flash(request, "inbox.undelivered_retried")
    raise web.HTTPSeeOther(PAGE)


@needs(Permission.decide_refunds)
async def settle(request: web.Request) -> web.Response:
    """POST /desk/inbox/undelivered/<number>/settle: somebody has done it by hand."""
    desk, number = request.app[DESK], int(request.match_info["number"])
    if not await desk.orders_worker.run(_settle, desk.orders, number):
        raise web.HTTPNotFound
    await audit(request, "outbox.settled", f"outbox:{number}")
    raise web.HTTPSeeOther(PAGE)


def rows(orders: Engine) -> Sequence[OutboxRow]:
    """The rows to look at, oldest first."""
    with Session(orders, future=True, expire_on_commit=False) as session:
        return outbox.undone(session, utc_now())


def _retry(orders: Engine, number: int) -> bool:
    with Session(orders, future=True) as session, session.begin():
        return outbox.retry(session, number, utc_now())


def _settle(orders: Engine, number: int) -> bool:
    with Session(orders, future=True) as session, session.begin():
        return outbox.settle(session, number)
