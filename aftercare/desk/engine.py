"""Talks to Rasa's desk channel: one call is one turn, and repeating it with the same message id is harmless."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import aiohttp
from pydantic import BaseModel, Field, ValidationError

from aftercare.desk.store import Conversation, Outgoing, Pending

log = logging.getLogger(__name__)

# Asks the diagnosis form to come back to its step; only the desk sends it.
_REMINDER = '/inform{"step_outcome": "reminder"}'
_IMAGE = re.compile(r"data:image/(png|jpeg|webp|gif|svg\+xml);base64,[A-Za-z0-9+/=]+|/media/[\w.-]+")


class EngineUnavailable(Exception):
    """Rasa is down, starting or too slow: the same call may work later."""


class EngineFailed(Exception):
    """Rasa answered that it cannot handle this message."""


class _Choice(BaseModel):
    title: str
    payload: str


class _Card(BaseModel):
    title: str
    lines: list[str] = []
    price: str = ""
    reason: str = ""
    payload: str | None = None
    action: str | None = None


class _Message(BaseModel):
    text: str | None = None
    choices: list[_Choice] | None = None
    image: str | None = None
    custom: dict[str, Any] | None = None
    name: str | None = None


class _Reply(BaseModel):
    messages: list[_Message]
    turn: dict[str, Any] = Field(default_factory=dict)


@dataclass(frozen=True)
class Turn:
    """The outcome of a turn: answers in order, how the message was understood, and what follows.

    `handoff`: a person takes over; `remind`: the traveller was given something to try, so silence is asked about.
    """

    answers: list[Outgoing]
    understood: dict[str, Any]
    handoff: bool
    remind: bool = False


class Engine:
    """The private Rasa server at `url`; `secret` proves that the desk is asking. Timeouts in seconds."""

    def __init__(self, url: str, secret: str, timeout: float) -> None:
        self._channel = f"{url}/webhooks/desk"
        self._secret = secret
        # a connection is refused or made at once on a private network; only the turn itself may take long
        self._timeout = aiohttp.ClientTimeout(total=timeout, sock_connect=2)
        self._session: aiohttp.ClientSession | None = None

    def _client(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                timeout=self._timeout,
                headers={"X-Engine-Secret": self._secret},
                connector=aiohttp.TCPConnector(limit=100, keepalive_timeout=4),
                cookie_jar=aiohttp.DummyCookieJar(),  # Rasa sets none, and looking for them takes time in every turn
            )
        return self._session

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()

    async def ask(self, pending: Pending) -> Turn:
        """Let Rasa answer a message.

        Raises:
            EngineUnavailable: no usable answer now; ask again with the same message.
            EngineFailed: Rasa refused or broke on this message.
        """
        text = pending.text if pending.payload is None else pending.payload
        key, told = str(pending.seq), pending.meanwhile
        return await self._ask(pending.conversation, text, pending.payload is not None, key, told)

    async def remind(self, conversation: Conversation) -> Turn:
        """Let Rasa ask how the step it gave last went; no answers when there is nothing to ask any more.

        Raises:
            EngineUnavailable: no usable answer now; ask again.
            EngineFailed: Rasa refused or broke on this.
        """
        return await self._ask(conversation, _REMINDER, True, f"{conversation.last_seq}-reminder")

    async def _ask(
        self, conversation: Conversation, text: str, payload: bool, key: str, meanwhile: Sequence[str] = ()
    ) -> Turn:
        body = {
            "sender": conversation.id,
            "text": text,
            "message_id": f"{conversation.id}-{key}",
            "metadata": {
                "payload": payload,
                "channel": conversation.channel,
                "locale": conversation.locale,
                # how to answer what tells no language itself
                "language": conversation.voice.language,
                "script": conversation.voice.script,
                # said to a person who has given the conversation back: not to be asked again
                **({"meanwhile": list(meanwhile)} if meanwhile else {}),
            },
        }
        try:
            async with self._client().post(f"{self._channel}/webhook", json=body) as response:
                if response.status == 200:
                    return _turn(await response.json())
                if response.status in (422, 500):
                    raise EngineFailed(f"Rasa answered {response.status}")
                raise EngineUnavailable(f"Rasa answered {response.status}")
        except asyncio.TimeoutError:
            raise EngineUnavailable("Rasa did not answer in time") from None
        except aiohttp.ClientError as error:
            raise EngineUnavailable(f"Rasa cannot be reached: {type(error).__name__}") from None
        except (ValueError, ValidationError):
            raise EngineFailed("Rasa answered something else than a turn") from None

    async def erase(self, conversation_id: str) -> None:
        """Have Rasa delete its copy of a conversation; one it does not know is deleted already.

        Raises:
            EngineUnavailable: nothing was deleted; try again later.
        """
        try:
            async with self._client().delete(f"{self._channel}/conversations/{conversation_id}") as response:
                if response.status != 204:
                    raise EngineUnavailable(f"Rasa answered {response.status}")
        except (aiohttp.ClientError, asyncio.TimeoutError) as error:
            raise EngineUnavailable(f"Rasa cannot be reached: {type(error).__name__}") from None


def _turn(body: Any) -> Turn:
    reply = _Reply.parse_obj(body)
    answers = [
        Outgoing(
            text=message.text or "",
            choices=[choice.dict() for choice in message.choices or ()],
            # anything else than a picture of our own would make the traveller's browser call a stranger
            image=message.image if message.image and _IMAGE.fullmatch(message.image) else None,
            cards=_cards(message),
            custom=message.custom,
            name=message.name,
        )
        for message in reply.messages
    ]
    handoff, remind = (
        any(bool((message.custom or {}).get(name)) for message in reply.messages) for name in ("handoff", "remind")
    )
    return Turn(answers=answers, understood=reply.turn, handoff=handoff, remind=remind)


def _cards(message: _Message) -> list[dict[str, Any]]:
    """The message's cards; without them the traveller still has its text."""
    listed = (message.custom or {}).get("cards")
    try:
        return [_Card.parse_obj(card).dict(exclude_none=True) for card in listed or ()]
    except (ValidationError, TypeError) as error:
        log.error("Cards of %s cannot be read: %s", message.name, type(error).__name__)
        return []
