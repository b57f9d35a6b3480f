"""Fills in responses in the conversation's language, or in the other one where a variation is missing."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any

from rasa.core.nlg import NaturalLanguageGenerator
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import BotUttered
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.utils.endpoints import EndpointConfig

from aftercare.base.language import LANGUAGES, to_simplified
from aftercare.base.responses import all_responses
from aftercare.base.voice import decide
from aftercare.rasa_components.traditional import voice_of_tracker

logger = logging.getLogger(__name__)

_PLACEHOLDER = re.compile(r"{([a-z_]+)}")


class BilingualNlg(NaturalLanguageGenerator):  # type: ignore[misc]
    """Rasa's generator of responses (NLG), with the texts of data/responses in the language of the conversation.

    In endpoints.yml: `nlg: {type: aftercare.rasa_components.nlg.BilingualNlg}`. The texts are read when Rasa starts,
    not when a model is trained: an edited text needs no training. Rasa itself adds the response's name to the message
    as `utter_action`. A response has one or more wordings per
    language (`aftercare.run.checks`): the same one is not told again while another is left.
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
            values = {**tracker.current_slot_values(), **kwargs}
            return _least_told([_message(each, values) for each in variations], tracker)
        return None


def _message(variation: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    message = deepcopy(dict(variation))
    if text := message.get("text"):
        message["text"] = _filled(text, values)
    return message


def _least_told(wordings: Sequence[dict[str, Any]], tracker: DialogueStateTracker) -> dict[str, Any]:
    """The first wording this conversation has not had; when it had all, the one told longest ago."""
    if len(wordings) == 1:
        return wordings[0]
    told = {
        to_simplified(event.text): place
        for place, event in enumerate(tracker.events)
        if isinstance(event, BotUttered) and event.text
    }
    return min(wordings, key=lambda wording: told.get(to_simplified(str(wording.get("text"))), -1))


def _filled(text: str, values: Mapping[str, Any]) -> str:
    """The text with its placeholders filled; one without a value is logged by its name alone."""
    known = {name: value for name, value in values.items() if value is not None}
    for name in sorted(set(_PLACEHOLDER.findall(text)) - set(known)):
        logger.error("A response was said without a value for its placeholder {%s}", name)
    return _PLACEHOLDER.sub(lambda found: str(known.get(found[1], "…")), text).strip()
