"""Talks to Rasa's desk channel: one call is one turn, and repeating it with the same message id is harmless."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Annotated, Any, NamedTuple

import aiohttp
from pydantic import BaseModel, StringConstraints, ValidationError

from aftercare.base.database import utc_now
from aftercare.conversations.conversation import Conversation, Pending
from aftercare.conversations.messages import Card, NewMessage, OfferedChoice
from aftercare.conversations.origins import Origin, OriginHashes
from aftercare.conversations.reading import TurnReading

log = logging.getLogger(__name__)

# Asks the diagnosis form to come back to its step; only the desk sends it.
_REMINDER = '/inform{"step_outcome": "reminder"}'
_LINES = "application/x-ndjson"
_LONGEST_LINE = 2**22  # bytes of what is said at once, which may hold pictures
_NONE = type(None)
_TEXT, _NUMBER = (str, _NONE), (int, float, _NONE)
_LINE_PARTS = {"messages": (list, _NONE), "turn": (dict, _NONE), "status": (int, _NONE)}
_CHOICE = {"title": str, "payload": str}
_TURN = {
    "language": _TEXT,
    "script": _TEXT,
    "intent": _TEXT,
    "confidence": _NUMBER,
    "ranking": (list, _NONE),
    "entities": (list, _NONE),
    "actions": (list, _NONE),
    "in_context": (dict, _NONE),
    "slots": (dict, _NONE),
}
_MESSAGE = {"text": _TEXT, "choices": (list, _NONE), "image": _TEXT, "custom": (dict, _NONE), "name": _TEXT}
_IMAGE = re.compile(r"data:image/(png|jpeg|webp|gif|svg\+xml);base64,[A-Za-z0-9+/=]+|/media/[\w.-]+")


class RasaUnavailable(Exception):
    """Rasa is down, starting or too slow: the same call may work later."""


class RasaFailed(Exception):
    """Rasa answered that it cannot handle this message."""


class _CardBody(BaseModel):
    title: str
    lines: list[str] = []
    price: str = ""
    reason: str = ""
    payload: str | None = None
    action: str | None = None
    seller: str = ""
    url: Annotated[str, StringConstraints(pattern=r"^https?://\S+$")] | None = None

    def card(self) -> Card:
        """The card as messages have it."""
        of_button = (self.payload, self.action, self.seller, self.url)
        return Card(self.title, tuple(self.lines), self.price, self.reason, *of_button)


@dataclass(frozen=True)
class RasaTurn:
    """The outcome of a turn."""

    answers: list[NewMessage]
    """In order."""
    reading: TurnReading | None
    """How the message was understood; None when Rasa did not tell."""

    @property
    def handoff(self) -> bool:
        """Whether a person takes over."""
        return self._wants("handoff")

    @property
    def leaves_line(self) -> bool:
        """Whether the traveller, who waits for a person, no longer wants one."""
        return self._wants("leave_line")

    @property
    def remind(self) -> bool:
        """Whether the traveller was given something to try, so that silence is asked about."""
        return self._wants("remind")

    def _wants(self, what: str) -> bool:
        return any((answer.custom or {}).get(what) for answer in self.answers)


AnswersListener = Callable[[list[NewMessage]], Awaitable[None]]


class RasaClient:
    """The private Rasa servers at `urls`; `secret` proves that the desk is asking. Timeouts in seconds.

    One is asked as long as it answers, then the next: they share the conversations, and a message asked of two is
    processed once.
    """

    def __init__(self, urls: Sequence[str], secret: str, timeout: float, origins: OriginHashes | None = None) -> None:
        self._origins = origins
        self._channels = [f"{url}/webhooks/desk" for url in urls]
        self._at = 0
        self._secret = secret
        # a connection is refused or made at once on a private network; only the turn itself may take long
        self._timeout = aiohttp.ClientTimeout(total=timeout, sock_connect=2)
        self._session: aiohttp.ClientSession | None = None

    def _client(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                timeout=self._timeout,
                headers={"X-Engine-Secret": self._secret, "Accept": _LINES},
                skip_auto_headers=("User-Agent", "Accept-Encoding"),  # Rasa reads neither
                connector=aiohttp.TCPConnector(limit=100, keepalive_timeout=4),
                cookie_jar=aiohttp.DummyCookieJar(),  # Rasa sets none, and looking for them takes time in every turn
                read_bufsize=_LONGEST_LINE // 2,  # aiohttp reads lines of twice that
            )
        return self._session

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()

    async def ask(self, pending: Pending, on_answers: AnswersListener) -> RasaTurn:
        """Let Rasa answer a message; `on_answers` is awaited with all answers so far as soon as there is a new one.

        The turn is returned when Rasa has stored it.

        Raises:
            RasaUnavailable: no usable answer now, or the turn is not stored; ask again with the same message.
            RasaFailed: Rasa refused or broke on this message.
        """
        text = pending.text if pending.payload is None else pending.payload
        read = pending.pictures if pending.payload is None else None
        origin = self._origin_of(pending.conversation)
        asked = self._body(
            pending.conversation,
            text if read is None else read.beside(text),
            pending.payload is not None,
            str(pending.seq),
            # written to a person who has released the conversation: not to be asked again
            meanwhile=list(pending.meanwhile) or None,
            # where the traveller stands in the line for a person, or would stand
            line=None if pending.line is None else pending.line.as_json(utc_now()),
            # the words of the traveller's own, beside which the text has those of a picture, and what that shows
            typed=None if read is None else text,
            seen=None if read is None else list(read.facts),
            # how long an action may still wait for a database that is away
            waited=None if pending.at is None else round((utc_now() - pending.at).total_seconds(), 1),
            # failed proofs of ownership are counted for where they come from
            origin=origin.network if origin else None,
            **_of_page(origin),
        )
        return await self._turn(asked, on_answers)

    async def remind(self, conversation: Conversation) -> RasaTurn:
        """Let Rasa ask how the step it gave last went; no answers when there is nothing to ask any more.

        Raises:
            RasaUnavailable: no usable answer now; ask again.
            RasaFailed: Rasa refused or broke on this.
        """
        return await self._turn(
            self._body(
                conversation,
                _REMINDER,
                True,
                f"{conversation.last_seq}-reminder",
                **_of_page(self._origin_of(conversation)),
            )
        )

    def _origin_of(self, conversation: Conversation) -> Origin | None:
        return None if self._origins is None else self._origins.of(conversation.id)

    async def _turn(self, asked: dict[str, Any], on_answers: AnswersListener | None = None) -> RasaTurn:
        asked_at = self._at
        try:
            return await self._turn_of(asked_at, asked, on_answers)
        except RasaUnavailable:
            if self._at == asked_at:  # not when another turn has gone on to the next one meanwhile
                self._at = (asked_at + 1) % len(self._channels)
            raise

    async def _turn_of(self, at: int, asked: dict[str, Any], on_answers: AnswersListener | None) -> RasaTurn:
        with _understandable():
            response = await self._post(at, asked)
        async with response:
            answers: list[NewMessage] = []
            while True:
                with _understandable():
                    line = _read(await response.content.readline())
                answers += line.answers
                if line.answers and on_answers is not None:
                    await on_answers(answers)
                if line.last:
                    break
            with _understandable():
                await response.content.read()  # else the connection could not be used again
            return RasaTurn(answers, line.reading)

    @staticmethod
    def _body(conversation: Conversation, text: str, payload: bool, key: str, **more: Any) -> dict[str, Any]:
        return {
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
                **{name: value for name, value in more.items() if value is not None},
            },
        }

    async def _post(self, at: int, body: dict[str, Any]) -> aiohttp.ClientResponse:
        """Rasa's response, when it is one with an answer."""
        response = await self._client().post(f"{self._channels[at]}/webhook", json=body)
        if response.status == 200:
            return response
        response.release()
        raise _refusal(response.status)

    async def erase(self, conversation_id: str) -> None:
        """Have Rasa delete its copy of a conversation; one it does not know is deleted already.

        Raises:
            RasaUnavailable: nothing was deleted; try again later.
        """
        try:
            address = f"{self._channels[self._at]}/conversations/{conversation_id}"
            async with self._client().delete(address) as response:
                if response.status != 204:
                    raise RasaUnavailable(f"Rasa answered {response.status}")
        except (TimeoutError, aiohttp.ClientError) as error:
            raise RasaUnavailable(f"Rasa cannot be reached: {type(error).__name__}") from None


@contextmanager
def _understandable() -> Iterator[None]:
    """What can go wrong between the desk and Rasa, as one of two errors."""
    try:
        yield
    except TimeoutError:
        raise RasaUnavailable("Rasa did not answer in time") from None
    except aiohttp.ClientError as error:
        raise RasaUnavailable(f"Rasa cannot be reached: {type(error).__name__}") from None
    except (ValueError, ValidationError):
        raise RasaFailed("Rasa answered something else than a turn") from None


def _of_page(origin: Origin | None) -> dict[str, str | None]:
    return {"phone": origin.phone, "seller": origin.seller, "currency": origin.currency} if origin else {}


def _refusal(status: int) -> RasaFailed | RasaUnavailable:
    """What an HTTP status other than 200 means for the message that was asked."""
    kind = RasaFailed if status in (422, 500) else RasaUnavailable
    return kind(f"Rasa answered {status}")


class _Line(NamedTuple):
    """What one line of Rasa's answer says."""

    answers: list[NewMessage]
    reading: TurnReading | None
    last: bool


def _read(line: bytes) -> _Line:
    """Answers and reading of a line, as far as it has them; only cards come from data that sellers write.

    The rest is checked without pydantic, which takes 0.3 ms: a tenth of what the desk adds to a message.
    """
    if not line:
        raise RasaUnavailable("Rasa's answer has no end")
    reply = _checked(json.loads(line), _LINE_PARTS)
    if reply["status"] not in (None, 200):
        raise _refusal(reply["status"])
    answers = [
        NewMessage(
            text=message["text"] or "",
            choices=tuple(OfferedChoice(**_checked(choice, _CHOICE)) for choice in message["choices"] or ()),
            # anything else than a picture of our own would make the traveller's browser call a stranger
            image=message["image"] if message["image"] and _IMAGE.fullmatch(message["image"]) else None,
            cards=_cards(message),
            custom=message["custom"],
            name=message["name"],
        )
        for message in (_checked(listed, _MESSAGE) for listed in reply["messages"] or ())
    ]
    turn = reply["turn"]
    return _Line(answers, _reading(turn) if turn else None, last=turn is not None)


def _reading(turn: Mapping[str, Any]) -> TurnReading:
    checked = _checked(turn, _TURN)
    for listed in (checked["ranking"] or (), checked["entities"] or ()):
        if not all(isinstance(each, dict) for each in listed):
            raise ValueError("an object is expected")
    return TurnReading.from_json(checked)


def _checked(value: Mapping[str, Any], kinds: Mapping[str, Any]) -> dict[str, Any]:
    """The named parts of a JSON object, None where one is missing and may be.

    Raises:
        ValueError: it is no object, or a part is of another type.
    """
    if not isinstance(value, dict):
        raise ValueError("an object is expected")
    parts = {name: value.get(name) for name in kinds}
    for name, kind in kinds.items():
        if not isinstance(parts[name], kind):
            raise ValueError(f"{name} is of another type")
    return parts


def _cards(message: Mapping[str, Any]) -> tuple[Card, ...]:
    """The message's cards; without them the traveller still has its text."""
    listed = (message["custom"] or {}).get("cards")
    try:
        return tuple(_CardBody.model_validate(card).card() for card in listed or ())
    except (ValidationError, TypeError) as error:
        log.error("Cards of %s cannot be read: %s", message["name"], type(error).__name__)
        return ()
