"""Rasa component: adds entities from a message's metadata, which the channel sets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.shared.nlu.constants import ENTITIES, TEXT
from rasa.shared.nlu.training_data.message import Message

from aftercare.base.language import written
from aftercare.base.voice import Voice, decide, reported_language
from aftercare.rasa_components.catalogue_component import CatalogueComponent

# entities of earlier messages that still hold; "it works now" or "next week" did so at that moment only
_LASTING = ("order_number", "email", "iccid", "eid", "device", "tried")


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=False)
class ChannelFacts(CatalogueComponent):
    """Reads the message's metadata; after the classifier, which judges by the words alone.

    `language` and `script`: how to answer what tells no language itself ("OK", an order number). `meanwhile`: what the
    traveller wrote while a person had the conversation, so that nothing they told is asked again. `typed`: the part of
    the text that was typed, where the rest was read in a picture: a screenshot in another language is answered in the
    traveller's own.
    """

    def process(self, messages: list[Message]) -> list[Message]:
        """Adds the entities of each message."""
        for message in messages:
            found, metadata = message.get(ENTITIES, []), message.get("metadata") or {}
            if "typed" in metadata:
                found = _in_the_language_of(str(metadata["typed"]), found)
                message.set(ENTITIES, found, add_to_output=True)
            brought = {entity["entity"]: entity["value"] for entity in found}
            whole = len(message.get(TEXT) or "")
            # what earlier messages named has no place in this one
            known = (
                *((*each, whole) for each in _voice(brought, metadata)),
                *((*each, 0) for each in self._meanwhile(brought, metadata.get("meanwhile") or ())),
            )
            added = [
                {"entity": name, "value": value, "start": 0, "end": end, "confidence_entity": 1.0}
                for name, value, end in known
            ]
            if added:
                message.set(ENTITIES, found + self.add_extractor_name(added), add_to_output=True)
        return messages

    def _meanwhile(self, brought: Mapping[str, Any], texts: Sequence[str]) -> Iterator[tuple[str, Any]]:
        latest: dict[str, Any] = {}
        for text in texts:
            for entity in self.finder.find(text):
                if entity.entity == "tried":
                    latest[f"tried {entity.value}"] = entity.value
                elif entity.entity in _LASTING and entity.entity not in brought:
                    latest[entity.entity] = entity.value
        for name, value in latest.items():
            yield name.split()[0], value


def _in_the_language_of(typed: str, found: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The entities, with language and script as the typed part tells them."""
    how = written(typed)
    voice = {"language": how.language, "script": how.script}
    kept = [entity for entity in found if entity["entity"] not in voice]
    spans = {"start": 0, "end": len(typed), "confidence_entity": 1.0, "extractor": ChannelFacts.__name__}
    return kept + [{"entity": name, "value": value, **spans} for name, value in voice.items() if value]


def _voice(brought: Mapping[str, Any], metadata: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Language and script as the channel knows them, where the message itself does not tell them."""
    known = reported_language(metadata.get("language"), metadata.get("script"))
    voice = decide(
        reported_language(brought.get("language"), brought.get("script")),
        before=Voice(known.language or "en", known.script),
    )
    if "language" not in brought and known.language:
        yield "language", known.language
    if "script" not in brought and known.script and voice.language == "zh":
        yield "script", known.script
