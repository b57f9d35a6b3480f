"""The messages of a conversation: as a traveller sends them, as they are stored, and as both sides see them.

A stored message is a row of the table `event`, and an event of the chat API.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from aftercare.base.voice import Voice
from aftercare.conversations.texts import say

# the payload of the desk's own button, which gives the place in the line up; Rasa never sees it
BACK_TO_ASSISTANT = "desk:assistant"
# the answer after which the traveller is asked how it went
_GOODBYE = "utter_goodbye"
# control characters, and the halves of characters that JSON can smuggle in and no database stores
_UNSTORABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


class OfferedChoice(NamedTuple):
    """An answer offered to press."""

    title: str
    """What the traveller reads, and what stands in the conversation when it was pressed."""
    payload: str
    """What Rasa is sent instead of the title; it stays inside the desk."""


@dataclass(frozen=True)
class Card:
    """A plan or the like to look at, perhaps with a button to choose it."""

    title: str
    lines: tuple[str, ...]
    """What there is to say of it, one thing a line."""
    price: str
    reason: str
    """Why it is shown to this traveller."""
    payload: str | None = None
    """What Rasa is sent when the button is pressed; None when the card has no button."""
    action: str | None = None
    """The title of the button, where it is not the card's."""
    seller: str = ""
    url: str | None = None
    """Where the button leads that has no payload: an http(s) address."""

    @classmethod
    def from_json(cls, card: Mapping[str, Any]) -> Card:
        """The card as a column holds it."""
        return cls(
            card["title"],
            tuple(card["lines"]),
            card["price"],
            card["reason"],
            card.get("payload"),
            card.get("action"),
            card.get("seller", ""),
            card.get("url"),
        )

    @property
    def button(self) -> str:
        """The title of its button, "" when it has none."""
        return (self.action or self.title) if self.payload else ""

    def to_json(self) -> dict[str, Any]:
        """The card as a column holds it."""
        body = {"title": self.title, "lines": list(self.lines), "price": self.price, "reason": self.reason}
        optional = {"payload": self.payload, "action": self.action, "seller": self.seller or None, "url": self.url}
        return body | {key: value for key, value in optional.items() if value is not None}


@dataclass(frozen=True)
class TravellerMessage:
    """What a traveller sends: typed text, the id of a choice, a picture, or what our own code read without a model."""

    client_id: str
    """Of the client's making: what is sent twice with the same id is stored once."""
    text: str = ""
    choice: str | None = None
    """`<seq>-<index>` of a choice, `<seq>-c<index>` of a card, or the id of a starter (`starters.py`)."""
    payload: str | None = None
    """What Rasa is sent instead of the text, which is then a label in our words (a command, a shared location).

    Only code of ours may set it: nothing that a client sends becomes a payload.
    """
    picture: tuple[str, bytes] | None = None
    """Media type and bytes, as `pictures.reencode` gives them."""


@dataclass(frozen=True)
class NewMessage:
    """A message to store, of whichever side."""

    text: str = ""
    sender: str = "assistant"
    """One of `tables.SENDERS`."""
    kind: str = "message"
    """One of `tables.KINDS`."""
    choices: Sequence[OfferedChoice] = ()
    image: str | None = None
    """A data URL, or the address of a stored picture."""
    cards: Sequence[Card] = ()
    custom: Mapping[str, Any] | None = None
    """What an action told the desk beside the words: `{"handoff": true}`, `{"remind": true}` and so on."""
    name: str | None = None
    """The meaning of an answer, for tests and statistics: "utter_greet"."""
    agent: str | None = None
    """The name of the member of staff who writes, or has the conversation from here on."""
    state: str | None = None
    """Of a change of state: what the conversation became, one of `tables.STATES`."""
    client_id: str | None = None
    """The id under which it is stored only once."""
    payload: str | None = None
    """Of a pressed choice: what Rasa is sent instead of the title."""
    status: str | None = None
    """Of a traveller's message: one of `tables.STATUSES`."""

    def columns(self) -> dict[str, Any]:
        """The values of its row."""
        return {
            "kind": self.kind,
            "sender": self.sender,
            "text": self.text,
            "choices": [{"title": each.title, "payload": each.payload} for each in self.choices] or None,
            "image": self.image,
            "cards": [card.to_json() for card in self.cards] or None,
            "custom": None if self.custom is None else dict(self.custom),
            "name": self.name,
            "agent": self.agent,
            "state": self.state,
            "client_id": self.client_id,
            "payload": self.payload,
            "status": self.status,
        }


@dataclass(frozen=True)
class Message:
    """A stored message of either side."""

    seq: int
    """Its number in the conversation, rising by one from 1."""
    at: datetime
    kind: str
    """One of `tables.KINDS`."""
    sender: str
    """One of `tables.SENDERS`."""
    text: str
    choices: tuple[OfferedChoice, ...] = ()
    image: str | None = None
    """A data URL, or the address of a stored picture."""
    agent: str | None = None
    """The name of the member of staff who wrote it, or had the conversation from here on."""
    state: str | None = None
    """Of a change of state: what the conversation became, one of `tables.STATES`."""
    cards: tuple[Card, ...] = ()
    rate: bool = False
    """Whether the traveller is asked now how it went."""
    image_alt: str | None = None
    """What the image is, in words, for those who do not see it."""

    @classmethod
    def of(cls, seq: int, at: datetime, new: NewMessage) -> Message:
        """The message as it was stored under this number."""
        return cls(
            seq=seq,
            at=at,
            kind=new.kind,
            sender=new.sender,
            text=new.text,
            choices=tuple(new.choices),
            image=new.image,
            agent=new.agent,
            state=new.state,
            cards=tuple(new.cards),
            rate=_asks_for_rating(new.state, new.name),
            image_alt=_image_alt(new.custom),
        )

    @classmethod
    def from_row(cls, row: Any) -> Message:
        """A row with the columns of the table `event`."""
        return cls(
            seq=row.seq,
            at=row.at,
            kind=row.kind,
            sender=row.sender,
            text=row.text,
            choices=choices_from_json(row.choices),
            image=row.image,
            agent=row.agent,
            state=row.state,
            cards=tuple(Card.from_json(card) for card in row.cards or ()),
            rate=_asks_for_rating(row.state, row.name),
            image_alt=_image_alt(row.custom),
        )

    def as_json(self) -> dict[str, Any]:
        """The event of the chat API; payloads and how a message was understood stay inside."""
        body: dict[str, Any] = {
            "seq": self.seq,
            "at": self.at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "kind": self.kind,
            "from": self.sender,
            "text": self.text,
            "choices": [
                {"id": f"{self.seq}-{index}", "title": choice.title} for index, choice in enumerate(self.choices)
            ],
        }
        optional = {"image": self.image, "image_alt": self.image_alt, "agent": self.agent, "state": self.state}
        body |= {key: value for key, value in optional.items() if value is not None}
        if self.cards:
            body["cards"] = [self._card(index, card) for index, card in enumerate(self.cards)]
        if self.rate:
            body["rate"] = True
        return body

    def _card(self, index: int, card: Card) -> dict[str, Any]:
        body: dict[str, Any] = {"title": card.title, "lines": list(card.lines), "price": card.price}
        body |= {"reason": card.reason}
        body |= {"seller": card.seller} if card.seller else {}
        body |= {"link": {"title": card.action or card.title, "url": card.url}} if card.url else {}
        return body | ({"choice": {"id": f"{self.seq}-c{index}", "title": card.button}} if card.button else {})


def choices_from_json(choices: Sequence[Mapping[str, Any]] | None) -> tuple[OfferedChoice, ...]:
    """The choices as a column holds them."""
    return tuple(OfferedChoice(str(each["title"]), each.get("payload") or "") for each in choices or ())


def state_change(state: str, voice: Voice, agent: str | None = None) -> NewMessage:
    """What both sides see when the conversation passes to somebody else; for "waiting" there is `line.into_line`."""
    text = say(f"state_{state}", voice, agent=agent)
    return NewMessage(text=text, sender="system", kind="state", state=state, agent=agent)


def clean_text(text: str) -> str:
    """The text without what cannot be stored, and without space around it."""
    return _UNSTORABLE.sub("", text).strip()


def _image_alt(custom: Mapping[str, Any] | None) -> str | None:
    alt = (custom or {}).get("image_alt")
    return alt if isinstance(alt, str) else None


def _asks_for_rating(state: str | None, name: str | None) -> bool:
    return state == "closed" or name == _GOODBYE
