"""A conversation's state, and the results of the store's methods."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from aftercare.base.voice import Voice
from aftercare.conversations.line import PlaceInLine
from aftercare.conversations.messages import Message
from aftercare.conversations.picture_texts import PictureText

# states in which a person has the conversation, or is to have it
STAFF_STATES = ("waiting", "agent")


class UnknownChoice(Exception):
    """The button was never offered in this conversation; `voice` is how to say so."""

    def __init__(self, voice: Voice) -> None:
        super().__init__()
        self.voice = voice


class NoConversation(Exception):
    """The conversation does not exist, or no longer."""


class NotYours(Exception):
    """Another member of staff has the conversation, or nobody; `agent` is their name."""

    def __init__(self, agent: str | None) -> None:
        super().__init__(agent)
        self.agent = agent


@dataclass(frozen=True)
class Conversation:
    """A conversation as it stands."""

    id: str
    channel: str
    """Where it is held: "web" or "telegram"."""
    state: str
    """One of `tables.STATES`."""
    locale: str
    """What the traveller's browser or Telegram asks for, or what they chose."""
    voice: Voice
    """What is answered in where a message shows no language."""
    last_seq: int
    """The number of its last message, 0 when there is none."""
    token_generation: int
    """The newest generation of its tokens that was used."""
    agent_id: str | None = None
    """The member of staff who has it."""
    agent_name: str | None = None
    waiting_since: datetime | None = None
    """Since when it is in state "waiting"."""
    in_line_since: datetime | None = None
    """Since when its traveller is owed a person's word: the place in the line."""
    closed_at: datetime | None = None
    chapter: int = 1
    """One more each time it is opened again."""
    resumed: bool = False
    """Whether a person gave it back, and the assistant has not spoken since."""


@dataclass(frozen=True)
class TokenUse:
    """The generation of a token that a request carries.

    The first use of a newer generation invalidates the one before after `grace` seconds: until then a second tab can
    pick up the new token, and a client that never received it can go on with the old one.
    """

    generation: int
    grace: float


@dataclass(frozen=True)
class Pending:
    """The message whose turn it is."""

    conversation: Conversation
    seq: int
    text: str
    payload: str | None
    """Of a pressed choice: what Rasa is sent."""
    image: str | None
    meanwhile: tuple[str, ...] = ()
    """What was written to a person just before."""
    stored_answers: int = 0
    """How many answers the traveller has, though Rasa may not have stored the turn and is asked again."""
    line: PlaceInLine | None = None
    """The place in the line for a person, or the one it would get now."""
    pictures: PictureText | None = None
    """What was read in pictures sent with it or just before, and was not asked with another message."""
    at: datetime | None = None
    """When it was accepted."""


@dataclass(frozen=True)
class Accepted:
    """The result of storing a traveller's or a colleague's message."""

    seq: int
    stored: list[Message]
    """Nothing if the same client id came before."""
    pending: Pending | None
    """Its turn, if none is before it."""
    language: str | None = None
    """Tag of the language in which typed words are written ("zh-Hant", "ja"); None when they do not tell."""


@dataclass(frozen=True)
class StoredAnswers:
    """What was stored of a turn's answers."""

    stored: list[Message]
    more: bool
    """Whether more messages of the conversation are unanswered."""
    state: str
    """The conversation's, from here on."""


@dataclass(frozen=True)
class Claim:
    """A member of the staff has the conversation now."""

    stored: list[Message]
    """Nothing when it was theirs already."""


@dataclass
class Transcript:
    """A conversation with all of its messages, for the traveller's own copy."""

    conversation: Conversation
    messages: list[Message] = field(default_factory=list)
