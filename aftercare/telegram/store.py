"""Reads and writes Telegram's tables; each method is one transaction."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine, Row

from aftercare.base.sql import insert_or_ignore
from aftercare.base.voice import Voice
from aftercare.conversations.messages import Message
from aftercare.conversations.tables import conversation, event
from aftercare.telegram.tables import telegram_chat, telegram_choice, telegram_link, telegram_update

# Telegram keeps what it could not deliver for 24 hours (core.telegram.org/bots/api#getting-updates)
REPEATED_FOR = timedelta(days=2)
LINK_LIFETIME = timedelta(minutes=10)


@dataclass(frozen=True)
class Chat:
    """A chat; `conversation_id` and what follows it are None for a chat without one (a group, a deleted one)."""

    chat_id: int
    delivered_seq: int
    delivered_parts: int
    silent: bool
    last_message_id: int | None
    conversation_id: str | None
    state: str | None
    voice: Voice | None
    token_generation: int | None


@dataclass(frozen=True)
class StoredUpdate:
    """An update to handle; `body` as Telegram sent it (JSON)."""

    update_id: int
    body: str


@dataclass(frozen=True)
class UndeliveredMessage:
    """A stored message that was not sent to the chat, with the name of its answer ("utter_greet")."""

    message: Message
    name: str | None


@dataclass(frozen=True)
class PressedButton:
    """What a pressed button means, and the event its keyboard belongs to."""

    conversation_id: str
    seq: int
    meaning: str


class ChatStore:
    """Telegram's side of the desk's database. Blocking: call it from a worker thread."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    # --- updates ---

    def store_updates(self, updates: Iterable[tuple[int, int, str]], now: datetime) -> set[int]:
        """Store updates (id, chat, body) that are new; the chats that have something to handle."""
        rows: list[dict[str, Any]] = [
            {"update_id": update_id, "chat_id": chat_id, "body": body, "received_at": now}
            for update_id, chat_id, body in updates
        ]
        if rows:
            with self._engine.begin() as connection:
                connection.execute(insert_or_ignore(connection, telegram_update), rows)
        return {row["chat_id"] for row in rows}

    def next_update(self, chat_id: int) -> StoredUpdate | None:
        """The oldest update of a chat that was not handled; one that came late is handled late."""
        with self._engine.connect() as connection:
            row = connection.execute(_NEXT_UPDATE, {"chat": chat_id}).first()
        return None if row is None else StoredUpdate(row.update_id, row.body)

    def update_after(self, chat_id: int, update_id: int) -> StoredUpdate | None:
        """The update of a chat that is to be handled after this one."""
        with self._engine.connect() as connection:
            row = connection.execute(_UPDATE_AFTER, {"chat": chat_id, "update": update_id}).first()
        return None if row is None else StoredUpdate(row.update_id, row.body)

    def mark_handled(self, update_id: int, chat_id: int, message_id: int | None = None) -> None:
        """Delete the body of an update; `message_id` is the id of the message in it, if it is a new one."""
        with self._engine.begin() as connection:
            connection.execute(_HANDLED, {"update": update_id})
            if message_id is not None:
                connection.execute(_NEWEST_MESSAGE, {"chat": chat_id, "message": message_id})

    def chats_with_updates(self) -> list[int]:
        """Chats with something to handle."""
        with self._engine.connect() as connection:
            return list(
                connection.execute(
                    sa.select(telegram_update.c.chat_id).where(telegram_update.c.body.is_not(None)).distinct()
                ).scalars()
            )

    def delete_expired(self, now: datetime) -> None:
        """Delete ids of updates that cannot come again, and links that no longer work."""
        with self._engine.begin() as connection:
            connection.execute(
                sa.delete(telegram_update).where(
                    telegram_update.c.received_at < now - REPEATED_FOR, telegram_update.c.body.is_(None)
                )
            )
            connection.execute(sa.delete(telegram_link).where(telegram_link.c.expires_at < now))

    # --- chats ---

    def chat(self, chat_id: int) -> Chat | None:
        """The chat as it stands."""
        with self._engine.connect() as connection:
            row = connection.execute(_CHAT, {"chat": chat_id}).one_or_none()
        return None if row is None else _chat(row)

    def attach(self, chat_id: int, conversation_id: str | None, delivered_seq: int = 0) -> None:
        """Show a conversation in a chat from the event after `delivered_seq` on; another chat that had it loses it.

        None: the chat is known, but has no conversation.
        """
        with self._engine.begin() as connection:
            _attach(connection, chat_id, conversation_id, delivered_seq)

    def add_group(self, chat_id: int) -> bool:
        """Remember a group; whether it was not known before."""
        with self._engine.begin() as connection:
            values = {"chat_id": chat_id, "delivered_seq": 0, "delivered_parts": 0, "silent": True}
            done = connection.execute(insert_or_ignore(connection, telegram_chat), values)
        return bool(done.rowcount == 1)

    def set_silent(self, chat_id: int, silent: bool) -> None:
        """Stop or resume sending to a chat; staff see that its traveller cannot be reached."""
        with self._engine.begin() as connection:
            connection.execute(sa.update(telegram_chat).where(telegram_chat.c.chat_id == chat_id).values(silent=silent))
            conversation_id = connection.execute(
                sa.select(telegram_chat.c.conversation_id).where(telegram_chat.c.chat_id == chat_id)
            ).scalar_one_or_none()
            if conversation_id is not None:
                _set_reachable(connection, conversation_id, not silent)

    def chats_by_conversation(self) -> dict[str, int]:
        """All conversations that are shown in a chat, with the chat."""
        with self._engine.connect() as connection:
            rows = connection.execute(
                sa.select(telegram_chat.c.conversation_id, telegram_chat.c.chat_id).where(
                    telegram_chat.c.conversation_id.is_not(None)
                )
            )
            return {row.conversation_id: row.chat_id for row in rows}

    # --- delivery ---

    def chats_with_undelivered(self) -> list[int]:
        """Chats that have not been sent everything."""
        with self._engine.connect() as connection:
            return list(connection.execute(_CHATS_WITH_UNDELIVERED).scalars())

    def undelivered(self, conversation_id: str, after: int, limit: int) -> list[UndeliveredMessage]:
        """Up to `limit` events after seq `after`, oldest first."""
        with self._engine.connect() as connection:
            rows = connection.execute(_UNDELIVERED.limit(limit), {"key": conversation_id, "after": after}).all()
        return [UndeliveredMessage(Message.from_row(row), row.name) for row in rows]

    def mark_delivered(self, chat_id: int, conversation_id: str, seq: int, parts: int = 0) -> None:
        """Everything up to `seq` was sent, and of the next event `parts` messages.

        Nothing changes when the chat shows another conversation meanwhile.
        """
        with self._engine.begin() as connection:
            connection.execute(_DELIVERED, {"chat": chat_id, "key": conversation_id, "seq": seq, "parts": parts})

    def button_keys(self, conversation_id: str, seq: int, meanings: Sequence[str]) -> dict[str, str]:
        """A key for each button of event `seq`; asked again, the same ones."""
        rows = [
            {"key": secrets.token_urlsafe(9), "conversation_id": conversation_id, "seq": seq, "meaning": meaning}
            for meaning in meanings
        ]
        with self._engine.begin() as connection:
            connection.execute(insert_or_ignore(connection, telegram_choice), rows)
            known = connection.execute(
                sa.select(telegram_choice.c.meaning, telegram_choice.c.key).where(
                    telegram_choice.c.conversation_id == conversation_id, telegram_choice.c.seq == seq
                )
            )
            return {row.meaning: row.key for row in known}

    def button(self, key: str) -> PressedButton | None:
        """What the button with this key means; None when its conversation is gone."""
        with self._engine.connect() as connection:
            row = connection.execute(sa.select(telegram_choice).where(telegram_choice.c.key == key)).one_or_none()
        return None if row is None else PressedButton(row.conversation_id, row.seq, row.meaning)

    # --- links from the web ---

    def create_link(self, conversation_id: str, now: datetime) -> tuple[str, datetime]:
        """A code that moves the conversation to a chat, once, and until when it works."""
        # a start parameter has up to 64 characters of A-Z a-z 0-9 _ - (core.telegram.org/bots/features#deep-linking)
        code, expires_at = secrets.token_urlsafe(24), now + LINK_LIFETIME
        with self._engine.begin() as connection:
            connection.execute(
                sa.insert(telegram_link).values(
                    code_digest=_digest(code), conversation_id=conversation_id, expires_at=expires_at
                )
            )
        return code, expires_at

    def redeem_link(self, code: str, chat_id: int, now: datetime) -> str | None:
        """Attach the conversation of a code to a chat; None when there is no such code (any more).

        The chat is shown the last answers, so that the traveller sees where they stand.
        """
        with self._engine.begin() as connection:
            row = connection.execute(
                sa.select(telegram_link).where(telegram_link.c.code_digest == _digest(code))
            ).one_or_none()
            used = connection.execute(sa.delete(telegram_link).where(telegram_link.c.code_digest == _digest(code)))
            if row is None or used.rowcount != 1 or row.expires_at <= now:
                return None
            seen = connection.execute(
                sa.select(sa.func.max(event.c.seq)).where(
                    event.c.conversation_id == row.conversation_id, event.c.sender == "traveller"
                )
            ).scalar_one_or_none()
            _attach(connection, chat_id, row.conversation_id, seen or 0)
        return str(row.conversation_id)


_CHAT = (
    sa.select(
        telegram_chat,
        conversation.c.state,
        conversation.c.language,
        conversation.c.script,
        conversation.c.token_generation,
    )
    .outerjoin(conversation, conversation.c.id == telegram_chat.c.conversation_id)
    .where(telegram_chat.c.chat_id == sa.bindparam("chat"))
)
_NEXT_UPDATE = (
    sa.select(telegram_update.c.update_id, telegram_update.c.body)
    .where(telegram_update.c.chat_id == sa.bindparam("chat"), telegram_update.c.body.is_not(None))
    .order_by(telegram_update.c.update_id)
    .limit(1)
)
_UPDATE_AFTER = _NEXT_UPDATE.where(telegram_update.c.update_id > sa.bindparam("update"))
_HANDLED = sa.update(telegram_update).where(telegram_update.c.update_id == sa.bindparam("update")).values(body=None)
_NEWEST_MESSAGE = (
    sa.update(telegram_chat)
    .where(
        telegram_chat.c.chat_id == sa.bindparam("chat"),
        sa.func.coalesce(telegram_chat.c.last_message_id, 0) < sa.bindparam("message"),
    )
    .values(last_message_id=sa.bindparam("message"))
)
_CHATS_WITH_UNDELIVERED = (
    sa.select(telegram_chat.c.chat_id)
    .join(conversation, conversation.c.id == telegram_chat.c.conversation_id)
    .where(conversation.c.last_seq > telegram_chat.c.delivered_seq, telegram_chat.c.silent == sa.false())
)
_UNDELIVERED = (
    sa.select(event)
    .where(event.c.conversation_id == sa.bindparam("key"), event.c.seq > sa.bindparam("after"))
    .order_by(event.c.seq)
)
_DELIVERED = (
    sa.update(telegram_chat)
    .where(telegram_chat.c.chat_id == sa.bindparam("chat"), telegram_chat.c.conversation_id == sa.bindparam("key"))
    .values(delivered_seq=sa.bindparam("seq"), delivered_parts=sa.bindparam("parts"))
)


def _attach(connection: Connection, chat_id: int, conversation_id: str | None, delivered_seq: int) -> None:
    values = {
        "conversation_id": conversation_id,
        "delivered_seq": delivered_seq,
        "delivered_parts": 0,
        "silent": False,
        "last_message_id": None,
    }
    if conversation_id is not None:
        connection.execute(
            sa.update(telegram_chat)
            .where(telegram_chat.c.conversation_id == conversation_id, telegram_chat.c.chat_id != chat_id)
            .values(conversation_id=None)
        )
        _set_reachable(connection, conversation_id, True)
    connection.execute(insert_or_ignore(connection, telegram_chat), [{"chat_id": chat_id, **values}])
    connection.execute(sa.update(telegram_chat).where(telegram_chat.c.chat_id == chat_id).values(**values))


def _set_reachable(connection: Connection, conversation_id: str, reachable: bool) -> None:
    connection.execute(
        sa.update(conversation)
        .where(conversation.c.id == conversation_id, conversation.c.unreachable == reachable)
        .values(unreachable=not reachable)
    )


def _chat(row: Row[Any]) -> Chat:
    values = row._mapping
    there = row.conversation_id is not None
    return Chat(
        chat_id=row.chat_id,
        delivered_seq=row.delivered_seq,
        delivered_parts=row.delivered_parts,
        silent=row.silent,
        last_message_id=row.last_message_id,
        conversation_id=row.conversation_id,
        state=values["state"],
        voice=Voice(row.language, row.script) if there else None,
        token_generation=row.token_generation,
    )


def _digest(code: str) -> str:
    return hashlib.sha256(code.encode()).hexdigest()
