"""What was decided but could not be done outside the order database, for staff to have tried again or to settle."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

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
    await _change(request, partial(outbox.retry, now=utc_now()), "outbox.retried")
    request.app[DESK].outbox.wake()
    pages.flash(request, "inbox.undelivered_retried")
    raise web.HTTPSeeOther(PAGE)


@needs(Permission.decide_refunds)
async def settle(request: web.Request) -> web.Response:
    """POST /desk/inbox/undelivered/<number>/settle: somebody has done it by hand."""
    await _change(request, outbox.settle, "outbox.settled")
    raise web.HTTPSeeOther(PAGE)


def rows(orders: Engine) -> Sequence[OutboxRow]:
    """The rows to look at, oldest first."""
    with Session(orders, future=True, expire_on_commit=False) as session:
        return outbox.undone(session, utc_now())


async def _change(request: web.Request, change: Callable[[Session, int], bool], recorded: str) -> None:
    """Change the row of the request's number, and record it.

    Raises:
        HTTPNotFound: there is no such row, or it is done.
    """
    desk, number = request.app[DESK], int(request.match_info["number"])

    def apply() -> bool:
        with Session(desk.orders, future=True) as session, session.begin():
            return change(session, number)

    if not await desk.orders_worker.run(apply):
        raise web.HTTPNotFound
    await audit(request, recorded, f"outbox:{number}")
