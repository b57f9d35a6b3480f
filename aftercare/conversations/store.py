"""Reads and writes conversations; each method is one transaction, so a killed desk leaves no half-stored turn."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine, Row
from sqlalchemy.exc import IntegrityError

from aftercare.base.language import written
from aftercare.base.sql import PreparedStatement, begin_to_write
from aftercare.conversations.tables import conversation, event, picture, rating
from aftercare.conversations.texts import Voice, say, voice_of_locale

# states in which a person has the conversation, or is to have it: the assistant stays silent
HELD = ("waiting", "agent")
# the payload of the desk's own button; the engine never sees it
BACK_TO_ASSISTANT = "desk:assistant"
_CHOICE = re.compile(r"([0-9]{1,9})-(c?)([0-9]{1,3})")
# answers after which the traveller is asked how it went
_GOODBYE = "utter_goodbye"


class UnknownChoice(Exception):
    """The button was never offered in this conversation; `voice` is how to say so."""

    def __init__(self, voice: Voice) -> None:
        super().__init__()
        self.voice = voice


class NoConversation(Exception):
    """The conversation does not exist, or no longer."""


class NotYours(Exception):
    """Somebody else of the staff has the conversation, or nobody; `agent` is their name."""

    def __init__(self, agent: str | None) -> None:
        super().__init__(agent)
        self.agent = agent


@dataclass(frozen=True)
class Conversation:
    """A conversation as it stands."""

    id: str
    channel: str
    state: str
    locale: str
    voice: Voice
    last_seq: int
    token_generation: int
    agent_id: str | None = None
    agent_name: str | None = None
    waiting_since: datetime | None = None
    closed_at: datetime | None = None
    chapter: int = 1
    resumed: bool = False


@dataclass(frozen=True)
class Card:
    """A plan or the like to look at; `action` is the title of its button, "" when it has none."""

    title: str
    lines: tuple[str, ...]
    price: str
    reason: str
    action: str


@dataclass(frozen=True)
class Event:
    """One stored line of a conversation; `seq` rises by one from 1."""

    seq: int
    at: datetime
    kind: str
    sender: str
    text: str
    choices: tuple[str, ...] = ()
    image: str | None = None
    agent: str | None = None
    state: str | None = None
    cards: tuple[Card, ...] = ()
    rate: bool = False

    def as_json(self) -> dict[str, Any]:
        """The event of the chat API; payloads and how a message was understood stay inside."""
        body: dict[str, Any] = {
            "seq": self.seq,
            "at": self.at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "kind": self.kind,
            "from": self.sender,
            "text": self.text,
            "choices": [{"id": f"{self.seq}-{index}", "title": title} for index, title in enumerate(self.choices)],
        }
        optional = {"image": self.image, "agent": self.agent, "state": self.state}
        body |= {key: value for key, value in optional.items() if value is not None}
        if self.cards:
            body["cards"] = [self._card(index, card) for index, card in enumerate(self.cards)]
        if self.rate:
            body["rate"] = True
        return body

    def _card(self, index: int, card: Card) -> dict[str, Any]:
        body = {"title": card.title, "lines": list(card.lines), "price": card.price, "reason": card.reason}
        return body | ({"choice": {"id": f"{self.seq}-c{index}", "title": card.action}} if card.action else {})


@dataclass(frozen=True)
class Incoming:
    """What a traveller sends: typed text, or the id of a choice, or a picture (media type and bytes)."""

    client_id: str
    text: str = ""
    choice: str | None = None
    picture: tuple[str, bytes] | None = None


@dataclass(frozen=True)
class TokenUse:
    """The generation of the token that is shown.

    The first use of a newer generation ends the one before after `grace` seconds: time for a second tab to follow, and
    a traveller whose network dropped the new token keeps the old.
    """

    generation: int
    grace: float


@dataclass(frozen=True)
class Pending:
    """The message whose turn it is; `meanwhile` is what was written to a person just before.

    `answered`: the traveller has an answer, but Rasa may not have stored the turn and is asked again.
    """

    conversation: Conversation
    seq: int
    text: str
    payload: str | None
    image: str | None
    meanwhile: tuple[str, ...] = ()
    answered: bool = False


@dataclass(frozen=True)
class Accepted:
    """`seq` of the message; what was stored (nothing if this client id came before); its turn, if none is before it."""

    seq: int
    stored: list[Event]
    pending: Pending | None


@dataclass(frozen=True)
class Finished:
    """What a turn stored, whether more messages of the conversation are unanswered, and its state."""

    stored: list[Event]
    more: bool
    state: str


@dataclass(frozen=True)
class Claim:
    """A member of the staff has the conversation now; `stored` is empty when it was theirs already."""

    stored: list[Event]


@dataclass(frozen=True)
class Outgoing:
    """An answer to store. `choices` are {"title", "payload"}; `cards` as in `aftercare.conversations.tables`."""

    text: str = ""
    sender: str = "assistant"
    kind: str = "message"
    choices: Sequence[Mapping[str, str]] = ()
    image: str | None = None
    cards: Sequence[Mapping[str, Any]] = ()
    custom: Mapping[str, Any] | None = None
    name: str | None = None
    agent: str | None = None
    state: str | None = None

    def columns(self) -> dict[str, Any]:
        """The values of its row."""
        return {
            "kind": self.kind,
            "sender": self.sender,
            "text": self.text,
            "choices": [dict(choice) for choice in self.choices] or None,
            "image": self.image,
            "cards": [dict(card) for card in self.cards] or None,
            "custom": None if self.custom is None else dict(self.custom),
            "name": self.name,
            "agent": self.agent,
            "state": self.state,
            "client_id": None,
            "payload": None,
            "status": None,
        }


@dataclass
class Transcript:
    """Everything a traveller may take away of a conversation."""

    conversation: Conversation
    events: list[Event] = field(default_factory=list)


def state_change(state: str, voice: Voice, agent: str | None = None) -> Outgoing:
    """The line both sides see when the conversation passes to somebody else."""
    choices: list[dict[str, str]] = []
    if state == "waiting":
        choices = [{"title": say("back_to_assistant", voice), "payload": BACK_TO_ASSISTANT}]
    text = say(state, voice, agent=agent)
    return Outgoing(text=text, sender="system", kind="state", choices=choices, state=state, agent=agent)


class Store:
    """The desk's conversations. Blocking: call it from a worker thread (`aftercare.conversations.worker`)."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def open_conversation(self, channel: str, locale: str, now: datetime) -> Conversation:
        """A new conversation with an id nobody can guess."""
        voice = voice_of_locale(locale)
        values = {
            "id": secrets.token_hex(20),
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
        return Conversation(values["id"], channel, "assistant", locale, voice, 0, 1)  # type: ignore[arg-type]

    def conversation(self, conversation_id: str) -> Conversation:
        """The conversation as it stands.

        Raises:
            NoConversation: it does not exist, or no longer.
        """
        with self.engine.connect() as connection:
            row = connection.execute(_CONVERSATION_BY_ID, {"key": conversation_id}).one_or_none()
        if row is None:
            raise NoConversation(conversation_id)
        return _conversation(row)

    def use_token(self, conversation_id: str, use: TokenUse, now: datetime) -> Conversation | None:
        """The conversation, if a token of this generation still opens it."""
        with self.engine.begin() as connection:
            row = connection.execute(_CONVERSATION_BY_ID, {"key": conversation_id}).one_or_none()
            if row is None or not _opens(connection, row, use, now):
                return None
            return _conversation(row)

    def accept(self, conversation_id: str, use: TokenUse, message: Incoming, now: datetime) -> Accepted:
        """Store a traveller's message once, however often it is sent.

        Raises:
            UnknownChoice: the choice was not offered here.
            NoConversation: it was deleted meanwhile, or the token does not open it any more.
        """
        try:
            return self._accept(conversation_id, use, message, now)
        except IntegrityError:  # the client id is there already
            with self.engine.connect() as connection:
                known = connection.execute(
                    _SEQ_BY_CLIENT_ID, {"key": conversation_id, "sent_as": message.client_id}
                ).scalar_one_or_none()
            if known is None:
                raise
            return Accepted(known, [], None)

    def _accept(self, conversation_id: str, use: TokenUse, message: Incoming, now: datetime) -> Accepted:
        with self.engine.connect() as connection:
            raw = _lock(connection, conversation_id)
            if not _opens(connection, raw, use, now):
                raise NoConversation(conversation_id)
            found = _conversation(raw)
            text, payload = message.text, None
            if message.choice is not None:
                text, payload = _offered(connection, found, message.choice)
            status, state = "pending", None
            if found.state == "closed":  # writing again opens it again
                state = "assistant"
            elif payload == BACK_TO_ASSISTANT:
                status, state = "kept", "assistant" if found.state == "waiting" else None
            elif found.state in HELD:
                status = "kept"
            # the title of a choice is in our words, perhaps of before the traveller chose another language
            voice = heard(text, found.voice) if message.choice is None else found.voice
            row: dict[str, Any] = {
                **Outgoing(text=text, sender="traveller").columns(),
                "client_id": message.client_id,
                "payload": payload,
                "status": status,
            }
            if message.picture is not None:
                row["image"] = _keep_picture(connection, conversation_id, *message.picture, now)
            rows = [row]
            if state is not None:
                change = state_change(state, voice).columns()
                rows = [row, change] if payload == BACK_TO_ASSISTANT else [change, row]
            stored = _append(connection, found, rows, now, state=state, voice=voice)
            meanwhile = _meanwhile(connection, found)
            connection.commit()
        seq = stored[rows.index(row)].seq
        now_stands = replace(found, state=state or found.state, voice=voice, last_seq=stored[-1].seq)
        alone = status == "pending" and raw.first_unanswered is None
        pending = Pending(now_stands, seq, text, payload, row["image"], meanwhile)
        return Accepted(seq, stored, pending if alone else None)

    def next_pending(self, conversation_id: str) -> Pending | None:
        """The oldest message whose turn is not finished."""
        with self.engine.connect() as connection:
            row = connection.execute(_NEXT_PENDING, {"key": conversation_id}).first()
            if row is None:
                return None
            found = _conversation(row)
            meanwhile = _meanwhile(connection, found)
            return Pending(found, row.seq, row.text, row.payload, row.image, meanwhile, row.told > 0)

    def pending_conversations(self) -> list[str]:
        """Conversations with unfinished turns, for the start after a stop or a crash."""
        with self.engine.connect() as connection:
            found = connection.execute(
                sa.select(event.c.conversation_id).where(event.c.status == "pending").distinct()
            ).scalars()
            return list(found)

    def keep_pending(self, conversation_id: str) -> None:
        """A person has the conversation: what is still unanswered waits for them, not for the assistant."""
        with self.engine.begin() as connection:
            connection.execute(_KEEP, {"key": conversation_id, "begun": 0})

    def tell(self, conversation_id: str, seq: int, answers: Sequence[Outgoing], now: datetime) -> Finished:
        """Store the answers to message `seq` so far, while its turn goes on.

        Those of an earlier call are not stored again: Rasa, killed before it stored the turn, says all of them anew.
        Nor is anything stored that `finish_turn` would not store.

        Raises:
            NoConversation: it was deleted meanwhile.
        """
        with self.engine.connect() as connection:
            raw = _lock(connection, conversation_id)
            found = _conversation(raw)
            rows = [answer.columns() for answer in answers[raw.told :]]
            if raw.first_unanswered != seq or (raw.told and found.state in HELD) or not rows:
                return Finished([], raw.unanswered > 0, found.state)
            _TOLD.run(connection, {"key": conversation_id, "number": len(answers)})
            stored = _append(connection, found, rows, now, state=None, voice=found.voice)
            connection.commit()
        return Finished(stored, more=True, state=found.state)

    def finish_turn(
        self,
        conversation_id: str,
        seq: int,
        answers: Sequence[Outgoing],
        now: datetime,
        *,
        turn: Mapping[str, Any] | None = None,
        status: str = "answered",
        state: str | None = None,
        remind_at: datetime | None = None,
    ) -> Finished:
        """Store the last answers to message `seq` with how it was understood, and the state it led to.

        At `remind_at` the assistant asks again, unless something is said before.
        Nothing is stored when the message was answered before, or a person took the conversation over.

        Raises:
            NoConversation: it was deleted meanwhile.
        """
        with self.engine.connect() as connection:
            raw = _lock(connection, conversation_id)
            found = _conversation(raw)
            understood = None if turn is None else dict(turn)
            done = {"key": conversation_id, "number": seq, "now_is": status, "was": understood}
            if _FINISH.run(connection, done) != 1:
                return Finished([], raw.unanswered > 0, found.state)
            if raw.told:
                _TOLD.run(connection, {"key": conversation_id, "number": 0})
            voice = _told(turn, found.voice)
            rows = [answer.columns() for answer in answers]
            if state is not None and found.state == "assistant":
                rows.append(state_change(state, voice).columns())
            else:
                state = None
            if (state or found.state) != "assistant":
                remind_at = None
            found = replace(found, resumed=False)
            stored = _append(connection, found, rows, now, state=state, voice=voice, remind_at=remind_at)
            connection.commit()
        return Finished(stored, raw.unanswered > 1, state or found.state)

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
            raw = _lock(connection, conversation_id)
            found = _conversation(raw)
            if found.agent_id != expected:
                return None
            if expected == staff_id:
                return Claim([])
            row = state_change("agent", found.voice, name).columns()
            stored = _append(connection, found, [row], now, state="agent", voice=found.voice, agent=(staff_id, name))
            # what the assistant has not begun to answer is the person's now
            connection.execute(_KEEP, {"key": conversation_id, "begun": raw.first_unanswered if raw.told else 0})
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
            found = _conversation(_lock(connection, conversation_id))
            known = connection.execute(
                _SEQ_BY_CLIENT_ID, {"key": conversation_id, "sent_as": sent_as}
            ).scalar_one_or_none()
            if known is not None:
                return Accepted(known, [], None)
            _must_hold(found, staff_id)
            row = {**Outgoing(text=text, sender="agent", agent=found.agent_name).columns(), "client_id": sent_as}
            if picture is not None:
                row["image"] = _keep_picture(connection, conversation_id, *picture, now)
            stored = _append(connection, found, [row], now, state=None, voice=found.voice)
            connection.commit()
        return Accepted(stored[0].seq, stored, None)

    def hand_back(self, conversation_id: str, staff_id: str, now: datetime, *, to: str = "assistant") -> list[Event]:
        """Give a conversation one has back to the assistant, or into the queue (`to="waiting"`).

        The assistant stands where it stood before: its last question is asked again with its choices, and what was
        written meanwhile is not answered, but known.

        Raises:
            NotYours: they do not have the conversation.
            NoConversation: it does not exist, or no longer.
        """
        if to not in ("assistant", "waiting"):
            raise ValueError(to)
        with self.engine.connect() as connection:
            found = _conversation(_lock(connection, conversation_id))
            _must_hold(found, staff_id)
            row = state_change(to, found.voice).columns()
            if to == "assistant":
                row["choices"] = connection.execute(_LAST_OFFERED, {"key": conversation_id}).scalar_one_or_none()
            stored = _append(connection, found, [row], now, state=to, voice=found.voice)
            connection.commit()
        return stored

    def close(self, conversation_id: str, staff_id: str | None, now: datetime) -> list[Event]:
        """End a conversation; the traveller opens it again by writing.

        Staff may close what they have or nobody has; `staff_id` None is the traveller's own wish. Closing what is
        closed stores nothing.

        Raises:
            NotYours: somebody else of the staff has it.
            NoConversation: it does not exist, or no longer.
        """
        with self.engine.connect() as connection:
            found = _conversation(_lock(connection, conversation_id))
            if found.state == "closed":
                return []
            if staff_id is not None and found.agent_id is not None:
                _must_hold(found, staff_id)
            row = state_change("closed", found.voice, found.agent_name).columns()
            stored = _append(connection, found, [row], now, state="closed", voice=found.voice)
            connection.commit()
        return stored

    def due_reminders(self, now: datetime) -> list[Conversation]:
        """Conversations of the assistant whose reminder is due, longest waiting first.

        Not while a turn is unfinished: Rasa knows a message again only while that is its latest one.
        """
        with self.engine.connect() as connection:
            return [_conversation(row) for row in connection.execute(_DUE_REMINDERS, {"now": now})]

    def finish_reminder(
        self, conversation_id: str, last_seq: int, answers: Sequence[Outgoing], now: datetime
    ) -> list[Event]:
        """Store a reminder; nothing when something was said since `last_seq`, or a person has the conversation."""
        with self.engine.connect() as connection:
            try:
                raw = _lock(connection, conversation_id)
            except NoConversation:
                return []
            found = _conversation(raw)
            if raw.remind_at is None or found.last_seq != last_seq or found.state != "assistant":
                return []
            rows = [answer.columns() for answer in answers]
            stored = _append(connection, found, rows, now, state=None, voice=found.voice)
            connection.commit()
        return stored

    def rate(self, conversation_id: str, use: TokenUse, score: int, comment: str, now: datetime) -> None:
        """Keep how the traveller found the conversation, 1 to 5; a second rating before it is reopened replaces it.

        Raises:
            NoConversation: it was deleted meanwhile, or the token does not open it any more.
        """
        with self.engine.connect() as connection:
            found = self._opened(connection, conversation_id, use, now)
            mine = (rating.c.conversation_id == found.id, rating.c.chapter == found.chapter)
            values = {"score": score, "comment": comment, "at": now}
            if not connection.execute(sa.update(rating).where(*mine).values(**values)).rowcount:
                key = {"conversation_id": found.id, "chapter": found.chapter}
                connection.execute(sa.insert(rating).values(**key, **values))
            connection.commit()

    def speak(self, conversation_id: str, use: TokenUse, locale: str, now: datetime) -> None:
        """The traveller chose a language: what tells none itself ("OK", a button) is answered in it from here on.

        Raises:
            NoConversation: it was deleted meanwhile, or the token does not open it any more.
        """
        with self.engine.connect() as connection:
            found = self._opened(connection, conversation_id, use, now)
            voice = voice_of_locale(locale)
            connection.execute(
                sa.update(conversation)
                .where(conversation.c.id == found.id)
                .values(locale=locale, language=voice.language, script=voice.script or found.voice.script)
            )
            connection.commit()

    def _opened(self, connection: Connection, conversation_id: str, use: TokenUse, now: datetime) -> Conversation:
        raw = _lock(connection, conversation_id)
        if not _opens(connection, raw, use, now):
            raise NoConversation(conversation_id)
        return _conversation(raw)

    def answer_at_once(
        self, conversation_id: str, message: Incoming, answers: Sequence[Outgoing], now: datetime
    ) -> list[Event]:
        """Store a message that the desk answers itself, with the answers; without text and picture only the answers.

        Once per client id: repeated, nothing is stored.

        Raises:
            NoConversation: it does not exist, or no longer.
        """
        with self.engine.connect() as connection:
            found = _conversation(_lock(connection, conversation_id))
            known = {"key": conversation_id, "sent_as": message.client_id}
            if connection.execute(_SEQ_BY_CLIENT_ID, known).scalar_one_or_none() is not None:
                return []
            rows = [answer.columns() for answer in answers]
            if message.text or message.picture:
                said = {**Outgoing(text=message.text, sender="traveller").columns(), "status": "answered"}
                if message.picture is not None:
                    said["image"] = _keep_picture(connection, conversation_id, *message.picture, now)
                rows.insert(0, said)
            rows[0]["client_id"] = message.client_id
            stored = _append(connection, found, rows, now, state=None, voice=found.voice)
            connection.commit()
        return stored

    def events_after(self, conversation_id: str, seq: int, limit: int) -> list[Event]:
        """Up to `limit` stored events after `seq`, oldest first."""
        with self.engine.connect() as connection:
            rows = connection.execute(_EVENTS_AFTER.limit(limit), {"key": conversation_id, "after": seq}).all()
        return [_event(row) for row in rows]

    def transcript(self, conversation_id: str) -> Transcript | None:
        """The whole conversation."""
        with self.engine.connect() as connection:
            row = connection.execute(_CONVERSATION_BY_ID, {"key": conversation_id}).one_or_none()
            if row is None:
                return None
            rows = connection.execute(_EVENTS_AFTER, {"key": conversation_id, "after": 0}).all()
        return Transcript(_conversation(row), [_event(r) for r in rows])

    def delete(self, conversation_id: str) -> None:
        """Remove the conversation with its events and pictures."""
        with self.engine.begin() as connection:
            connection.execute(sa.delete(conversation).where(conversation.c.id == conversation_id))

    def get_picture(self, picture_id: str) -> tuple[str, bytes] | None:
        """Media type and bytes."""
        with self.engine.connect() as connection:
            row = connection.execute(
                sa.select(picture.c.media_type, picture.c.content).where(picture.c.id == picture_id)
            ).one_or_none()
        return None if row is None else (row.media_type, row.content)

    def ping(self) -> None:
        """Raise when the database does not answer."""
        with self.engine.connect() as connection:
            connection.execute(sa.select(sa.func.count()).select_from(sa.select(conversation.c.id).limit(1).subquery()))


_CONVERSATION = (
    conversation.c.id,
    conversation.c.channel,
    conversation.c.state.label("conversation_state"),
    conversation.c.locale,
    conversation.c.language,
    conversation.c.script,
    conversation.c.last_seq,
    conversation.c.token_generation,
    conversation.c.token_used_at,
    conversation.c.agent_id,
    conversation.c.agent_name,
    conversation.c.waiting_since,
    conversation.c.closed_at,
    conversation.c.chapter,
    conversation.c.resumed,
    conversation.c.remind_at,
)
_CONVERSATION_BY_ID = sa.select(*_CONVERSATION).where(conversation.c.id == sa.bindparam("key"))
_DUE_REMINDERS = (
    sa.select(*_CONVERSATION)
    .where(
        conversation.c.remind_at <= sa.bindparam("now"),
        conversation.c.state == "assistant",
        conversation.c.told == 0,
    )
    .order_by(conversation.c.remind_at)
    .limit(100)
)
_UNANSWERED = (event.c.conversation_id == sa.bindparam("key"), event.c.status == sa.literal_column("'pending'"))
_CONVERSATION_TO_CHANGE = PreparedStatement(
    sa.select(
        *_CONVERSATION,
        conversation.c.told,
        sa.select(sa.func.count()).where(*_UNANSWERED).scalar_subquery().label("unanswered"),
        sa.select(sa.func.min(event.c.seq)).where(*_UNANSWERED).scalar_subquery().label("first_unanswered"),
    )
    .where(conversation.c.id == sa.bindparam("key"))
    .with_for_update(of=conversation)
)
_FINISH = PreparedStatement(
    sa.update(event)
    .where(
        event.c.conversation_id == sa.bindparam("key"),
        event.c.seq == sa.bindparam("number"),
        event.c.status == "pending",
    )
    .values(status=sa.bindparam("now_is"), turn=sa.bindparam("was", type_=event.c.turn.type))
)
_KEEP = (
    sa.update(event)
    .where(
        event.c.conversation_id == sa.bindparam("key"),
        event.c.status == "pending",
        event.c.seq > sa.bindparam("begun"),
    )
    .values(status="kept")
)
_SEQ_BY_CLIENT_ID = sa.select(event.c.seq).where(
    event.c.conversation_id == sa.bindparam("key"), event.c.client_id == sa.bindparam("sent_as")
)
_NEXT_PENDING = (
    sa.select(*_CONVERSATION, conversation.c.told, event.c.seq, event.c.text, event.c.payload, event.c.image)
    .join(event, event.c.conversation_id == conversation.c.id)
    .where(conversation.c.id == sa.bindparam("key"), event.c.status == "pending")
    .order_by(event.c.seq)
    .limit(1)
)
_TOLD = PreparedStatement(
    sa.update(conversation).where(conversation.c.id == sa.bindparam("key")).values(told=sa.bindparam("number"))
)
_LAST_OFFERED = (
    sa.select(event.c.choices)
    .where(event.c.conversation_id == sa.bindparam("key"), event.c.sender == "assistant", event.c.kind == "message")
    .order_by(event.c.seq.desc())
    .limit(1)
)
_LAST_ANSWERED = (
    sa.select(sa.func.coalesce(sa.func.max(event.c.seq), 0))
    .where(event.c.conversation_id == sa.bindparam("key"), event.c.status == "answered")
    .scalar_subquery()
)
_MOST_MEANWHILE = 20  # messages
_MEANWHILE = (
    sa.select(event.c.text)
    .where(
        event.c.conversation_id == sa.bindparam("key"),
        event.c.status == "kept",
        event.c.payload.is_(None),
        event.c.text != "",
        event.c.seq > _LAST_ANSWERED,
    )
    .order_by(event.c.seq.desc())
    .limit(_MOST_MEANWHILE)
)
_EVENTS_AFTER = (
    sa.select(
        event.c.seq,
        event.c.at,
        event.c.kind,
        event.c.sender,
        event.c.text,
        event.c.choices,
        event.c.image,
        event.c.agent,
        event.c.state,
        event.c.cards,
        event.c.name,
    )
    .where(event.c.conversation_id == sa.bindparam("key"), event.c.seq > sa.bindparam("after"))
    .order_by(event.c.seq)
)


_INSERT = PreparedStatement(sa.insert(event), columns=["conversation_id", "seq", "at", *Outgoing().columns()])
_MOVE_ON = PreparedStatement(
    sa.update(conversation)
    .where(conversation.c.id == sa.bindparam("key"))
    .values(
        updated_at=sa.bindparam("now"),
        last_seq=sa.bindparam("last"),
        state=sa.bindparam("becomes"),
        remind_at=sa.bindparam("remind"),
        language=sa.bindparam("spoken"),
        script=sa.bindparam("written"),
        agent_id=sa.bindparam("by"),
        agent_name=sa.bindparam("called"),
        waiting_since=sa.bindparam("queued"),
        closed_at=sa.bindparam("ended"),
        chapter=sa.bindparam("part"),
        resumed=sa.bindparam("given_back"),
    )
)


def _lock(connection: Connection, conversation_id: str) -> Row:
    """The conversation with its number of unanswered messages; nobody else changes it until this transaction ends."""
    begin_to_write(connection)
    row = _CONVERSATION_TO_CHANGE.one_or_none(connection, {"key": conversation_id})
    if row is None:
        raise NoConversation(conversation_id)
    return row


def _opens(connection: Connection, row: Row, use: TokenUse, now: datetime) -> bool:
    """Whether the token opens the conversation; the first use of a newer generation starts the end of the older one."""
    if use.generation < row.token_generation:
        still = (now - row.token_used_at).total_seconds() < use.grace
        return bool(use.generation == row.token_generation - 1 and still)
    if use.generation > row.token_generation:
        connection.execute(
            sa.update(conversation)
            .where(conversation.c.id == row.id, conversation.c.token_generation < use.generation)
            .values(token_generation=use.generation, token_used_at=now)
        )
    return True


def _append(
    connection: Connection,
    found: Conversation,
    rows: Sequence[Mapping[str, Any]],
    now: datetime,
    *,
    state: str | None,
    voice: Voice,
    agent: tuple[str, str] | None = None,
    remind_at: datetime | None = None,
) -> list[Event]:
    """Add the rows to a locked conversation that becomes `state`; `agent` are id and name of who claims it.

    Whatever is said ends the wait for an answer, unless a new one begins: `remind_at`.
    """
    becomes = state or found.state
    by, called = agent or ((found.agent_id, found.agent_name) if becomes == "agent" else (None, None))
    values = {
        "key": found.id,
        "now": now,
        "last": found.last_seq + len(rows),
        "becomes": becomes,
        "remind": remind_at,
        "spoken": voice.language,
        "written": voice.script,
        "by": by,
        "called": called,
        "queued": (found.waiting_since or now) if becomes == "waiting" else None,
        "ended": (found.closed_at or now) if becomes == "closed" else None,
        "part": found.chapter + (found.state == "closed" and becomes != "closed"),
        "given_back": becomes == "assistant" and (found.resumed or found.state in HELD),
    }
    _MOVE_ON.run(connection, values)
    numbered = list(enumerate(rows, start=found.last_seq + 1))
    _INSERT.run(connection, *({"conversation_id": found.id, "seq": seq, "at": now, **row} for seq, row in numbered))
    return [_event_of(seq, now, row) for seq, row in numbered]


def _keep_picture(connection: Connection, conversation_id: str, media_type: str, content: bytes, now: datetime) -> str:
    """The address of the picture, which nobody can guess."""
    picture_id = secrets.token_urlsafe(24)
    connection.execute(
        sa.insert(picture).values(
            id=picture_id, conversation_id=conversation_id, media_type=media_type, content=content, at=now
        )
    )
    return f"/media/{picture_id}"


def _conversation(row: Row) -> Conversation:
    return Conversation(
        id=row.id,
        channel=row.channel,
        state=row.conversation_state,
        locale=row.locale,
        voice=Voice(row.language, row.script),
        last_seq=row.last_seq,
        token_generation=row.token_generation,
        agent_id=row.agent_id,
        agent_name=row.agent_name,
        waiting_since=row.waiting_since,
        closed_at=row.closed_at,
        chapter=row.chapter,
        resumed=row.resumed,
    )


def _meanwhile(connection: Connection, found: Conversation) -> tuple[str, ...]:
    """What the traveller wrote to a person who has given the conversation back just now."""
    if not found.resumed:
        return ()
    return tuple(reversed(connection.execute(_MEANWHILE, {"key": found.id}).scalars().all()))


def _must_hold(found: Conversation, staff_id: str) -> None:
    if found.agent_id != staff_id:
        raise NotYours(found.agent_name)


def _event(row: Row) -> Event:
    return _event_of(row.seq, row.at, row._mapping)


def _event_of(seq: int, at: datetime, row: Mapping[str, Any]) -> Event:
    titles = tuple(str(choice["title"]) for choice in row["choices"] or ())
    return Event(
        seq=seq,
        at=at,
        kind=row["kind"],
        sender=row["sender"],
        text=row["text"],
        choices=titles,
        image=row["image"],
        agent=row["agent"],
        state=row["state"],
        cards=tuple(_card(card) for card in row["cards"] or ()),
        rate=row["state"] == "closed" or row["name"] == _GOODBYE,
    )


def _card(card: Mapping[str, Any]) -> Card:
    action = (card.get("action") or card["title"]) if card.get("payload") else ""
    return Card(card["title"], tuple(card["lines"]), card["price"], card["reason"], action)


def _offered(connection: Connection, found: Conversation, choice: str) -> tuple[str, str]:
    """Title and payload of the choice with this id."""
    if not (parts := _CHOICE.fullmatch(choice)):
        raise UnknownChoice(found.voice)
    seq, index = int(parts[1]), int(parts[3])
    column = event.c.cards if parts[2] else event.c.choices
    offered = connection.execute(
        sa.select(column).where(event.c.conversation_id == found.id, event.c.seq == seq)
    ).scalar_one_or_none()
    if not offered or index >= len(offered) or not offered[index].get("payload"):
        raise UnknownChoice(found.voice)
    title = _card(offered[index]).action if parts[2] else offered[index]["title"]
    return str(title), str(offered[index]["payload"])


def heard(text: str, before: Voice) -> Voice:
    """The voice of a message; one that tells nothing ("OK", an order number) changes nothing."""
    told = written(text)
    # an English sentence in between does not make a reader of Traditional Chinese one of Simplified
    return Voice(told.language or before.language, told.script or before.script)


def _told(turn: Mapping[str, Any] | None, before: Voice) -> Voice:
    """The voice the engine settled on, which knows about "please speak English"."""
    language = (turn or {}).get("language")
    if language not in ("en", "zh"):
        return before
    script = (turn or {}).get("script")
    return Voice(language, script if script in ("hans", "hant") else before.script)
