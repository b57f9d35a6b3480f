"""Steps of the store's transactions: lock a conversation, check its token, append messages."""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from datetime import datetime
from itertools import takewhile
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from aftercare.base.sql import begin_to_write
from aftercare.base.voice import Voice
from aftercare.conversations import statements
from aftercare.conversations.conversation import (
    Conversation,
    NoConversation,
    NotYours,
    TokenUse,
    UnknownChoice,
)
from aftercare.conversations.messages import Card, Message, NewMessage, OfferedChoice, choices_from_json
from aftercare.conversations.picture_texts import OF_PICTURES, PictureText
from aftercare.conversations.starters import starter
from aftercare.conversations.tables import ASSISTANT_STATES, conversation, event, picture

_CHOICE = re.compile(r"([0-9]{1,9})-(c?)([0-9]{1,3})")


def lock(connection: Connection, conversation_id: str) -> Row[Any]:
    """The conversation with its number of unanswered messages; nobody else changes it until this transaction ends.

    Raises:
        NoConversation: it does not exist, or no longer.
    """
    begin_to_write(connection)
    if connection.dialect.name == "postgresql":
        statements.LOCK_CONVERSATION.run(connection, {"key": conversation_id})
    row: Row[Any] | None = statements.LOCKED_CONVERSATION.one_or_none(connection, {"key": conversation_id})
    if row is None:
        raise NoConversation(conversation_id)
    return row


def lock_with_token(connection: Connection, conversation_id: str, use: TokenUse, now: datetime) -> Row[Any]:
    """The same for somebody who shows a token.

    Raises:
        NoConversation: it does not exist, or no longer, or the token does not open it.
    """
    row = lock(connection, conversation_id)
    if not opens(connection, row, use, now):
        raise NoConversation(conversation_id)
    return row


def opens(connection: Connection, row: Row[Any], use: TokenUse, now: datetime) -> bool:
    """Whether the token opens the conversation; the first use of a newer generation is recorded (`TokenUse`)."""
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


def append(
    connection: Connection,
    found: Conversation,
    messages: Sequence[NewMessage],
    now: datetime,
    *,
    state: str | None = None,
    voice: Voice | None = None,
    agent: tuple[str, str] | None = None,
    remind_at: datetime | None = None,
    in_line_since: datetime | None = None,
) -> list[Message]:
    """Append messages to a locked conversation and set its state (None: as before).

    `in_line_since` is the place of one that comes into the line. Whatever is added ends the wait for an answer, unless
    a new one begins: `remind_at`.
    """
    becomes, voice = state or found.state, voice or found.voice
    by, called = agent or ((found.agent_id, found.agent_name) if becomes == "agent" else (None, None))
    values = {
        "key": found.id,
        "now": now,
        "last": found.last_seq + len(messages),
        "becomes": becomes,
        "remind": remind_at,
        "in_language": voice.language,
        "in_script": voice.script,
        "by": by,
        "called": called,
        "queued": (found.waiting_since or now) if becomes == "waiting" else None,
        "in_line": (found.in_line_since or in_line_since or now) if becomes == "waiting" else None,
        "closed": (found.closed_at or now) if becomes == "closed" else None,
        "part": found.chapter + (found.state == "closed" and becomes != "closed"),
        "released": becomes in ASSISTANT_STATES and (found.resumed or found.state == "agent"),
    }
    statements.CHANGE_CONVERSATION.run(connection, values)
    numbered = list(enumerate(messages, start=found.last_seq + 1))
    statements.INSERT_MESSAGE.run(
        connection,
        *({"conversation_id": found.id, "seq": seq, "at": now, **message.columns()} for seq, message in numbered),
    )
    return [Message.of(seq, now, message) for seq, message in numbered]


def keep_picture(connection: Connection, conversation_id: str, sent: tuple[str, bytes], now: datetime) -> str:
    """Store a picture (media type and bytes); its path under `/media/`, with 192 random bits."""
    picture_id, (media_type, content) = secrets.token_urlsafe(24), sent
    connection.execute(
        sa.insert(picture).values(
            id=picture_id, conversation_id=conversation_id, media_type=media_type, content=content, at=now
        )
    )
    return f"/media/{picture_id}"


def conversation_of(row: Row[Any]) -> Conversation:
    """The conversation in a row of `statements`."""
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
        in_line_since=row.in_line_since,
        closed_at=row.closed_at,
        chapter=row.chapter,
        resumed=row.resumed,
    )


def seq_of_client_id(connection: Connection, conversation_id: str, client_id: str) -> int | None:
    """The number of the message that was stored under this id."""
    known = {"key": conversation_id, "sent_as": client_id}
    seq: int | None = connection.execute(statements.SEQ_BY_CLIENT_ID, known).scalar_one_or_none()
    return seq


def written_meanwhile(connection: Connection, found: Conversation) -> tuple[str, ...]:
    """What the traveller wrote to a person who has released the conversation just now."""
    if not found.resumed:
        return ()
    return tuple(reversed(connection.execute(statements.WRITTEN_MEANWHILE, {"key": found.id}).scalars().all()))


def read_in_pictures(connection: Connection, conversation_id: str, own: int = 0) -> PictureText | None:
    """What was read in pictures since the assistant last answered anything else, but for its latest `own` answers."""
    latest = connection.execute(statements.LATEST_ANSWERS, {"key": conversation_id}).all()
    since = list(takewhile(lambda row: (row.name or "").startswith(OF_PICTURES), latest[own:]))
    return PictureText.of([row.custom for row in reversed(since) if row.custom])


def last_offered(connection: Connection, conversation_id: str) -> tuple[OfferedChoice, ...]:
    """The choices of the assistant's last answer."""
    listed = connection.execute(statements.LAST_OFFERED, {"key": conversation_id}).scalar_one_or_none()
    return choices_from_json(listed)


def must_hold(found: Conversation, staff_id: str) -> None:
    """Check that `staff_id` has the conversation.

    Raises:
        NotYours: another member of staff has it, or nobody.
    """
    if found.agent_id != staff_id:
        raise NotYours(found.agent_name)


def offered(connection: Connection, found: Conversation, choice: str) -> tuple[str, str]:
    """Title and payload of the choice with this id: one of a message, or one that every conversation begins with.

    Raises:
        UnknownChoice: it was not offered in this conversation.
    """
    if (first := starter(choice, found.voice)) is not None:
        return first.title, first.payload
    if not (parts := _CHOICE.fullmatch(choice)):
        raise UnknownChoice(found.voice)
    seq, index = int(parts[1]), int(parts[3])
    column = event.c.cards if parts[2] else event.c.choices
    listed = connection.execute(
        sa.select(column).where(event.c.conversation_id == found.id, event.c.seq == seq)
    ).scalar_one_or_none()
    if not listed or index >= len(listed) or not listed[index].get("payload"):
        raise UnknownChoice(found.voice)
    title = Card.from_json(listed[index]).button if parts[2] else listed[index]["title"]
    return str(title), str(listed[index]["payload"])
