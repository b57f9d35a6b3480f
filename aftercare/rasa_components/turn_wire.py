"""What the desk and Rasa exchange for one turn: the request, each message of the answer, and the turn's outcome.

The field names are those of the JSON; `aftercare/conversations/rasa_client.py` is the other side.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, cast

from pydantic import BaseModel, Field, field_validator
from rasa.shared.core.constants import ACTION_LISTEN_NAME
from rasa.shared.core.events import ActionExecuted, BotUttered, Event, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

from aftercare.rasa_components.traditional import voice_of_tracker
from aftercare.understanding.reader.reader import READING_SLOT, CommandReading


class TurnRequest(BaseModel):
    """A message of a traveller, as the desk sends it.

    `sender`: id of the conversation. `text`: what was typed, or the payload of a choice. `message_id`: the same when
    the desk sends a message again. `metadata`: stored with the message.

    Of the metadata, Rasa's side reads `payload` (true when the text is the payload of a choice that the desk issued),
    `language` and `script` (how to answer what tells no language itself), `meanwhile` (texts written while a person had
    the conversation). Where the text has words read in a picture, `typed` is the part the traveller typed, which may be
    empty, and `seen` lists the facts (`understanding.commands.FACTS`) that the picture shows. The actions read `line`:
    the `place` in the line for a person that the traveller has (`waiting`) or would get, by when it is read (`read_by`,
    ISO 8601), and whether that is over (`late`); `origin`, a hash of the network the traveller writes from; `phone`,
    the menu family of the phone in hand (`catalogue.browsers`); and `waited`, the seconds since the desk accepted the
    message.
    `channel` and `locale` are for whoever reads the tracker.
    """

    sender: str = Field(min_length=1, max_length=255)
    text: str = ""
    message_id: str = Field(min_length=1, max_length=255)
    metadata: dict[str, Any] = Field(default_factory=dict)

    @field_validator("sender", "text", "message_id", mode="before")
    @classmethod
    def _is_string(cls, value: Any) -> Any:
        if not isinstance(value, str):
            raise ValueError("must be a string")
        return value.replace("\0", "")  # PostgreSQL cannot store it

    @property
    def is_choice(self) -> bool:
        """Whether the text is the payload of a choice that the desk issued, rather than typed by a traveller."""
        return self.metadata.get("payload") is True


@dataclass(frozen=True)
class ChannelChoice:
    """An answer offered to press."""

    title: str
    """What the traveller reads."""
    payload: str
    """What comes back as `TurnRequest.text` when it is pressed: an intent with entities, as JSON."""


@dataclass(frozen=True)
class AssistantMessage:
    """One message of the assistant, in the traveller's language and script."""

    text: str | None
    """What it says; None when it only shows something."""
    choices: list[ChannelChoice]
    """Answers offered with it, in order."""
    image: str | None
    """A picture as a data URL or as a path of the desk's own media."""
    custom: dict[str, Any] | None
    """What only our channels understand: `cards`, `remind`, `handoff`, `leave_line`."""
    name: str | None
    """The response's name, or the meaning an action gave a composed text; for tests and staff."""

    def as_json(self) -> dict[str, Any]:
        """As the desk gets it."""
        return {**vars(self), "choices": [vars(choice) for choice in self.choices]}


@dataclass(frozen=True)
class RankedIntent:
    """An intent the message may have."""

    name: str | None
    """Of domain.yml, or `nlu_fallback`."""
    confidence: float | None
    """0 to 1."""


@dataclass(frozen=True)
class TurnOutcome:
    """How a traveller's message was understood, and what was done."""

    language: str | None
    """The language of the answer; None when nothing has told one yet."""
    script: str | None
    """The script of Chinese answers, `hans` or `hant`."""
    intent: str | None
    """The intent the answer follows."""
    confidence: float | None
    """Of that intent, 0 to 1."""
    ranking: list[RankedIntent]
    """Every intent considered, likeliest first."""
    entities: list[dict[str, Any]]
    """As Rasa describes them: `entity`, `value`, `start`, `end`."""
    actions: list[str]
    """The actions that ran, in order."""
    in_context: CommandReading | None
    """What was read in what the assistant had asked or told; None for a pressed button."""
    slots: dict[str, Any]
    """The slots that changed, with their new values, without the one of the reading."""

    def as_json(self) -> dict[str, Any]:
        """As the desk gets it."""
        ranking = [asdict(intent) for intent in self.ranking]
        in_context = None if self.in_context is None else self.in_context.as_slot()
        return {**vars(self), "ranking": ranking, "in_context": in_context}


def assistant_messages(events: Iterable[Event]) -> list[dict[str, Any]]:
    """What the assistant said among these events, as the desk gets it."""
    return [_message(event).as_json() for event in events if isinstance(event, BotUttered)]


def turn_outcome(tracker: DialogueStateTracker, events: Sequence[Event]) -> TurnOutcome:
    """How the first of the events, a traveller's message, was understood, and what was done."""
    message = cast(UserUttered, events[0])
    voice, script = voice_of_tracker(tracker), tracker.slots.get("script")
    slots = {event.key: event.value for event in events if isinstance(event, SlotSet)}
    read = slots.pop(READING_SLOT, None)
    return TurnOutcome(
        language=voice.language if voice else None,
        script=script.value if script else None,
        intent=message.intent_name,
        confidence=message.intent.get("confidence"),
        ranking=[
            RankedIntent(intent.get("name"), intent.get("confidence"))
            for intent in message.parse_data.get("intent_ranking") or []
        ],
        entities=message.entities,
        actions=_actions(events),
        in_context=CommandReading.from_slot(read) if read else None,
        slots=slots,
    )


def _actions(events: Iterable[Event]) -> list[str]:
    names = [event.action_name or event.action_text for event in events if isinstance(event, ActionExecuted)]
    return [name for name in names if name and name != ACTION_LISTEN_NAME]


def _message(event: BotUttered) -> AssistantMessage:
    data, metadata = event.data, event.metadata
    buttons = data.get("buttons") or data.get("quick_replies") or []
    return AssistantMessage(
        text=event.text,
        choices=[ChannelChoice(button.get("title", ""), button.get("payload", "")) for button in buttons],
        image=data.get("image"),
        custom=data.get("custom"),
        name=metadata.get("meaning") or (metadata.get("metadata") or {}).get("meaning") or metadata.get("utter_action"),
    )
