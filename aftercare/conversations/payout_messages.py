"""Tells travellers, in the chat in which they asked, what really became of their refund's money."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from aftercare.base import money_and_dates
from aftercare.base.database import utc_now
from aftercare.conversations.context import Desk
from aftercare.conversations.conversation import NoConversation
from aftercare.conversations.messages import NewMessage, TravellerMessage
from aftercare.conversations.texts import say
from aftercare.orders.outbox import OutboxItem
from aftercare.orders.support_hours import timezone
from aftercare.orders.tables import Payout


@dataclass(frozen=True)
class _News:
    conversation_id: str
    number: str
    amount: str
    at: datetime


async def tell(desk: Desk, item: OutboxItem) -> None:
    """Store the message once; nothing where the state has moved on, or where the traveller has deleted the chat."""
    state = str(item.payload["state"])
    news = await desk.orders_worker.run(_news, desk.orders, int(item.payload["payout"]), state)
    if news is None:
        return
    try:
        conversation = await desk.worker.run(desk.store.conversation, news.conversation_id)
        voice = conversation.voice
        text = say(
            f"payout_message_{state}",
            voice,
            number=news.number,
            amount=news.amount,
            **({} if state == "failed" else {"day": money_and_dates.day(news.at, voice.language, timezone())}),
        )
        once = TravellerMessage(f"@{item.key}")  # a traveller's client id cannot begin so
        message = NewMessage(text, "system", name=f"desk.payout_{state}")
        stored = await desk.worker.run(desk.store.store_own_answers, news.conversation_id, once, [message], utc_now())
    except NoConversation:
        return
    desk.hub.publish_stored(news.conversation_id, stored)


def _news(orders: Engine, payout_id: int, state: str) -> _News | None:
    with Session(orders, future=True) as session:
        payout = session.get(Payout, payout_id)
        if payout is None or payout.state != state or not payout.request.conversation_id:
            return None
        at = {"sent": payout.sent_at, "paid": payout.paid_at}.get(state)
        return _News(
            payout.request.conversation_id,
            payout.request.purchase.number,
            money_and_dates.money(payout.amount_minor, payout.currency),
            at or utc_now(),
        )
