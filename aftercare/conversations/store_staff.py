"""What staff do in a conversation; each method is one transaction."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import sqlalchemy as sa

from aftercare.conversations import statements, transactions
from aftercare.conversations.conversation import Accepted, Claim
from aftercare.conversations.line import into_line, place_in_line
from aftercare.conversations.messages import Message, NewMessage, state_change
from aftercare.conversations.store_base import StoreBase
from aftercare.conversations.tables import conversation


class StaffStore(StoreBase):
    """Claim, reply, release, close."""

    def held_by(self, staff_id: str) -> list[str]:
        """Conversations that a member of the staff has."""
        held = sa.select(conversation.c.id).where(conversation.c.agent_id == staff_id, conversation.c.state == "agent")
        with self.engine.connect() as connection:
            return list(connection.execute(held).scalars())

    def claim(
        self, conversation_id: str, staff_id: str, name: str, now: datetime, *, expected: str | None
    ) -> Claim | None:
        """Give the conversation to a member of the staff, if `expected` (None: nobody) still has it.

        Taking it from a colleague, or passing it on to one, is a claim with `expected` = who has it. A closed
        conversation is opened again. None when somebody else was faster.

        Raises:
            NoConversation: it does not exist, or no longer.
        """
        with self.engine.connect() as connection:
            raw = transactions.lock(connection, conversation_id)
            found = transactions.conversation_of(raw)
            if found.agent_id != expected:
                return None
            if expected == staff_id:
                return Claim([])
            change = state_change("agent", found.voice, name)
            stored = transactions.append(connection, found, [change], now, state="agent", agent=(staff_id, name))
            # what the assistant has not begun to answer is the person's now
            begun = raw.first_unanswered if raw.stored_answers else 0
            connection.execute(statements.KEEP_PENDING, {"key": conversation_id, "begun": begun})
            connection.commit()
        return Claim(stored)

    def reply(
        self,
        conversation_id: str,
        staff_id: str,
        text: str,
        now: datetime,
        *,
        picture: tuple[str, bytes] | None = None,
        client_id: str,
    ) -> Accepted:
        """Store what a member of the staff writes, once per `client_id` (up to 63 characters, of the staff's making).

        Raises:
            NotYours: they do not have the conversation.
            NoConversation: it does not exist, or no longer.
            ValueError: neither text nor picture, or a client id that is too long.
        """
        sent_as = f"@{client_id}"  # a traveller's client id cannot begin so
        if not (text or picture) or not 2 <= len(sent_as) <= 64:
            raise ValueError("a reply has a text or a picture, and a client id of 1 to 63 characters")
        with self.engine.connect() as connection:
            found = transactions.conversation_of(transactions.lock(connection, conversation_id))
            known = transactions.seq_of_client_id(connection, conversation_id, sent_as)
            if known is not None:
                return Accepted(known, [], None)
            transactions.must_hold(found, staff_id)
            image = None
            if picture is not None:
                image = transactions.keep_picture(connection, conversation_id, picture, now)
            new = NewMessage(text, "agent", image=image, agent=found.agent_name, client_id=sent_as)
            stored = transactions.append(connection, found, [new], now)
            connection.commit()
        return Accepted(stored[0].seq, stored, None)

    def seq_of_reply(self, conversation_id: str, client_id: str) -> int | None:
        """The number of the message that `reply` stored under this client id; None when there is none."""
        with self.engine.connect() as connection:
            return transactions.seq_of_client_id(connection, conversation_id, f"@{client_id}")

    def release(self, conversation_id: str, staff_id: str, now: datetime, *, to: str = "assistant") -> list[Message]:
        """Give a conversation one has back to the assistant, or into the queue (`to="waiting"`).

        The assistant stands where it stood before: its last question is asked again with its choices, and what was
        written meanwhile is not answered, but known. In the queue it stands since what nobody has answered.

        Raises:
            NotYours: they do not have the conversation.
            NoConversation: it does not exist, or no longer.
            ValueError: `to` is neither.
        """
        if to not in ("assistant", "waiting"):
            raise ValueError(to)
        with self.engine.connect() as connection:
            found = transactions.conversation_of(transactions.lock(connection, conversation_id))
            transactions.must_hold(found, staff_id)
            since: datetime | None = None
            if to == "assistant":
                offered = transactions.last_offered(connection, conversation_id)
                change = replace(state_change(to, found.voice), choices=offered)
            else:
                owed = connection.execute(statements.OWED_SINCE, {"key": conversation_id}).scalar_one()
                since = owed or now
                place = place_in_line(connection, conversation_id, since, self.staff_on_duty, waiting=True)
                change = into_line(place, found.voice, now)
            stored = transactions.append(connection, found, [change], now, state=to, in_line_since=since)
            connection.commit()
        return stored

    def close(self, conversation_id: str, staff_id: str | None, now: datetime) -> list[Message]:
        """End a conversation; the traveller opens it again by writing.

        Staff may close what they have or nobody has; with `staff_id` None the traveller closes it. Closing what is
        closed stores nothing.

        Raises:
            NotYours: another member of staff has it.
            NoConversation: it does not exist, or no longer.
        """
        with self.engine.connect() as connection:
            found = transactions.conversation_of(transactions.lock(connection, conversation_id))
            if found.state == "closed":
                return []
            if staff_id is not None and found.agent_id is not None:
                transactions.must_hold(found, staff_id)
            change = state_change("closed", found.voice, found.agent_name)
            stored = transactions.append(connection, found, [change], now, state="closed")
            connection.commit()
        return stored
