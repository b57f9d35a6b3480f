"""Tells travellers what has happened to an order after they asked for it, in the chat in which they did."""

from __future__ import annotations

from aftercare.base.database import utc_now
from aftercare.conversations.context import Desk
from aftercare.conversations.conversation import NoConversation
from aftercare.conversations.messages import NewMessage, TravellerMessage
from aftercare.conversations.texts import say
from aftercare.orders.outbox import OutboxItem


async def tell(desk: Desk, item: OutboxItem) -> None:
    """Store the message once; nothing where the traveller has deleted the chat."""
    conversation_id, name = str(item.payload["conversation"]), str(item.payload["phrase"])
    try:
        conversation = await desk.worker.run(desk.store.conversation, conversation_id)
        text = say(f"order_message_{name}", conversation.voice, **item.payload["values"])
        once = TravellerMessage(f"@{item.key}"[:64])  # a traveller's client id cannot begin so
        message = NewMessage(text, "system", name=f"desk.{name}")
        stored = await desk.worker.run(desk.store.store_own_answers, conversation_id, once, [message], utc_now())
    except NoConversation:
        return
    desk.hub.publish_stored(conversation_id, stored)
