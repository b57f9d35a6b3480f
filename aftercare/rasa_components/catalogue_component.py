"""The part that entity extractors of the catalogue share: untrained, they read the catalogue when a model loads."""

from __future__ import annotations

from typing import Any, Self

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.extractors.extractor import EntityExtractorMixin

from aftercare.catalogue.load import load_catalogue
from aftercare.understanding.entities import EntityFinder


class CatalogueComponent(GraphComponent, EntityExtractorMixin):  # type: ignore[misc]
    """An entity extractor whose `finder` knows the present catalogue, so that new devices need no training."""

    def __init__(self, finder: EntityFinder) -> None:
        self.finder = finder

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> Self:
        """Called by Rasa when a model loads."""
        return cls(EntityFinder(load_catalogue()))
