"""Tells other systems what happens to refunds, tickets and conversations, by webhooks stored with it (outbox)."""

from __future__ import annotations

from datetime import datetime
from fnmatch import fnmatchcase
from typing import Literal
from urllib.parse import urlsplit

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
    "exchange.done",
    "ticket.opened",
    "conversation.opened",
    "conversation.handed_over",
    "conversation.resolved",
    "message",
    "rating",
]
_SLACK = "hooks.slack.com"
SILENT = "announces_nothing"
"""In the info of a session: nobody is told of what happens in it, for demo orders that were never bought."""


def announce(session: Session, event: EventType, about: int | str, data: dict[str, object], now: datetime) -> None:
    """Have every address of OUTGOING_WEBHOOKS that wants it told, once for each event and `about`, what it is about.

    `data` is JSON and holds no personal data: others look that up where they may.
    """
    if session.info.get(SILENT):
        return
    for place, address in enumerate(settings().outgoing_webhooks.split()):
        if not wants(address, event):
            continue
        payload = {"address": address, "type": event, "timestamp": now.isoformat(), "data": data}
        put(session, WEBHOOK, f"{WEBHOOK}:{event}:{about}:{place}", payload, now)


def wants(address: str, event: str) -> bool:
    """Whether an address wants an event: those that stand behind its #, else all; Slack no single messages.

    `https://x.example.com/hook#refund.*,rating` wants refunds and ratings.
    """
    wanted = urlsplit(address).fragment
    if not wanted:
        return event != "message" or urlsplit(address).hostname != _SLACK
    return any(fnmatchcase(event, pattern.strip()) for pattern in wanted.split(","))
