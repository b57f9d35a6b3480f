"""Rasa intent classifier around `linear_model`: masks entities, ranks intents, notices a second intent."""

from __future__ import annotations

from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.nlu.constants import INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from aftercare.assistant.entities import EntityFinder
from aftercare.assistant.features import masked_words
from aftercare.assistant.linear_model import IntentModel
from aftercare.assistant.segmentation import segmenter
from aftercare.catalogue import load_catalogue
from aftercare.language import written

_RANKED = 10


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class LinearIntentClassifier(GraphComponent, IntentClassifier):  # type: ignore[misc]
    """Trained by `rasa train` on the intent examples of data/nlu."""

    def __init__(self, storage: ModelStorage, resource: Resource, model: IntentModel | None = None) -> None:
        self._storage = storage
        self._resource = resource
        self._model = model
        self._finder = EntityFinder(load_catalogue())

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> LinearIntentClassifier:
        """An untrained classifier."""
        return cls(model_storage, resource)

    def train(self, training_data: TrainingData) -> Resource:
        """Learn from every example that has an intent."""
        examples = [example for example in training_data.intent_examples if example.get(TEXT)]
        if examples:
            texts = [example.get(TEXT) for example in examples]
            self._model = IntentModel.fit(
                [self._words(text) for text in texts],
                [example.get(INTENT) for example in examples],
                [written(text).language or "" for text in texts],
            )
            with self._storage.write_to(self._resource) as folder:
                self._model.save(folder)
        return self._resource

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> LinearIntentClassifier:
        """The classifier as trained."""
        with model_storage.read_from(resource) as folder:
            return cls(model_storage, resource, IntentModel.load(folder))

    def process(self, messages: list[Message]) -> list[Message]:
        """Sets the intent and the ranking of each message."""
        for message in messages:
            ranking = self._ranking(message.get(TEXT) or "")
            message.set("intent", ranking[0] if ranking else {"name": None, "confidence": 0.0}, add_to_output=True)
            message.set("intent_ranking", ranking, add_to_output=True)
        return messages

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Nothing after this component learns from its predictions."""
        return training_data

    def _words(self, text: str) -> list[str]:
        return masked_words(segmenter().words(text), self._finder.find(text))

    def _ranking(self, text: str) -> list[dict[str, Any]]:
        words = self._words(text)
        if self._model is None or not words:
            return []
        probabilities = self._model.predict(words, written(text).language or "")
        order = probabilities.argsort()[::-1][:_RANKED]
        return [{"name": self._model.labels[at], "confidence": float(probabilities[at])} for at in order]
