"""What other systems were told by webhooks, and what they have not taken yet: the log of the last 30 days."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from urllib.parse import urlsplit

import sqlalchemy as sa
from aiohttp import web
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from aftercare.base.settings import settings
from aftercare.orders.announcements import WEBHOOK
from aftercare.orders.tables import OutboxRow
from aftercare.staff.access.permissions import Permission, needs
from aftercare.staff.inbox import labels
from aftercare.staff.ui.pages import View, language_of, render
from aftercare.web.context import DESK

PAGE = "/desk/inbox/webhooks"
MOST = 300


@dataclass(frozen=True)
class WebhookDelivery:
    """One event to one receiver; `to` is its host: the rest of an address may be a secret."""

    id: int
    event: str
    about: str
    to: str
    state: str
    attempts: int
    last_error: str | None
    at: datetime


@dataclass(frozen=True)
class WebhooksPage(View):
    """The log, the latest first."""

    deliveries: Sequence[WebhookDelivery]
    label: Callable[[str, object], str]
    """The words for a value of a kind."""


@needs(Permission.reply)
async def page(request: web.Request) -> web.Response:
    """GET /desk/inbox/webhooks."""
    desk = request.app[DESK]
    found = await desk.orders_worker.run(deliveries, desk.orders)
    label = partial(labels.named, language=language_of(request))
    return render(request, "inbox/webhooks.html", WebhooksPage(found, label))


def deliveries(orders: Engine) -> list[WebhookDelivery]:
    """The latest of the log; its rows are kept by the outbox (`outbox.KEPT_FOR`)."""
    hosts = [str(urlsplit(each).hostname) for each in settings().outgoing_webhooks.split()]
    wanted = sa.select(OutboxRow).where(OutboxRow.kind == WEBHOOK).order_by(OutboxRow.id.desc()).limit(MOST)
    with Session(orders, future=True) as session:
        return [_delivery(row, hosts) for row in session.scalars(wanted)]


def _delivery(row: OutboxRow, hosts: Sequence[str]) -> WebhookDelivery:
    """A row of the outbox by its key, `webhook:<event>:<about>:<place>`: what was sent is not kept."""
    _, event, *about, place = row.key.split(":")
    host = urlsplit(str(row.payload.get("address", ""))).hostname
    to = host or (hosts[int(place)] if place.isdigit() and int(place) < len(hosts) else "")
    return WebhookDelivery(row.id, event, ":".join(about), to, row.state, row.attempts, row.last_error, row.created_at)
