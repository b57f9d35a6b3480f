"""Converts the assistant's messages to Traditional Chinese for travellers who write it, for every channel.

Responses, actions and playbooks are worded in Simplified Chinese. A message is converted when Rasa logs it, so the
tracker, the desk's channel, Rasa's `rest` channel and every other have the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from rasa.shared.core.events import BotUttered, Event
from rasa.shared.core.trackers import DialogueStateTracker

from aftercare.base.language import to_traditional
from aftercare.base.voice import Voice, voice_of_slots

# parts of a message or card that are read by programs
_FOR_PROGRAMS = {"payload", "url", "image", "type", "id"}


def voice_of_tracker(tracker: DialogueStateTracker) -> Voice | None:
    """The voice a conversation is answered in; None before anything has told a language."""
    values = (slot and slot.value for slot in map(tracker.slots.get, ("language", "script", "language_pin")))
    return voice_of_slots(*values)


def in_travellers_script(events: Iterable[Event], tracker: DialogueStateTracker) -> None:
    """Convert the answers among `events`, in place, when the conversation is in Traditional Chinese."""
    voice = voice_of_tracker(tracker)
    if voice is None or not voice.traditional:
        return
    for event in events:
        if isinstance(event, BotUttered):
            message = in_traditional({"text": event.text, **event.data})
            event.text, event.data = message.pop("text"), message


def in_traditional(message: Mapping[str, Any]) -> dict[str, Any]:
    """A message with its text, the titles of its choices and what its cards show converted; payloads stay."""
    converted = dict(message)
    for part in ("text", "buttons", "quick_replies"):
        if message.get(part):
            converted[part] = _converted(message[part])
    if custom := message.get("custom"):
        parts = {part: _converted(custom[part]) for part in ("cards", "image_alt") if part in custom}
        converted["custom"] = {**custom, **parts}
    return converted


def _converted(value: Any) -> Any:
    if isinstance(value, str):
        return to_traditional(value)
    if isinstance(value, list):
        return [_converted(each) for each in value]
    if isinstance(value, dict):
        return {key: part if key in _FOR_PROGRAMS else _converted(part) for key, part in value.items()}
    return value
