"""Rasa intent classifier around `linear_model`: masks entities, ranks intents, notices a second intent."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.nlu.constants import TOKENS_NAMES
from rasa.shared.nlu.constants import ENTITIES, INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from aftercare.assistant.entities import Entity, EntityFinder
from aftercare.assistant.features import MASKED, masked_words
from aftercare.assistant.linear_model import IntentModel, Recipe
from aftercare.assistant.second_intent import is_matter, only_names_facts, parts, two_matters
from aftercare.assistant.segmentation import Word, segmenter
from aftercare.assistant.tokenizer import MixedTokenizer
from aftercare.catalogue import load_catalogue
from aftercare.language import written

# The class for what is none of our business; the model leans to it when it meets words it has never seen.
_OPEN = "out_of_scope"
_RANKED = 10
# The intent of a message that gives facts and asks nothing.
FACTS = "inform"
_FACT_MASKS = frozenset(f"<{name}>" for name in MASKED)
# A part of a message needs so many words to ask something of its own.
_SHORTEST = 2
# A message of more parts is a story; its whole says best what it is about.
_MOST_PARTS = 8
_MODEL_OPTIONS = ("softness", "neighbours", "network", "open_bias", "novelty")


def _only_facts(words: Sequence[str]) -> bool:
    """Whether a message is an order number, an e-mail or a phone with nothing said of them: only ever an answer."""
    facts = [word for word in words if word in _FACT_MASKS]
    return bool(facts) and all(word in _FACT_MASKS or not any(map(str.isalnum, word)) for word in words)


def _promoted(ranking: list[dict[str, Any]], name: str, confidence: float) -> list[dict[str, Any]]:
    """The ranking led by an intent; the others share what its confidence leaves."""
    others = [{**entry, "confidence": entry["confidence"] * (1 - confidence)} for entry in ranking]
    return [{"name": name, "confidence": confidence}, *(entry for entry in others if entry["name"] != name)]


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class LinearIntentClassifier(GraphComponent, IntentClassifier):  # type: ignore[misc]
    """Trained by `rasa train` on the intent examples of data/nlu.

    Comes after MixedTokenizer and CatalogueEntityExtractor, whose tokens and entities it uses. A message that asks two
    things gets the intent of one part and an entity `second_intent` with that of the other.
    """

    def __init__(
        self, config: dict[str, Any], storage: ModelStorage, resource: Resource, model: IntentModel | None = None
    ) -> None:
        self._config = config
        self._storage = storage
        self._resource = resource
        self._model = model
        self._finder = EntityFinder(load_catalogue())

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """`linear_model.Recipe` explains the options of the model; `second_threshold` is a confidence."""
        recipe = Recipe()
        return {name: getattr(recipe, name) for name in _MODEL_OPTIONS} | {"second_threshold": 0.6}

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
            self._model = IntentModel.fit(
                [masked_words(segmenter().words(text), self._finder.named(text)) for text in texts],
                [example.get(INTENT) for example in examples],
                [written(text).language or "" for text in texts],
                Recipe(open_label=_OPEN, **{name: self._config[name] for name in _MODEL_OPTIONS}),
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
            return cls(config, model_storage, resource, IntentModel.load(folder))

    def process(self, messages: list[Message]) -> list[Message]:
        """Sets the intent and the ranking of each message, and its second intent when it has one."""
        for message in messages:
            words = [Word(token.text, token.start, token.end, token.lemma) for token in message.get(TOKENS_NAMES[TEXT])]
            entities = [Entity(e["entity"], e["value"], e["start"], e["end"]) for e in message.get(ENTITIES, [])]
            language = next((str(entity.value) for entity in entities if entity.entity == "language"), "")
            ranking = self._ranking(masked_words(words, entities), language)
            second = ranking and self._second(message.get(TEXT), words, entities, language, ranking[0]["name"])
            if second and is_matter(ranking[0]["name"]):
                message.set(ENTITIES, [*message.get(ENTITIES, []), second], add_to_output=True)
            elif second:  # "Hi, I want a refund": what is asked for counts, not what surrounds it
                ranking = _promoted(ranking, second["value"], second["confidence_entity"])
            message.set("intent", ranking[0] if ranking else {"name": None, "confidence": 0.0}, add_to_output=True)
            message.set("intent_ranking", ranking, add_to_output=True)
        return messages

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Nothing after this component learns from its predictions."""
        return training_data

    def _ranking(self, words: Sequence[str], language: str) -> list[dict[str, Any]]:
        if self._model is None or not words:
            return []
        if FACTS in self._model.labels and _only_facts(words):
            return [{"name": FACTS, "confidence": 1.0}]
        probabilities = self._model.predict(words, language)
        order = probabilities.argsort()[::-1][:_RANKED]
        return [{"name": self._model.labels[at], "confidence": float(probabilities[at])} for at in order]

    def _second(
        self, text: str, words: Sequence[Word], entities: Sequence[Entity], language: str, first: str
    ) -> dict[str, Any] | None:
        places = list(parts(text))
        if len(places) > _MOST_PARTS:
            return None
        for start, end in places:
            inside = [word for word in words if start <= word.start and word.end <= end]
            if len(inside) < _SHORTEST:
                continue
            part = masked_words(inside, entities)
            if only_names_facts(part):
                continue
            ranking = self._ranking(part, language)
            if (
                ranking
                and ranking[0]["confidence"] >= self._config["second_threshold"]
                and two_matters(first, ranking[0]["name"])
            ):
                return {
                    "entity": "second_intent",
                    "value": ranking[0]["name"],
                    "start": start,
                    "end": end,
                    "confidence_entity": ranking[0]["confidence"],
                    "extractor": type(self).__name__,
                }
        return None
