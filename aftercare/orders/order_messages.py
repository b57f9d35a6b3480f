"""What a traveller is told in the chat when something about an order has happened later; through the outbox."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.orm import Session

from aftercare.orders.outbox import put

ORDER_MESSAGE = "order_message"  # its kind in the outbox


def put_message(
    session: Session, key: str, conversation_id: str, phrase: str, values: Mapping[str, str], now: datetime
) -> None:
    """Say the phrase `order_message_<phrase>` of data/responses in a conversation, once for each key."""
    payload = {"conversation": conversation_id, "phrase": phrase, "values": dict(values)}
    put(session, ORDER_MESSAGE, f"{ORDER_MESSAGE}:{key}", payload, now)
