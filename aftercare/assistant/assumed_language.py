"""Rasa component: what tells no language itself ("OK", an order number) is in the language the channel says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.extractors.extractor import EntityExtractorMixin
from rasa.shared.nlu.constants import ENTITIES, TEXT
from rasa.shared.nlu.training_data.message import Message

from aftercare.language import LANGUAGES


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=False)
class AssumedLanguage(GraphComponent, EntityExtractorMixin):  # type: ignore[misc]
    """Adds `language` and `script` from the message's metadata; after the classifier, which knows only the words."""

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> AssumedLanguage:
        """Called by Rasa when a model loads."""
        return cls()

    def process(self, messages: list[Message]) -> list[Message]:
        """Adds the entities of each message."""
        for message in messages:
            found = message.get(ENTITIES, [])
            told = {entity["entity"]: entity["value"] for entity in found}
            end = len(message.get(TEXT) or "")
            assumed = [
                {"entity": name, "value": value, "start": 0, "end": end, "confidence_entity": 1.0}
                for name, value in _assumed(told, message.get("metadata") or {})
            ]
            if assumed:
                message.set(ENTITIES, found + self.add_extractor_name(assumed), add_to_output=True)
        return messages


def _assumed(told: Mapping[str, Any], metadata: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    language, script = metadata.get("language"), metadata.get("script")
    if "language" not in told and language in LANGUAGES:
        yield "language", language
    if "script" not in told and script in ("hans", "hant") and told.get("language", language) == "zh":
        yield "script", script
