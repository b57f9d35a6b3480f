"""Rasa intent classifier around `linear_model`: masks entities, ranks intents, notices a second intent."""

from __future__ import annotations

import logging
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.nlu.constants import TOKENS_NAMES
from rasa.shared.nlu.constants import ENTITIES, INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from aftercare.base.language import written
from aftercare.catalogue.load import load_catalogue
from aftercare.rasa_components.tokenizer import MixedTokenizer
from aftercare.understanding.encoder import Encoder, encoder, identity
from aftercare.understanding.entities import Entity, EntityFinder
from aftercare.understanding.features import masked_words
from aftercare.understanding.linear_model import IntentModel, Recipe
from aftercare.understanding.main_part import main_span
from aftercare.understanding.reading import SECOND_THRESHOLD, Reader
from aftercare.understanding.second_intent import Matter
from aftercare.understanding.segmentation import Word, segmenter
from aftercare.understanding.trained_parts import part_key, trained_part

# The class for what is none of our business; the model leans to it when it meets words it has never seen.
_OPEN = "out_of_scope"
_PARTS = ("softness", "neighbours", "network", "networks", "open_bias", "novelty")
_MODEL_OPTIONS = (*_PARTS, "joint", "joint_softness", "sure")
# Says which encoder the model learnt the vectors of.
_ENCODER = "encoder.txt"

_log = logging.getLogger(__name__)


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class LinearIntentClassifier(GraphComponent, IntentClassifier):  # type: ignore[misc]
    """Trained by `rasa train` on the intent examples of data/nlu.

    Comes after MixedTokenizer and CatalogueEntityExtractor, whose tokens and entities it uses. A message that asks two
    things gets the intent of one part and an entity `second_intent` with that of the other.
    """

    def __init__(
        self,
        config: dict[str, Any],
        storage: ModelStorage,
        resource: Resource,
        model: IntentModel | None = None,
        sentence_encoder: Encoder | None = None,
    ) -> None:
        self._config = config
        self._storage = storage
        self._resource = resource
        self._reader = Reader(model, config["second_threshold"]) if model else None
        self._encoder = sentence_encoder
        self._finder = EntityFinder(load_catalogue())

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """`linear_model.Recipe` explains the options of the model; `second_threshold` is a confidence."""
        recipe = Recipe()
        return {name: getattr(recipe, name) for name in _MODEL_OPTIONS} | {"second_threshold": SECOND_THRESHOLD}

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str | None:
        """With another encoder, or none, it has to learn again."""
        return identity()

    @classmethod
    def required_components(cls) -> list[type]:
        """What must come before this component; extractors do not run in training, so Rasa cannot check for ours."""
        return [MixedTokenizer]

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> LinearIntentClassifier:
        """An untrained classifier."""
        return cls(config, model_storage, resource)

    def train(self, training_data: TrainingData) -> Resource:
        """Learn from every example that has an intent."""
        examples = [example for example in training_data.intent_examples if example.get(TEXT)]
        if examples:
            texts = [example.get(TEXT) for example in examples]
            words = [masked_words(segmenter().words(text), self._finder.named(text)) for text in texts]
            intents = [example.get(INTENT) for example in examples]
            languages = [written(text).language or "" for text in texts]
            recipe = Recipe(open_label=_OPEN, **{name: self._config[name] for name in _MODEL_OPTIONS})

            def learn(folder: Path) -> None:
                found = encoder()
                vectors = found.encode_kept(texts) if found else None
                IntentModel.fit(words, intents, languages, recipe, vectors).save(folder)
                (folder / _ENCODER).write_text(identity(), encoding="utf-8")

            key = part_key([IntentModel.__module__], texts, words, intents, languages, recipe, identity())
            with self._storage.write_to(self._resource) as folder:
                trained_part("intents", key, learn, folder)
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
        """The classifier as trained; with another encoder, or none, it reads words alone."""
        with model_storage.read_from(resource) as folder:
            learnt_with, found = (folder / _ENCODER).read_text(encoding="utf-8"), encoder()
            if learnt_with != identity():
                _log.warning("The intent model reads words alone: it was trained with another sentence encoder.")
                found = None
            return cls(config, model_storage, resource, IntentModel.load(folder), found)

    def process(self, messages: list[Message]) -> list[Message]:
        """Sets the intent and the ranking of each message, and its second intent when it has one."""
        for message in messages:
            start, end = main_span(message.get(TEXT))
            tokens = [token for token in message.get(TOKENS_NAMES[TEXT]) if start <= token.start < end]
            words = [Word(token.text, token.start, token.end, token.lemma) for token in tokens]
            entities = [Entity(e["entity"], e["value"], e["start"], e["end"]) for e in message.get(ENTITIES, [])]
            language = next((str(entity.value) for entity in entities if entity.entity == "language"), "")
            text = message.get(TEXT)[:end]
            vector = partial(_vector, self._encoder, text[start:]) if self._encoder else None
            reading = self._reader and self._reader.read(text, words, entities, language, vector)
            ranking = [one._asdict() for one in reading.ranking] if reading else []
            if reading and reading.second:
                message.set(ENTITIES, [*message.get(ENTITIES, []), self._described(reading.second)], add_to_output=True)
            message.set("intent", ranking[0] if ranking else {"name": None, "confidence": 0.0}, add_to_output=True)
            message.set("intent_ranking", ranking, add_to_output=True)
        return messages

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Nothing after this component learns from its predictions."""
        return training_data

    def _described(self, second: Matter) -> dict[str, Any]:
        return {
            "entity": "second_intent",
            "value": second.intent,
            "start": second.start,
            "end": second.end,
            "confidence_entity": second.confidence,
            "extractor": type(self).__name__,
        }


def _vector(sentence_encoder: Encoder, text: str) -> npt.NDArray[np.float32]:
    return np.asarray(sentence_encoder.encode([text])[0], np.float32)
