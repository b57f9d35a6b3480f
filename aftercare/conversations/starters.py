"""What a traveller may begin with: choices that every conversation offers, whatever their labels say."""

from __future__ import annotations

from collections.abc import Mapping

from aftercare.base.voice import Voice
from aftercare.conversations.messages import OfferedChoice
from aftercare.conversations.texts import say

# the phrase of the label and what Rasa is sent, by the id of the choice
_STARTERS: Mapping[str, tuple[str, str]] = {
    "start-activation": ("starter_activation", "/report_activation_failure"),
    "start-no-service": ("starter_no_service", "/report_no_service"),
    "start-stopped": ("starter_stopped", "/report_stopped_working"),
    "start-refund": ("starter_refund", "/request_refund"),
    "start-person": ("starter_person", "/human_handoff"),
}


def starters(voice: Voice) -> dict[str, OfferedChoice]:
    """The choices by id, in the order in which they are shown."""
    return {key: OfferedChoice(say(name, voice), payload) for key, (name, payload) in _STARTERS.items()}


def starter(choice: str, voice: Voice) -> OfferedChoice | None:
    """The choice with this id; None when there is none."""
    if choice not in _STARTERS:
        return None
    name, payload = _STARTERS[choice]
    return OfferedChoice(say(name, voice), payload)
