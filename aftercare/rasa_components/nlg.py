"""Fills in responses in the conversation's language, or in the other one where a variation is missing."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from rasa.core.nlg import NaturalLanguageGenerator
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import BotUttered
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.utils.endpoints import EndpointConfig

from aftercare.base.identifiers import order_numbers
from aftercare.base.language import LANGUAGES
from aftercare.base.responses import all_responses
from aftercare.base.voice import decide
from aftercare.rasa_components.traditional import voice_of_tracker

logger = logging.getLogger(__name__)

_PLACEHOLDER = re.compile(r"{([a-z_]+)}")
# the key of a message's metadata that holds which variation of its response it is, from 0
VARIATION = "variation"


class BilingualNlg(NaturalLanguageGenerator):  # type: ignore[misc]
    """Rasa's generator of responses (NLG), with the texts of data/responses in the language of the conversation.

    In endpoints.yml: `nlg: {type: aftercare.rasa_components.nlg.BilingualNlg}`. The texts are read when Rasa starts,
    not when a model is trained: an edited text needs no training. Rasa itself adds the response's name to the message
    as `utter_action`. Of several variations, the wordings of a response, the one this conversation has not had comes
    next. Which one a message has is kept in its metadata: its text has other values, or Traditional characters.
    """

    def __init__(self, endpoint_config: EndpointConfig | None = None, domain: Domain | None = None) -> None:
        self._responses = all_responses()

    async def generate(
        self, utter_action: str, tracker: DialogueStateTracker, output_channel: str, **kwargs: Any
    ) -> dict[str, Any] | None:
        """The filled-in response; in the other language when the wanted one has no variation; None if unknown."""
        wanted = decide(before=voice_of_tracker(tracker)).language
        for language in (wanted, *(other for other in LANGUAGES if other != wanted)):
            variations = self._responses[language].responses.get(utter_action)
            if not variations:
                continue
            if language != wanted:
                logger.error("Response %s has no variation for language %s; said in %s", utter_action, wanted, language)
            number = _next_variation(len(variations), utter_action, tracker)
            message = {**deepcopy(variations[number]), VARIATION: number}
            if text := message.get("text"):
                known = {"order_number_example": order_numbers().example, **tracker.current_slot_values(), **kwargs}
                message["text"] = _filled(text, known)
            return message
        return None


def _next_variation(count: int, utter_action: str, tracker: DialogueStateTracker) -> int:
    """The first variation this conversation has not had; when it had all, the one uttered longest ago."""
    uttered = {
        event.metadata.get(VARIATION): place
        for place, event in enumerate(tracker.events)
        if isinstance(event, BotUttered) and event.metadata.get("utter_action") == utter_action
    }
    return min(range(count), key=lambda number: uttered.get(number, -1))


def _filled(text: str, values: Mapping[str, Any]) -> str:
    """The text with its placeholders filled; one without a value is logged by its name alone."""
    known = {name: value for name, value in values.items() if value is not None}
    for name in sorted(set(_PLACEHOLDER.findall(text)) - set(known)):
        logger.error("A response was said without a value for its placeholder {%s}", name)
    return _PLACEHOLDER.sub(lambda found: str(known.get(found[1], "…")), text).strip()
