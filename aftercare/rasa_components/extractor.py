"""Rasa entity extractor for the catalogue's names and patterns, which `understanding.entities` finds."""

from __future__ import annotations

from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.extractors.extractor import EntityExtractorMixin
from rasa.shared.nlu.constants import ENTITIES, TEXT
from rasa.shared.nlu.training_data.message import Message

from aftercare.catalogue.load import load_catalogue
from aftercare.understanding.entities import EntityFinder


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=False)
class CatalogueEntityExtractor(GraphComponent, EntityExtractorMixin):  # type: ignore[misc]
    """Emits one entity per name with normalised values, plus `tried`, `language` and `script`.

    A second different value of the same entity carries the role `other`: a slot filled from the entity takes the
    first and stays a text, where Rasa would otherwise put a list into it.
    """

    def __init__(self, finder: EntityFinder) -> None:
        self._finder = finder

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> CatalogueEntityExtractor:
        """Called by Rasa when a model loads: the catalogue is read now, so new devices need no training."""
        return cls(EntityFinder(load_catalogue()))

    def process(self, messages: list[Message]) -> list[Message]:
        """Adds the entities of each message."""
        for message in messages:
            found = self.add_extractor_name(self._entities(message.get(TEXT) or ""))
            message.set(ENTITIES, message.get(ENTITIES, []) + found, add_to_output=True)
        return messages

    def _entities(self, text: str) -> list[dict[str, Any]]:
        first: dict[str, str | float] = {}
        found: list[dict[str, Any]] = []
        for entity in self._finder.find(text):
            described = {**entity._asdict(), "confidence_entity": 1.0}
            if entity.entity != "tried" and first.setdefault(entity.entity, entity.value) != entity.value:
                described["role"] = "other"
            found.append(described)
        return found
