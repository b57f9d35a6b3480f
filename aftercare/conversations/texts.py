"""The phrases of `data/responses` in a traveller's language and script: all that the desk itself says."""

from __future__ import annotations

from aftercare.base.responses import phrase
from aftercare.base.voice import Voice


def say(name: str, voice: Voice, **values: object) -> str:
    """The phrase `name` for this traveller; Traditional Chinese is converted from Simplified.

    Raises:
        KeyError: there is no such phrase, or a placeholder has no value.
    """
    return voice.write(phrase(name, voice.language, **values))
