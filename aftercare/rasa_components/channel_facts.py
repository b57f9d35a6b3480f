"""Rasa component: adds entities from a message's metadata, which the channel sets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.shared.nlu.constants import ENTITIES, TEXT
from rasa.shared.nlu.training_data.message import Message

from aftercare.base.voice import Voice, decide, told_by
from aftercare.rasa_components.catalogue_component import CatalogueComponent

# entities of earlier messages that still hold; "it works now" or "next week" did so at that moment only
_LASTING = ("order_number", "email", "iccid", "eid", "device", "tried")


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=False)
class ChannelFacts(CatalogueComponent):
    """Reads the message's metadata; after the classifier, which judges by the words alone.

    `language` and `script`: how to answer what tells no language itself ("OK", an order number). `meanwhile`: what the
    traveller wrote while a person had the conversation, so that nothing they told is asked again.
    """

    def process(self, messages: list[Message]) -> list[Message]:
        """Adds the entities of each message."""
        for message in messages:
            found, metadata = message.get(ENTITIES, []), message.get("metadata") or {}
            told = {entity["entity"]: entity["value"] for entity in found}
            end = len(message.get(TEXT) or "")
            added = [
                {"entity": name, "value": value, "start": 0, "end": end, "confidence_entity": 1.0}
                for name, value in (*_voice(told, metadata), *self._meanwhile(told, metadata.get("meanwhile") or ()))
            ]
            if added:
                message.set(ENTITIES, found + self.add_extractor_name(added), add_to_output=True)
        return messages

    def _meanwhile(self, told: Mapping[str, Any], texts: Sequence[str]) -> Iterator[tuple[str, Any]]:
        latest: dict[str, Any] = {}
        for text in texts:
            for entity in self.finder.find(text):
                if entity.entity == "tried":
                    latest[f"tried {entity.value}"] = entity.value
                elif entity.entity in _LASTING and entity.entity not in told:
                    latest[entity.entity] = entity.value
        for name, value in latest.items():
            yield name.split()[0], value


def _voice(told: Mapping[str, Any], metadata: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Language and script as the channel knows them, where the message itself does not tell them."""
    known = told_by(metadata.get("language"), metadata.get("script"))
    voice = decide(
        told_by(told.get("language"), told.get("script")), before=Voice(known.language or "en", known.script)
    )
    if "language" not in told and known.language:
        yield "language", known.language
    if "script" not in told and known.script and voice.language == "zh":
        yield "script", known.script
