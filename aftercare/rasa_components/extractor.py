"""Rasa entity extractor for the catalogue's names and patterns, which `understanding.entities` finds."""

from __future__ import annotations

from typing import Any

from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.shared.nlu.constants import ENTITIES, TEXT
from rasa.shared.nlu.training_data.message import Message

from aftercare.rasa_components.catalogue_component import CatalogueComponent
from aftercare.understanding.main_part import main_span
from aftercare.understanding.origin import is_origin

# What names a matter; numbers and addresses count wherever they stand.
_OF_A_MATTER = ("device", "destination", "location", "amount_of_time")


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=False)
class CatalogueEntityExtractor(CatalogueComponent):
    """Emits one entity per name with normalised values, plus `tried`, `language` and `script`.

    A second different value of the same entity carries the role `other`: a slot filled from the entity takes the
    first and stays a text, where Rasa would otherwise put a list into it. Another country that the traveller or the
    phone comes from is no destination.
    """

    def process(self, messages: list[Message]) -> list[Message]:
        """Adds the entities of each message."""
        for message in messages:
            found = self.add_extractor_name(self._entities(message.get(TEXT) or ""))
            message.set(ENTITIES, message.get(ENTITIES, []) + found, add_to_output=True)
        return messages

    def _entities(self, text: str) -> list[dict[str, Any]]:
        first: dict[str, str | float] = {}
        found: list[dict[str, Any]] = []
        phone_end: int | None = None
        start, end = main_span(text)
        for entity in self.finder.find(text):
            if entity.entity == "device":
                phone_end = entity.end
            if entity.entity in _OF_A_MATTER and not start <= entity.start < end:
                continue  # "forget the Huawei": the matter that is dropped
            abroad = entity.entity == "destination" and entity.value != "NZ"
            if abroad and is_origin(text, entity.start, entity.end, phone_end):
                continue
            described = {**entity._asdict(), "confidence_entity": 1.0}
            if entity.entity != "tried" and first.setdefault(entity.entity, entity.value) != entity.value:
                described["role"] = "other"
            found.append(described)
        return found
