"""Reads domain, responses, stories and sentences once per training.

Rasa's own importer parses every file again at each request.
"""

from __future__ import annotations

from typing import Any

from rasa.shared.core.domain import Domain
from rasa.shared.core.training_data.structures import StoryGraph
from rasa.shared.importers.rasa import RasaFileImporter
from rasa.shared.nlu.training_data.training_data import TrainingData

from aftercare.base.responses import all_responses, as_domain


class ReadOnceImporter(RasaFileImporter):  # type: ignore[misc]
    """Rasa's file importer with a memory; named under `importers` in config.yml."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._read: dict[str, Any] = {}

    def get_domain(self) -> Domain:
        """The domain: domain.yml with the responses of data/responses."""
        if "domain" not in self._read:
            responses = Domain.from_dict({"responses": as_domain(all_responses())})
            self._read["domain"] = super().get_domain().merge(responses)
        return self._read["domain"]

    def get_stories(self, exclusion_percentage: int | None = None) -> StoryGraph:
        """Rules and stories."""
        if "stories" not in self._read or exclusion_percentage:
            self._read["stories"] = super().get_stories(exclusion_percentage)
        return self._read["stories"]

    def get_nlu_data(self, language: str | None = "en") -> TrainingData:
        """The intent examples."""
        if "sentences" not in self._read:
            self._read["sentences"] = super().get_nlu_data(language)
        return self._read["sentences"]
