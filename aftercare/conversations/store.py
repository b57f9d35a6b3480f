"""Reads and writes conversations; each method is one transaction, so a killed desk leaves no half-stored turn."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Literal

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import IntegrityError

from aftercare.base.database import give_space_back
from aftercare.base.language import written
from aftercare.base.sql import begin_to_write, insert
from aftercare.base.voice import Voice, decide, reported_language, voice_of_locale
from aftercare.conversations import statements, transactions
from aftercare.conversations.conversation import (
    Accepted,
    Claim,
    Conversation,
    NoConversation,
    Pending,
    StoredAnswers,
    TokenUse,
    Transcript,
)
from aftercare.conversations.line import (
    PlaceInLine,
    StaffCount,
    into_line,
    nobody_on_duty,
    out_of_line,
    place_in_line,
)
from aftercare.conversations.messages import (
    BACK_TO_ASSISTANT,
    Message,
    NewMessage,
    TravellerMessage,
    state_change,
)
from aftercare.conversations.owner import Owner
from aftercare.conversations.picture_texts import PictureText
from aftercare.conversations.reading import TurnReading
from aftercare.conversations.tables import ASSISTANT_STATES, conversation, picture, rating, readiness
from aftercare.understanding.other_languages import language_of

_TRIED_BYTES = 8192
LineState = Literal["waiting", "assistant"]
"""What a turn can lead to: into the line for a person, or out of it."""


class Store:
    """The desk's conversations. Blocking: call it from a worker thread (`aftercare.conversations.worker`)."""

    def __init__(self, engine: Engine, staff_on_duty: StaffCount = nobody_on_duty, owner: Owner | None = None) -> None:
        self.engine = engine
        self.staff_on_duty = staff_on_duty
        self.owner = Owner(engine) if owner is None else owner

    # --- conversations ---

    def open_conversation(self, channel: str, locale: str, now: datetime) -> Conversation:
        """Create a conversation; its id has 160 random bits."""
        conversation_id, voice = secrets.token_hex(20), voice_of_locale(locale)
        values = {
            "id": conversation_id,
            "channel": channel,
            "state": "assistant",
            "locale": locale,
            "language": voice.language,
            "script": voice.script,
            "last_seq": 0,
            "token_generation": 1,
            "token_used_at": now,
            "started_at": now,
            "updated_at": now,
        }
        with self.engine.begin() as connection:
            connection.execute(sa.insert(conversation).values(**values))
        return Conversation(conversation_id, channel, "assistant", locale, voice, 0, 1)

    def conversation(self, conversation_id: str) -> Conversation:
        """The conversation as it stands.

        Raises:
            NoConversation: it does not exist, or no longer.
        """
        with self.engine.connect() as connection:
            row = connection.execute(statements.CONVERSATION_BY_ID, {"key": conversation_id}).one_or_none()
        if row is None:
            raise NoConversation(conversation_id)
        return transactions.conversation_of(row)

    def use_token(self, conversation_id: str, use: TokenUse, now: datetime) -> Conversation | None:
        """The conversation, if a token of this generation still opens it, else None; records the use of a newer one."""
        with self.engine.begin() as connection:
            row = connection.execute(statements.CONVERSATION_BY_ID, {"key": conversation_id}).one_or_none()
            if row is None or not transactions.opens(connection, row, use, now):
                return None
            return transactions.conversation_of(row)

    def messages_after(self, conversation_id: str, seq: int, limit: int) -> list[Message]:
        """Up to `limit` stored messages after `seq`, oldest first."""
        with self.engine.connect() as connection:
            rows = connection.execute(
                statements.MESSAGES_AFTER.limit(limit), {"key": conversation_id, "after": seq}
            ).all()
        return [Message.from_row(row) for row in rows]

    def transcript(self, conversation_id: str) -> Transcript | None:
        """The conversation with all of its messages; None when it does not exist."""
        with self.engine.connect() as connection:
            row = connection.execute(statements.CONVERSATION_BY_ID, {"key": conversation_id}).one_or_none()
            if row is None:
                return None
            rows = connection.execute(statements.MESSAGES_AFTER, {"key": conversation_id, "after": 0}).all()
        return Transcript(transactions.conversation_of(row), [Message.from_row(each) for each in rows])

    def get_picture(self, picture_id: str) -> tuple[str, bytes] | None:
        """Media type and bytes of a stored picture; None when there is none with this id."""
        with self.engine.connect() as connection:
            row = connection.execute(
                sa.select(picture.c.media_type, picture.c.content).where(picture.c.id == picture_id)
            ).one_or_none()
        return None if row is None else (row.media_type, row.content)

    def delete(self, conversation_id: str) -> None:
        """Remove the conversation with its messages and pictures; the space they took is given back."""
        with self.engine.begin() as connection:
            connection.execute(sa.delete(conversation).where(conversation.c.id == conversation_id))
        give_space_back(self.engine)

    def sizes_of_pictures(self, conversation_id: str) -> tuple[int, int]:
        """Bytes that the pictures of this conversation take, and those of all."""
        size = sa.func.coalesce(sa.func.sum(sa.func.length(picture.c.content)), 0)
        with self.engine.connect() as connection:
            own = connection.execute(sa.select(size).where(picture.c.conversation_id == conversation_id)).scalar_one()
            return int(own), int(connection.execute(sa.select(size)).scalar_one())

    def try_write(self, name: str) -> None:
        """Write as much as a message takes, in the row `name`.

        Raises:
            sqlalchemy.exc.SQLAlchemyError: nothing can be stored now.
        """
        with self.engine.connect() as connection:
            begin_to_write(connection)
            tried = {"written": secrets.token_hex(_TRIED_BYTES // 2)}
            row = insert(connection, readiness).values(name=name, **tried)
            connection.execute(row.on_conflict_do_update(index_elements=["name"], set_=tried))
            connection.commit()

    # --- what travellers do ---

    def accept(self, conversation_id: str, use: TokenUse, message: TravellerMessage, now: datetime) -> Accepted:
        """Store a traveller's message once, however often it is sent.

        Raises:
            UnknownChoice: the choice was not offered here.
            NoConversation: it was deleted meanwhile, or the token does not open it any more.
        """
        try:
            return self._accept(conversation_id, use, message, now)
        except IntegrityError:  # the client id is there already
            with self.engine.connect() as connection:
                known = transactions.seq_of_client_id(connection, conversation_id, message.client_id)
            if known is None:
                raise
            return Accepted(known, [], None)

    def _accept(self, conversation_id: str, use: TokenUse, message: TravellerMessage, now: datetime) -> Accepted:
        with self.engine.connect() as connection:
            raw = transactions.lock_with_token(connection, conversation_id, use, now)
            found = transactions.conversation_of(raw)
            text, payload = message.text, message.payload
            if message.choice is not None:
                text, payload = transactions.offered(connection, found, message.choice)
            status, state = "pending", None
            if found.state == "closed":  # writing again opens it again
                state = "assistant"
            elif payload == BACK_TO_ASSISTANT:
                status, state = "kept", "assistant" if found.state == "waiting" else None
            elif found.state == "agent":
                status = "kept"
            # a label is in our words, perhaps of before the traveller chose another language
            voice = decide(written(text), before=found.voice) if payload is None else found.voice
            image = None
            if message.picture is not None:
                image = transactions.keep_picture(connection, conversation_id, message.picture, now)
            language = None if payload is not None else language_of(text, voice)
            new = NewMessage(
                text, "traveller", image=image, client_id=message.client_id, payload=payload, status=status
            )
            messages = [new]
            if state is not None and payload == BACK_TO_ASSISTANT:
                messages = [new, out_of_line(voice, transactions.last_offered(connection, conversation_id))]
            elif state is not None:
                messages = [state_change(state, voice), new]
            stored = transactions.append(connection, found, messages, now, state=state, voice=voice)
            seq, pending = stored[messages.index(new)].seq, None
            if status == "pending" and raw.first_unanswered is None:
                now_stands = replace(found, state=state or found.state, voice=voice, last_seq=stored[-1].seq)
                meanwhile = transactions.written_meanwhile(connection, found)
                line = self._place(connection, now_stands, now)
                pending = Pending(now_stands, seq, text, payload, image, meanwhile, line=line, at=now)
                self.owner.take(connection, conversation_id, now)
            connection.commit()
        return Accepted(seq, stored, pending, language)

    def _place(self, connection: Connection, found: Conversation, asked_at: datetime) -> PlaceInLine:
        """The place in the line, or the one of who asks for a person with a message sent `asked_at`."""
        since = found.in_line_since or asked_at
        return place_in_line(connection, found.id, since, self.staff_on_duty, waiting=found.state == "waiting")

    def store_rating(self, conversation_id: str, use: TokenUse, score: int, comment: str, now: datetime) -> None:
        """Store the traveller's rating, `score` 1 to 5; one per chapter, a later one replaces it.

        Raises:
            NoConversation: it was deleted meanwhile, or the token does not open it any more.
        """
        with self.engine.connect() as connection:
            found = transactions.conversation_of(transactions.lock_with_token(connection, conversation_id, use, now))
            mine = (rating.c.conversation_id == found.id, rating.c.chapter == found.chapter)
            values = {"score": score, "comment": comment, "at": now}
            if not connection.execute(sa.update(rating).where(*mine).values(**values)).rowcount:
                key = {"conversation_id": found.id, "chapter": found.chapter}
                connection.execute(sa.insert(rating).values(**key, **values))
            connection.commit()

    def set_language(self, conversation_id: str, use: TokenUse, locale: str, now: datetime) -> None:
        """Store the traveller's choice of language, for messages that show none themselves ("OK", a button).

        Raises:
            NoConversation: it was deleted meanwhile, or the token does not open it any more.
        """
        with self.engine.connect() as connection:
            found = transactions.conversation_of(transactions.lock_with_token(connection, conversation_id, use, now))
            voice = voice_of_locale(locale)
            connection.execute(
                sa.update(conversation)
                .where(conversation.c.id == found.id)
                .values(locale=locale, language=voice.language, script=voice.script or found.voice.script)
            )
            connection.commit()

    # --- turns of the assistant ---

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
            told = raw.stored_answers + len(answers)
            as_column = None if reading is None else replace(reading, answers=told).to_json()
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

    # --- what staff do ---

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


def _voice_of(reading: TurnReading | None, before: Voice) -> Voice:
    """The voice Rasa answered in, which respects "please speak English"; `before` when Rasa gave no reading."""
    return decide(reported_language(reading.language, reading.script), before=before) if reading else before
