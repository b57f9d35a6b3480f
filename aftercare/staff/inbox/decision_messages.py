"""Sends the traveller, in the chat in which they asked, the decision of staff on their refund or exchange."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from aftercare.base import money_and_dates
from aftercare.base.database import utc_now
from aftercare.base.voice import Voice
from aftercare.conversations.context import Desk
from aftercare.conversations.conversation import NoConversation
from aftercare.conversations.messages import NewMessage, TravellerMessage
from aftercare.conversations.texts import say
from aftercare.orders.support_hours import timezone
from aftercare.orders.tables import RefundRequest

REFUND_REVIEW = "refund_review"  # the reason of the ticket that asked for the decision


@dataclass(frozen=True)
class DecidedRequest:
    """A request that staff decided on; `amount_minor` in minor units of `currency`."""

    id: int
    kind: str
    state: str
    number: str
    amount_minor: int
    currency: str
    arrives_by: datetime | None
    conversation_id: str | None

    @classmethod
    def of(cls, request: RefundRequest) -> DecidedRequest:
        """Read the row while its session is open."""
        return cls(
            request.id,
            request.kind,
            request.state,
            request.purchase.number,
            request.amount_minor,
            request.currency,
            request.arrives_by,
            request.conversation_id,
        )

    def message(self, voice: Voice, note: str) -> str:
        """The message to the traveller: the decision with its figures, then the note of the staff."""
        decision = say(
            f"decision_{self.kind}_{self.state}",
            voice,
            number=self.number,
            amount=money_and_dates.money(self.amount_minor, self.currency),
            day=money_and_dates.day(self.arrives_by, voice.language, timezone()) if self.arrives_by else "",
        )
        return f"{decision}\n\n{note}" if note else decision


async def send_decision(desk: Desk, decided: DecidedRequest, here: str, note: str) -> bool:
    """Send it once, into the chat that asked or else the one staff decided in; False when neither exists."""
    for conversation_id in dict.fromkeys((decided.conversation_id or here, here)):
        try:
            conversation = await desk.worker.run(desk.store.conversation, conversation_id)
            message = NewMessage(
                decided.message(conversation.voice, note), "system", name=f"desk.{decided.kind}_{decided.state}"
            )
            once = TravellerMessage(f"@decided-{decided.id}-{decided.state}")  # a traveller's client id cannot begin so
            stored = await desk.worker.run(desk.store.store_own_answers, conversation_id, once, [message], utc_now())
        except NoConversation:
            continue
        desk.hub.publish_stored(conversation_id, stored)
        return True
    return False
