"""Turns of the assistant: what is to be answered, the answers, reminders; each method is one transaction."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Literal

from sqlalchemy.engine import Connection

from aftercare.base.voice import Voice, decide, reported_language
from aftercare.conversations import statements, transactions
from aftercare.conversations.conversation import Conversation, NoConversation, Pending, StoredAnswers
from aftercare.conversations.line import into_line, out_of_line
from aftercare.conversations.messages import Message, NewMessage, TravellerMessage
from aftercare.conversations.picture_texts import PictureText
from aftercare.conversations.reading import TurnReading
from aftercare.conversations.store_base import StoreBase
from aftercare.conversations.tables import ASSISTANT_STATES, conversation

LineState = Literal["waiting", "assistant"]
"""What a turn can lead to: into the line for a person, or out of it."""


class TurnStore(StoreBase):
    """Pending messages, their answers, and what the assistant says by itself."""

    def take_pending(self, conversation_id: str, now: datetime) -> Pending | None:
        """The oldest message whose turn is not finished, if it is for this desk to have it answered."""
        if not self.owner.shares:
            return self.next_pending(conversation_id)
        with self.engine.connect() as connection:
            try:
                raw = transactions.lock(connection, conversation_id)
            except NoConversation:
                return None
            if not self.owner.may_take(raw, now):
                return None
            pending = self._next_pending(connection, conversation_id)
            if pending is None:
                self.owner.give_up(connection, raw)
            else:
                self.owner.take(connection, conversation_id, now)
            connection.commit()
        return pending

    def next_pending(self, conversation_id: str) -> Pending | None:
        """The oldest message whose turn is not finished."""
        with self.engine.connect() as connection:
            return self._next_pending(connection, conversation_id)

    def _next_pending(self, connection: Connection, conversation_id: str) -> Pending | None:
        row = connection.execute(statements.NEXT_PENDING, {"key": conversation_id}).first()
        if row is None:
            return None
        found = transactions.conversation_of(row)
        meanwhile = transactions.written_meanwhile(connection, found)
        line = self._place(connection, found, row.at)
        typed = row.payload is None and row.text != "" and row.stored_answers == 0
        pictures = transactions.read_in_pictures(connection, conversation_id) if typed else None
        return Pending(
            found, row.seq, row.text, row.payload, row.image, meanwhile, row.stored_answers, line, pictures, row.at
        )

    def is_followed(self, conversation_id: str, seq: int) -> bool:
        """Whether the traveller typed something or sent a picture after message `seq` that waits for its turn."""
        with self.engine.connect() as connection:
            known = {"key": conversation_id, "number": seq}
            return bool(connection.execute(statements.FOLLOWED, known).scalar_one())

    def read_in_pictures(self, conversation_id: str, own: int) -> PictureText | None:
        """What was read in pictures and not asked about yet; the latest `own` answers are those of the turn itself."""
        with self.engine.connect() as connection:
            return transactions.read_in_pictures(connection, conversation_id, own)

    def take_over(self, working_on: Collection[str], now: datetime) -> list[str]:
        """Renew the lease of conversations this desk works on; take those with unfinished turns that no desk has."""
        with self.engine.begin() as connection:
            if working_on:
                self.owner.renew(connection, working_on, now)
        with self.engine.begin() as connection:
            return self.owner.take_unanswered(connection, now)

    def leave(self) -> None:
        """This desk stops: let others go on with its conversations."""
        with self.engine.begin() as connection:
            self.owner.give_up_all(connection)

    def pending_conversations(self) -> list[str]:
        """Conversations with unfinished turns, for the start after a stop or a crash."""
        with self.engine.connect() as connection:
            return list(connection.execute(statements.PENDING_CONVERSATIONS).scalars())

    def keep_pending(self, conversation_id: str) -> None:
        """Mark every pending message `kept`: a member of the staff has the conversation, the assistant answers none."""
        with self.engine.begin() as connection:
            connection.execute(statements.KEEP_PENDING, {"key": conversation_id, "begun": 0})

    def store_answers(
        self, conversation_id: str, seq: int, answers: Sequence[NewMessage], now: datetime
    ) -> StoredAnswers:
        """Store the answers to message `seq` so far, while its turn goes on.

        Those of an earlier call are not stored again: Rasa, killed before it stored the turn, gives all of them anew.
        Nor is anything stored that `finish_turn` would not store.

        Raises:
            NoConversation: it was deleted meanwhile.
        """
        with self.engine.connect() as connection:
            raw = transactions.lock(connection, conversation_id)
            found = transactions.conversation_of(raw)
            new = answers[raw.stored_answers :]
            taken_over = raw.stored_answers and found.state == "agent"
            if raw.first_unanswered != seq or taken_over or not new:
                return StoredAnswers([], raw.unanswered > 0, found.state)
            statements.SET_STORED_ANSWERS.run(connection, {"key": conversation_id, "number": len(answers)})
            stored = transactions.append(connection, found, new, now)
            connection.commit()
        return StoredAnswers(stored, more=True, state=found.state)

    def finish_turn(
        self,
        conversation_id: str,
        seq: int,
        answers: Sequence[NewMessage],
        now: datetime,
        *,
        reading: TurnReading | None = None,
        status: str = "answered",
        state: LineState | None = None,
        remind_at: datetime | None = None,
    ) -> StoredAnswers:
        """Store the last answers to message `seq` with how it was understood, and the state it led to.

        Who waits already keeps the place, and only who waits can leave the line. At `remind_at` the assistant asks
        again, unless something is said before.
        Nothing is stored when the message was answered before, or a person took the conversation over.

        Raises:
            NoConversation: it was deleted meanwhile.
        """
        with self.engine.connect() as connection:
            raw = transactions.lock(connection, conversation_id)
            found = transactions.conversation_of(raw)
            stored_answers = raw.stored_answers + len(answers)
            as_column = None if reading is None else replace(reading, answers=stored_answers).to_json()
            done = {"key": conversation_id, "number": seq, "now_is": status, "reading": as_column}
            if statements.FINISH_MESSAGE.run(connection, done) != 1:
                return StoredAnswers([], raw.unanswered > 0, found.state)
            if raw.stored_answers:
                statements.SET_STORED_ANSWERS.run(connection, {"key": conversation_id, "number": 0})
            if raw.unanswered <= 1:
                self.owner.give_up(connection, raw)
            voice = _voice_of(reading, found.voice)
            messages, asked_at = list(answers), None
            if (found.state, state) not in (("assistant", "waiting"), ("waiting", "assistant")):
                state = None
            if state == "assistant":
                offered = messages[-1].choices if messages else transactions.last_offered(connection, conversation_id)
                messages.append(out_of_line(voice, offered))
            if state == "waiting":
                asked_at = connection.execute(statements.ASKED_AT, {"key": conversation_id, "number": seq}).scalar_one()
                messages.append(into_line(self._place(connection, found, asked_at), voice, now))
            if state == "waiting" or found.state not in ASSISTANT_STATES:
                remind_at = None
            found = replace(found, resumed=False)
            stored = transactions.append(
                connection,
                found,
                messages,
                now,
                state=state,
                voice=voice,
                remind_at=remind_at,
                in_line_since=asked_at,
            )
            connection.commit()
        return StoredAnswers(stored, raw.unanswered > 1, state or found.state)

    def store_own_answers(
        self, conversation_id: str, message: TravellerMessage, answers: Sequence[NewMessage], now: datetime
    ) -> list[Message]:
        """Store a message that the desk answers itself, with the answers; without text and picture only the answers.

        Once per client id: repeated, nothing is stored.

        Raises:
            NoConversation: it does not exist, or no longer.
        """
        with self.engine.connect() as connection:
            found = transactions.conversation_of(transactions.lock(connection, conversation_id))
            if transactions.seq_of_client_id(connection, conversation_id, message.client_id) is not None:
                return []
            messages = list(answers)
            if message.text or message.picture:
                image = None
                if message.picture is not None:
                    image = transactions.keep_picture(connection, conversation_id, message.picture, now)
                messages.insert(0, NewMessage(message.text, "traveller", image=image, status="answered"))
            messages[0] = replace(messages[0], client_id=message.client_id)
            stored = transactions.append(connection, found, messages, now)
            connection.commit()
        return stored

    def due_reminders(self, now: datetime) -> list[Conversation]:
        """Conversations whose reminder is due while no person has them, longest waiting first.

        Not while a turn is unfinished: Rasa knows a message again only while that is its latest one.
        """
        with self.engine.begin() as connection:
            due = statements.DUE_REMINDERS
            if self.owner.shares:
                mine = self.owner.take_due(connection, statements.REMINDER_IS_DUE.params(now=now), now)
                due = due.where(conversation.c.id.in_(mine))
            rows = connection.execute(due, {"now": now})
            return [transactions.conversation_of(row) for row in rows]

    def finish_reminder(
        self, conversation_id: str, last_seq: int, answers: Sequence[NewMessage], now: datetime
    ) -> list[Message]:
        """Store a reminder; nothing when something was said since `last_seq`, or a person has the conversation."""
        with self.engine.connect() as connection:
            try:
                raw = transactions.lock(connection, conversation_id)
            except NoConversation:
                return []
            found = transactions.conversation_of(raw)
            if raw.remind_at is None or found.last_seq != last_seq or found.state not in ASSISTANT_STATES:
                return []
            self.owner.give_up(connection, raw)
            stored = transactions.append(connection, found, answers, now)
            connection.commit()
        return stored


def _voice_of(reading: TurnReading | None, before: Voice) -> Voice:
    """The voice Rasa answered in, which respects "please speak English"; `before` when Rasa gave no reading."""
    return decide(reported_language(reading.language, reading.script), before=before) if reading else before
