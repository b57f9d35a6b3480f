"""What the staff API tells of conversations, tickets, refunds and contacts: JSON, masked as the desk masks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.engine import Row

from aftercare.base import masking
from aftercare.base.language import Language
from aftercare.orders.contacts import Contact
from aftercare.orders.tables import Payout, RefundRequest, Ticket
from aftercare.staff.inbox import labels
from aftercare.staff.inbox.thread import ThreadMessage

Json = dict[str, Any]
_PICTURES = "/media/"  # where travellers' pictures are; an image that is not there is a QR code that opens an eSIM


def readable(personal: bool) -> Callable[[str], str]:
    """What turns a text into what this key may read of it."""
    return str if personal else masking.mask_text


def instant(at: datetime | None) -> str | None:
    """A time in UTC, as the chat API writes it."""
    return None if at is None else at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def conversation(found: Row[Any], summary: Row[Any] | None, tags: Sequence[str], site: str, personal: bool) -> Json:
    """A conversation: how it stands from `found` (it or its summary), the rest from its summary, if it has one yet."""
    conversation_id = summary.conversation_id if summary is not None else found.id
    body = {
        "id": conversation_id,
        "url": f"{site}/desk/inbox/c/{conversation_id}",
        "channel": found.channel,
        "state": found.state,
        "agent": {"id": found.agent_id, "name": found.agent_name} if found.agent_id else None,
        "language": found.language,
        "script": found.script,
        "started_at": instant(found.started_at),
        "last_seq": found.last_seq,
        "tags": list(tags),
    }
    if summary is None:
        rest = ("last_at", "last_from", "last_text", "waiting_since", "order", "provider", "contact", "rating")
        return body | dict.fromkeys(rest) | {"reviewed": False}
    return body | {
        "last_at": instant(summary.last_at),
        "last_from": summary.last_sender,
        "last_text": readable(personal)(summary.last_text),
        "waiting_since": instant(summary.waiting_since),
        "order": summary.order_number,
        "provider": summary.provider,
        "contact": summary.customer_id,
        "rating": summary.rating,
        "reviewed": summary.reviewed_at is not None,
    }


def message(found: ThreadMessage, site: str, personal: bool) -> Json:
    """A message of either side, or a change of state."""
    reading = found.reading
    picture = found.image is not None
    shown = personal and found.image is not None and found.image.startswith(_PICTURES)
    return {
        "seq": found.seq,
        "at": instant(found.at),
        "kind": found.kind,
        "from": found.sender,
        "text": readable(personal)(found.text),
        "agent": found.agent,
        "state": found.state,
        "choices": [readable(personal)(str(each["title"])) for each in found.choices],
        "picture": picture,
        "picture_url": f"{site}{found.image}" if shown else None,
        "intent": reading.intent if reading else None,
    }


def ticket(found: Ticket, language: Language, site: str, personal: bool) -> Json:
    """A ticket, with what it tells beyond the order in words."""
    show = readable(personal)
    return {
        "number": found.id,
        "name": f"T{found.id:06d}",
        "state": found.state,
        "reason": found.reason,
        "language": found.language,
        "conversation": found.conversation_id,
        "url": f"{site}/desk/inbox/c/{found.conversation_id}",
        "order": found.purchase.number if found.purchase else None,
        "opened_at": instant(found.created_at),
        "read_by": instant(found.read_by),
        "facts": [
            {"name": name, "value": show(value)} for name, value in labels.ticket_facts(found.summary or {}, language)
        ],
    }


def refund(found: RefundRequest, payout: Payout | None, second_above: int) -> Json:
    """A refund or exchange that was asked for; money in minor units of its currency."""
    waiting = found.state == "requested"
    reasons: Mapping[str, Any] = found.reasons or {}
    first = found.first_by is not None and waiting
    return {
        "id": found.id,
        "kind": found.kind,
        "state": found.state,
        "order": found.purchase.number,
        "conversation": found.conversation_id,
        "amount_minor": found.amount_minor,
        "currency": found.currency,
        "most_minor": int(reasons.get("up_to_minor", found.amount_minor)) if waiting else None,
        "second_person_above_minor": second_above,
        "first_approval": {
            "by": found.first_by,
            "amount_minor": found.first_amount_minor,
            "at": instant(found.first_at),
        }
        if first
        else None,
        "rules": [
            {name: rule.get(name) for name in ("name", "passed", "figure", "limit", "unit")}
            for rule in reasons.get("rules", [])
        ],
        "requested_at": instant(found.requested_at),
        "decided_at": instant(found.decided_at),
        "decided_by": found.decided_by,
        "reason": found.decision_note,
        "arrives_by": instant(found.arrives_by),
        "payout": None if payout is None else {"state": payout.state, "provider": payout.provider},
    }


def contact(found: Contact, conversations: Sequence[Row[Any]], personal: bool) -> Json:
    """A customer: whom they are known as, what they bought and the conversations about it."""
    return {
        "id": found.id,
        "name": found.name if personal else masking.mask_name(found.name),
        "email": found.email if personal else masking.mask_email(found.email),
        "language": found.language,
        "orders": [
            {"number": number, "status": status, "bought_at": instant(bought)}
            for number, status, bought in found.orders
        ],
        "conversations": [
            {"id": each.conversation_id, "state": each.state, "last_at": instant(each.last_at)}
            for each in conversations
        ],
    }
