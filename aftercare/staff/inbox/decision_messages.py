"""Sends the traveller, in the chat in which they asked, the decision of staff on their refund or exchange.

It comes from the outbox of the order database, where it is stored with the decision.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from aftercare.base import money_and_dates
from aftercare.base.database import utc_now
from aftercare.base.voice import Voice
from aftercare.conversations.context import Desk
from aftercare.conversations.conversation import NoConversation
from aftercare.conversations.messages import NewMessage, TravellerMessage
from aftercare.conversations.texts import say
from aftercare.documents.refund_rules import payout_promise
from aftercare.orders.outbox import GiveUp, OutboxItem
from aftercare.orders.payouts import pays_itself
from aftercare.orders.support_hours import timezone
from aftercare.orders.tables import RefundRequest

DECISION = "decision_message"  # its kind in the outbox
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
    pays_itself: bool = False
    """Whether a payment provider pays it, rather than staff."""

    @classmethod
    def of(cls, session: Session, request: RefundRequest) -> DecidedRequest:
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
            pays_itself(session, request.purchase.number),
        )

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> DecidedRequest:
        """The request as `to_json` gave it."""
        arrives_by = kept["arrives_by"]
        return cls(**{**kept, "arrives_by": arrives_by and datetime.fromisoformat(arrives_by)})

    def to_json(self) -> dict[str, Any]:
        """The request as the outbox keeps it: as it was decided, whatever becomes of it later."""
        return {**vars(self), "arrives_by": self.arrives_by and self.arrives_by.isoformat()}

    def message(self, voice: Voice, note: str) -> str:
        """The message to the traveller: the decision with its figures, then the note of the staff."""
        decision = say(
            f"decision_{self.kind}_{self.state}",
            voice,
            number=self.number,
            amount=money_and_dates.money(self.amount_minor, self.currency),
            payout=""
            if self.arrives_by is None
            else payout_promise(
                voice.language,
                self.pays_itself,
                "card",
                money_and_dates.day(self.arrives_by, voice.language, timezone()),
            ),
        )
        return f"{decision}\n\n{note}" if note else decision


async def send(desk: Desk, item: OutboxItem) -> None:
    """Store the message of a decision once, in the chat that asked or else the one staff decided in.

    Raises:
        GiveUp: the traveller has deleted both.
    """
    decided, note = DecidedRequest.from_json(item.payload["decided"]), str(item.payload["note"])
    for conversation_id in dict.fromkeys(each for each in (decided.conversation_id, item.payload["here"]) if each):
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
        return
    raise GiveUp("the traveller has deleted the chat")
