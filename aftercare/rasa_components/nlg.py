"""Says each response in the traveller's language and script, and never says nothing because one language lacks it."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from typing import Any, cast

from rasa.core.nlg import TemplatedNaturalLanguageGenerator
from rasa.shared.core.domain import Domain
from rasa.utils.endpoints import EndpointConfig

from aftercare.base.language import LANGUAGES, to_traditional

logger = logging.getLogger(__name__)

_PLACEHOLDER = re.compile(r"{([a-z_]+)}")


class BilingualNlg(TemplatedNaturalLanguageGenerator):  # type: ignore[misc]
    """Rasa's response templates, chosen by the slot `language` and written in the script of the slot `script`.

    In endpoints.yml: `nlg: {type: aftercare.rasa_components.nlg.BilingualNlg}`. Rasa itself adds the response's name to
    the message as `utter_action`.
    """

    def __init__(self, endpoint_config: EndpointConfig | None = None, domain: Domain | None = None) -> None:
        super().__init__(domain.responses if domain else {})

    def generate_from_slots(
        self, utter_action: str, filled_slots: dict[str, Any], output_channel: str, **kwargs: Any
    ) -> dict[str, Any] | None:
        """The filled-in response; in the other language when the wanted one has no variation; None if unknown."""
        wanted = filled_slots.get("language_pin") or filled_slots.get("language") or LANGUAGES[0]
        for language in (wanted, *(other for other in LANGUAGES if other != wanted)):
            slots = {**filled_slots, "language": language}
            message = super().generate_from_slots(utter_action, slots, output_channel, **kwargs)
            if message is None:
                continue
            if language != wanted:
                logger.error("Response %s has no variation for language %s; said in %s", utter_action, wanted, language)
            if language == "zh" and filled_slots.get("script") == "hant":
                message = in_traditional(message)
            return cast(dict[str, Any], message)
        return None

    def _fill_response(
        self, response: dict[str, Any], filled_slots: dict[str, Any] | None = None, **kwargs: Any
    ) -> dict[str, Any]:
        """Fill the text alone.

        Rasa fills payloads too, takes the braces of their JSON for placeholders, and logs the failure with every
        slot's value.
        """
        if text := response.get("text"):
            response["text"] = _filled(text, self._response_variables(filled_slots, kwargs))
        return response


def _filled(text: str, values: Mapping[str, Any]) -> str:
    known = {name: value for name, value in values.items() if value is not None}
    for name in sorted(set(_PLACEHOLDER.findall(text)) - set(known)):
        logger.error("A response was said without a value for its placeholder {%s}", name)
    return _PLACEHOLDER.sub(lambda found: str(known.get(found[1], "…")), text).strip()


def in_traditional(message: dict[str, Any]) -> dict[str, Any]:
    """A message with its text and button titles in Traditional Chinese; payloads stay as they are."""
    converted = dict(message)
    if text := message.get("text"):
        converted["text"] = to_traditional(text)
    for key in ("buttons", "quick_replies"):
        if message.get(key):
            converted[key] = [{**button, "title": to_traditional(button.get("title", ""))} for button in message[key]]
    return converted
