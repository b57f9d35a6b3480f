"""What every answer about an order needs: its facts, a ticket about it, its plan in words, its files."""

from __future__ import annotations

import base64
from typing import Any

from sqlalchemy.orm import Session

from actions.messages import Picture
from actions.turn import Turn
from aftercare.base.settings import settings
from aftercare.documents import links
from aftercare.documents.locales import locale_of
from aftercare.orders import tickets
from aftercare.orders.facts import OrderFacts
from aftercare.orders.lookup import order_facts


def facts_of(turn: Turn, session: Session, number: str) -> OrderFacts:
    """The facts of an order that is known to exist.

    Raises:
        LookupError: it was removed meanwhile.
    """
    facts = order_facts(session, number, turn.now)
    if facts is None:
        raise LookupError("order vanished")
    return facts


def ticket_for(turn: Turn, session: Session, number: str, reason: str, **summary: object) -> dict[str, Any]:
    """Open a ticket about the order; its number and reading time in words."""
    ticket, _ = tickets.open_ticket(
        session,
        turn.conversation_id,
        reason,
        turn.language,
        {"order": number, **summary},
        turn.now,
        number,
        None,
        turn.origin,
    )
    return {"ticket": turn.words.ticket(ticket.id), "read_by": turn.words.time(ticket.read_by)}


def plan_name(turn: Turn, facts: OrderFacts) -> str:
    """The plan's name in the traveller's language and script."""
    return turn.words.pick(facts.plan_en, facts.plan_zh)


def validity(turn: Turn, facts: OrderFacts) -> str:
    """Until when the plan runs, or when it starts."""
    if facts.expired and facts.expires_at:
        return turn.words.phrase("validity_ended", day=turn.words.day(facts.expires_at))
    if facts.expires_at:
        return turn.words.phrase("validity_until", time=turn.words.time(facts.expires_at))
    return turn.words.phrase("validity_not_started", days=turn.words.days(facts.days_of_plan))


def picture(turn: Turn, png: bytes, alt: str, **values: object) -> Picture:
    """A picture inside the message itself; the phrase `alt` of data/responses says what it is."""
    url = "data:image/png;base64," + base64.b64encode(png).decode()
    return Picture(url, turn.words.phrase(alt, **values))


def link_to(turn: Turn, kind: links.Kind, number: str) -> str:
    """The address of a file about the order, good for an hour. The caller has checked ownership."""
    link = links.FileLink(kind, number, locale_of(turn.language, turn.voice.traditional))
    return links.address(link, settings().public_url, settings().secret("media"), turn.now)
