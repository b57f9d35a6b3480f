"""Tells other systems what happens to refunds and tickets: webhooks that are stored with what they tell (outbox)."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from sqlalchemy.orm import Session

from aftercare.base.settings import settings
from aftercare.orders.outbox import put

WEBHOOK = "webhook"
"""The kind in the outbox."""
EventType = Literal[
    "refund.requested",
    "refund.approved",
    "refund.declined",
    "refund.withdrawn",
    "refund.sent",
    "refund.paid",
    "refund.failed",
    "ticket.opened",
]


def announce(session: Session, event: EventType, about: int, data: dict[str, object], now: datetime) -> None:
    """Have every address of OUTGOING_WEBHOOKS told, once for each event and `about`, the id of what it is about.

    `data` is JSON and holds no personal data: others look that up where they may.
    """
    for place, address in enumerate(settings().outgoing_webhooks.split()):
        payload = {"address": address, "type": event, "timestamp": now.isoformat(), "data": data}
        put(session, WEBHOOK, f"{WEBHOOK}:{event}:{about}:{place}", payload, now)
