"""Reads and writes conversations; each method is one transaction, so a killed desk leaves no half-stored turn."""

from __future__ import annotations

import secrets
from datetime import datetime

import sqlalchemy as sa

from aftercare.base.database import give_space_back
from aftercare.base.sql import begin_to_write, insert
from aftercare.base.voice import voice_of_locale
from aftercare.conversations import statements, transactions
from aftercare.conversations.conversation import Conversation, NoConversation, TokenUse, Transcript
from aftercare.conversations.messages import Message
from aftercare.conversations.store_staff import StaffStore
from aftercare.conversations.store_travellers import TravellerStore
from aftercare.conversations.store_turns import TurnStore
from aftercare.conversations.tables import conversation, picture, readiness

_TRIED_BYTES = 8192


class Store(TravellerStore, TurnStore, StaffStore):
    """The desk's conversations. Blocking: call it from a worker thread (`aftercare.conversations.worker`)."""

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
