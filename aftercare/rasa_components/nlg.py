"""Fills in responses in the conversation's language, or in the other one where a variation is missing."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from rasa.core.nlg import NaturalLanguageGenerator
from rasa.shared.core.domain import Domain
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.utils.endpoints import EndpointConfig

from aftercare.base.language import LANGUAGES
from aftercare.base.responses import all_responses
from aftercare.base.voice import decide
from aftercare.rasa_components.traditional import voice_of_tracker

logger = logging.getLogger(__name__)

_PLACEHOLDER = re.compile(r"{([a-z_]+)}")


class BilingualNlg(NaturalLanguageGenerator):  # type: ignore[misc]
    """Rasa's generator of responses (NLG), with the texts of data/responses in the language of the conversation.

    In endpoints.yml: `nlg: {type: aftercare.rasa_components.nlg.BilingualNlg}`. The texts are read when Rasa starts,
    not when a model is trained: an edited text needs no training. Rasa itself adds the response's name to the message
    as `utter_action`. A response has one variation per language (`aftercare.run.checks`).
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
            message = deepcopy(variations[0])
            if text := message.get("text"):
                message["text"] = _filled(text, {**tracker.current_slot_values(), **kwargs})
            return message
        return None


def _filled(text: str, values: Mapping[str, Any]) -> str:
    """The text with its placeholders filled; one without a value is logged by its name alone."""
    known = {name: value for name, value in values.items() if value is not None}
    for name in sorted(set(_PLACEHOLDER.findall(text)) - set(known)):
        logger.error("A response was said without a value for its placeholder {%s}", name)
    return _PLACEHOLDER.sub(lambda found: str(known.get(found[1], "…")), text).strip()
