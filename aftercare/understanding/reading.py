"""What a message asks: its intents ranked, and a second matter; free of Rasa, so that evaluation reads the same way."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from aftercare.understanding.entities import Entity
from aftercare.understanding.features import MASKS, masked_words
from aftercare.understanding.linear_model import IntentModel
from aftercare.understanding.second_intent import Matter, is_matter, refused, second_matter
from aftercare.understanding.segmentation import Word
from aftercare.understanding.vocabulary import Floats

# The intent of a message that gives facts and asks nothing.
FACTS = "inform"
# Confidence from which a part of a message counts as a matter of its own.
SECOND_THRESHOLD = 0.7
_RANKED = 10


class Ranked(NamedTuple):
    """An intent and its confidence, 0 to 1."""

    name: str
    confidence: float


class Reading(NamedTuple):
    """The intents of a message, likeliest first (none when it has no word), and its second matter."""

    ranking: list[Ranked]
    second: Matter | None


class Reader:
    """Reads messages with a model; `threshold` is the confidence a second matter needs."""

    def __init__(self, model: IntentModel, threshold: float = SECOND_THRESHOLD) -> None:
        self._model = model
        self._threshold = threshold

    def read(
        self,
        text: str,
        words: Sequence[Word],
        entities: Sequence[Entity],
        language: str,
        vector: Callable[[], Floats] | None = None,
    ) -> Reading:
        """`words` and `entities` are those of `text`; `language` calibrates the confidence.

        `vector` gives the sentence vector of `text`, once at most. Its parts are read by their words alone.
        """

        def likeliest(part: Sequence[str]) -> Ranked | None:
            ranking = self._ranked(part, language)
            return ranking[0] if ranking else None

        ranking = self._ranked(masked_words(words, entities), language, vector)
        if not ranking:
            return Reading([], None)
        second = second_matter(text, words, entities, ranking[0].name, likeliest, self._threshold)
        if second and (not is_matter(ranking[0].name) or refused(ranking[0].name, text)):
            # "Hi, I want a refund", "no refund, I want internet": what is asked for counts, not what surrounds it
            return Reading(_promoted(ranking, Ranked(second.intent, second.confidence)), None)
        return Reading(ranking, second)

    def _ranked(self, words: Sequence[str], language: str, vector: Callable[[], Floats] | None = None) -> list[Ranked]:
        if not words:
            return []
        labels = self._model.labels
        if FACTS in labels and only_facts(words):
            return [Ranked(FACTS, 1.0)]
        probabilities = self._model.predict(words, language, vector)
        order = probabilities.argsort()[::-1][:_RANKED]
        return [Ranked(labels[at], float(probabilities[at])) for at in order]


def only_facts(words: Sequence[str]) -> bool:
    """Whether a message is an order number, an e-mail or a phone with nothing said of them: only ever an answer."""
    facts = [word for word in words if word in MASKS]
    return bool(facts) and all(word in MASKS or not any(map(str.isalnum, word)) for word in words)


def _promoted(ranking: Sequence[Ranked], first: Ranked) -> list[Ranked]:
    """The ranking led by an intent; the others share what its confidence leaves."""
    others = [Ranked(one.name, one.confidence * (1 - first.confidence)) for one in ranking if one.name != first.name]
    return [first, *others]
