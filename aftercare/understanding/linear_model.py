"""The intent model: linear machines over words, and over words and meaning together, calibrated per language."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from aftercare.understanding.features import LONGEST, letter_features, word_features
from aftercare.understanding.joint import Joint, machines
from aftercare.understanding.neighbours import Neighbours
from aftercare.understanding.network import FeatureNetwork, softmax, train_network
from aftercare.understanding.vocabulary import (
    Array,
    Documents,
    Floats,
    Ints,
    Vocabulary,
    joined_matrix,
    joined_row,
    load_model,
    save_model,
)

_BLOCKS: tuple[Callable[[Sequence[str]], list[str]], ...] = (word_features, letter_features)
# Letters weigh more than words: they survive misspelling, and Chinese needs no right cut.
_BLOCK_WEIGHTS = (0.6 / math.hypot(0.6, 1), 1 / math.hypot(0.6, 1))


def _documents(message: Sequence[str]) -> Documents:
    return [block(message[:LONGEST]) for block in _BLOCKS]


@dataclass(frozen=True)
class Recipe:
    """How a model is made. Neighbours help with sentences unlike the examples and cost little; networks help on
    BANKING77, CLINC150 and HINT3 (bench/results/nlu.md). On our sentences one finds no more of those held out than the
    machine alone does at its best softness, and what people write elsewhere it reads worse.

    `softness` is C of the linear machine. `neighbours` and `network` weigh those parts; 0 leaves a part out. `networks`
    is how many of them are averaged, each begun from other random numbers.
    `open_label` is the class for what belongs to none: its score rises by `open_bias`, and by up to `novelty` with the
    share of words the model has never seen, because sentences nobody foresaw seldom resemble the examples.
    Softness, neighbours and bias were chosen together on our sentences, parts held out in turn and whole topics out of
    scope at once: 0.7, 1, 0.1 got 80.7 % right, these 81.4, and 75.9 instead of 70.7 % of what is out of scope.
    For calibration one message in `held_out` is kept apart from a training of its own: two temperatures need no more.
    0 leaves it out: then only `scores` mean something.

    The joint machines (`joint.Joint`, C `joint_softness`) have the share `joint` of the score, words alone the rest.
    They are asked only when the best score by words alone, before `novelty`, is less than `sure` above the next. Words
    never seen count for the open class in the words' share only: the sentence vector knows them.
    Chosen on our sentences, whole clusters of like sentences held out at once (800 by their vectors, a quarter held
    out), right in English and Chinese and found out of scope: words alone 71.2, 76.9 and 87.3 %, these 84.2, 84.5 and
    92.2. Machines as hard as those of words (`joint_softness` 1.2) get 0.3 and 0.1 points more of it and lose 0.5 of
    what is out of scope; a share of 0.5 loses 2.5 and 1.2 points. Machines that learn only what words do not tell read
    foreign Chinese sentences worse than words alone do. With messages held out at random, `sure` 0.8 asks for the
    vectors of 55 and 42 % of them; 0.5 asks for 38 and 27 % and loses 0.6 and 0.4 points, 1 gains nothing worth it.
    """

    softness: float = 1.2
    neighbours: float = 0.5
    network: float = 0.0
    networks: int = 1
    open_label: str = ""
    open_bias: float = 0.2
    novelty: float = 1.0
    held_out: int = 2
    joint: float = 0.8
    joint_softness: float = 0.4
    sure: float = 0.8


@dataclass
class _Parts:
    """What is learnt from one training matrix."""

    weights: Floats
    bias: Floats
    neighbours: Neighbours | None
    networks: Sequence[FeatureNetwork]

    def scores(self, recipe: Recipe, columns: Ints, weights: Floats) -> Floats:
        scores = np.asarray(weights @ self.weights[columns] + self.bias, np.float32)
        if self.neighbours:
            scores = scores + recipe.neighbours * self.neighbours.nearness(columns, weights)
        for network in self.networks:
            scores = scores + recipe.network / len(self.networks) * network.probabilities(columns, weights)
        return scores

    def table(self, recipe: Recipe, matrix: Any) -> Floats:
        """The scores of many messages at once, rows of a sparse matrix."""
        scores = np.asarray(matrix @ self.weights + self.bias, np.float32)
        if self.neighbours:
            scores += recipe.neighbours * self.neighbours.table(matrix)
        for network in self.networks:
            scores += recipe.network / len(self.networks) * network.table(matrix)
        return scores


class IntentModel:
    """Which intent a message has. Made by `fit` or `load`.

    A message is given as its words (`features.masked_words`); the language says which temperature calibrates it. A
    model made with sentence vectors (`encoder`) reads better with the vector of a message, and works without it.
    """

    def __init__(
        self,
        labels: Sequence[str],
        recipe: Recipe,
        vocabularies: Sequence[Vocabulary],
        parts: _Parts,
        temperatures: dict[str, float],
    ) -> None:
        self.labels = list(labels)
        self._recipe = recipe
        self._vocabularies = list(vocabularies)
        self._parts = parts
        self._temperatures = temperatures
        self._joint: Joint | None = None
        self._joint_temperatures: dict[str, float] = {}
        self._open = self.labels.index(recipe.open_label) if recipe.open_label in self.labels else None

    @classmethod
    def fit(
        cls,
        messages: Sequence[Sequence[str]],
        labels: Sequence[str],
        languages: Sequence[str] | None = None,
        recipe: Recipe | None = None,
        vectors: Floats | None = None,
    ) -> IntentModel:
        """Learn from messages and their intents; confidence is calibrated on messages held out in turn.

        `vectors` are the sentence vectors of the messages, (messages, dimensions).

        Raises:
            ValueError: fewer than two different labels.
        """
        recipe = recipe or Recipe()
        # in an order of their own: moving examples between files must not change the model
        order = np.array(sorted(range(len(messages)), key=lambda i: (labels[i], list(messages[i]))), np.intp)
        messages, labels = [messages[i] for i in order], [labels[i] for i in order]
        tongues = np.array([languages[i] if languages else "" for i in order])
        names = sorted(set(labels))
        if len(names) < 2:
            raise ValueError("an intent model needs examples of at least two intents")
        number = {name: index for index, name in enumerate(names)}
        target = np.array([number[label] for label in labels])
        documents = [_documents(message) for message in messages]
        model = cls._learn(documents, target, names, recipe)
        vectors = None if vectors is None else vectors[order]

        def join(part: IntentModel, some: Ints) -> Joint:
            assert vectors is not None
            rows, spoken = part._matrix([documents[i] for i in some]), tongues[some].tolist()
            return Joint.learn(rows, vectors[some], spoken, target[some], len(names), recipe.joint_softness)

        if vectors is not None:
            model._joint = join(model, np.arange(len(order)))
        if not recipe.held_out:
            return model
        from sklearn.model_selection import StratifiedKFold  # scikit-learn is for training: it costs a server 40 MB

        count = max(2, min(recipe.held_out, int(np.bincount(target).min())))
        seen, held = next(StratifiedKFold(count, shuffle=True, random_state=0).split(target, target))
        present = np.unique(target[seen])
        part = cls._learn([documents[i] for i in seen], target[seen], [names[i] for i in present], recipe)
        matrix = part._matrix([documents[i] for i in held])
        scores = np.full((len(held), len(names)), -1, np.float32)
        scores[:, present] = part._parts.table(recipe, matrix)
        bias, novelty = np.array([part._lean(messages[i][:LONGEST]) for i in held], np.float32).T
        scores[:, model._open or 0] += bias
        judged = scores.copy()
        judged[:, model._open or 0] += novelty
        model._temperatures = _temperatures(judged, target[held], tongues[held])
        if vectors is None:
            return model
        asked = np.flatnonzero(_lead(scores) < recipe.sure)
        some = held[asked]
        table = join(part, seen).table(matrix[asked], vectors[some], tongues[some].tolist())
        table[:, model._open or 0] += bias[asked]
        mixed = recipe.joint * table + (1 - recipe.joint) * judged[asked]
        model._joint_temperatures = model._temperatures | _temperatures(mixed, target[some], tongues[some])
        return model

    @classmethod
    def _learn(cls, documents: Sequence[Documents], target: Ints, names: list[str], recipe: Recipe) -> IntentModel:
        """An uncalibrated model; `target` holds numbers of which only those present count."""
        target = np.unique(target, return_inverse=True)[1]
        vocabularies = [Vocabulary.of(block) for block in zip(*documents, strict=True)]
        nothing = _Parts(np.zeros((0, 0), np.float32), np.zeros(0, np.float32), None, ())
        model = cls(names, recipe, vocabularies, nothing, {"": 1.0})
        matrix = model._matrix(documents)
        model._parts = _Parts(
            *machines(matrix, target, len(names), recipe.softness),
            Neighbours.of(matrix, target, len(names)) if recipe.neighbours else None,
            [train_network(matrix, target, len(names), seed) for seed in range(recipe.networks)]
            if recipe.network
            else (),
        )
        return model

    def predict(self, message: Sequence[str], language: str = "", vector: Callable[[], Floats] | None = None) -> Floats:
        """Probability of each of `labels`; nearly even when the message has neither a word nor a sign ever seen.

        `vector` gives the sentence vector of the message. It is called when it could change the outcome.
        """
        scores, temperatures = self.scores(message), self._temperatures
        if vector and self._joint and self._unsure(message, scores):
            scores, temperatures = self.scores(message, vector(), language), self._joint_temperatures
        temperature = temperatures.get(language, temperatures[""])
        known = self._vocabularies[0]
        if not any(word[0].isalnum() or word in known for word in message[:LONGEST]):
            temperature = 1.0
        return softmax(scores * np.float32(temperature))

    def scores(self, message: Sequence[str], vector: Floats | None = None, language: str = "") -> Floats:
        """Score of each of `labels`, before calibration: comparable between messages, about -1 to 1."""
        message = message[:LONGEST]
        columns, weights = self._row(_documents(message))
        scores = self._parts.scores(self._recipe, columns, weights)
        bias, novelty = self._lean(message)
        if self._joint and vector is not None:
            share = self._recipe.joint
            scores = share * self._joint.scores(columns, weights, vector, language) + (1 - share) * scores
            novelty *= 1 - share
        scores[self._open or 0] += bias + novelty
        return scores

    def _unsure(self, message: Sequence[str], scores: Floats) -> bool:
        """Whether the scores of the words leave the intent open; of words never seen they cannot know."""
        known = scores.copy()
        known[self._open or 0] -= self._lean(message[:LONGEST])[1]
        return bool(_lead(known[None])[0] < self._recipe.sure)

    def inside(self, message: Sequence[str], vector: Floats | None = None, language: str = "") -> tuple[str, float]:
        """The likeliest of `labels` besides the open one, and by how much it beats that one (its score without one).

        A threshold on this tells what is in scope: examples of the open class need not be many for it.
        """
        scores = self.scores(message, vector, language)
        against = 0.0
        if self._open is not None:
            against = float(scores[self._open])
            scores[self._open] = -np.inf
        best = int(scores.argmax())
        return self.labels[best], float(scores[best]) - against

    def _lean(self, message: Sequence[str]) -> tuple[float, float]:
        """How much the open class, if there is one, gains by its bias and by the words never seen."""
        if self._open is None or not any(word[0].isalnum() for word in message):
            return 0.0, 0.0
        known = self._vocabularies[0]
        unknown = sum(word not in known and word[0].isalnum() for word in message) / len(message)
        return self._recipe.open_bias, self._recipe.novelty * unknown

    def _row(self, documents: Documents) -> tuple[Ints, Floats]:
        return joined_row(self._vocabularies, _BLOCK_WEIGHTS, documents)

    def _matrix(self, messages: Sequence[Documents]) -> Any:
        return joined_matrix(self._vocabularies, _BLOCK_WEIGHTS, messages)

    def save(self, folder: Path) -> None:
        """Write the model under the name `intents` (`vocabulary.save_model`), weights in 16 bits."""
        parts = self._parts
        arrays: dict[str, Array] = {"weights": parts.weights.astype(np.float16), "bias": parts.bias}
        if parts.neighbours:
            arrays |= {f"neighbours.{key}": value for key, value in parts.neighbours.arrays().items()}
        for at, network in enumerate(parts.networks):
            arrays |= {f"network{at}.{key}": value for key, value in network.arrays().items()}
        described = {"labels": self.labels, "recipe": asdict(self._recipe), "temperatures": self._temperatures}
        if self._joint:
            arrays |= {f"joint.{key}": value for key, value in self._joint.arrays().items()}
            described["joint_temperatures"] = self._joint_temperatures
        save_model(folder, "intents", self._vocabularies, arrays, described)

    @classmethod
    def load(cls, folder: Path) -> IntentModel:
        """Read what `save` wrote.

        Raises:
            FileNotFoundError: the folder has no model.
        """
        vocabularies, arrays, described = load_model(folder, "intents")
        recipe = Recipe(**described["recipe"])

        def of(part: str) -> dict[str, Array]:
            return {key.removeprefix(f"{part}."): value for key, value in arrays.items() if key.startswith(f"{part}.")}

        parts = _Parts(
            arrays["weights"],
            arrays["bias"],
            Neighbours.from_arrays(of("neighbours")) if recipe.neighbours else None,
            [FeatureNetwork(**of(f"network{at}")) for at in range(recipe.networks)] if recipe.network else (),
        )
        model = cls(described["labels"], recipe, vocabularies, parts, described["temperatures"])
        if "joint_temperatures" in described:
            model._joint = Joint.from_arrays(of("joint"))
            model._joint_temperatures = described["joint_temperatures"]
        return model


def _lead(scores: Floats) -> Floats:
    """By how much the best score of each row beats the next."""
    two = np.partition(scores, -2, axis=1)[:, -2:]
    return np.asarray(two[:, 1] - two[:, 0])


def _temperatures(scores: Floats, target: Ints, languages: npt.NDArray[np.str_]) -> dict[str, float]:
    """The temperature of each language, and "" of any other."""
    found = {"": _temperature(scores, target)} if len(target) else {}
    for language in filter(None, np.unique(languages)):
        some = languages == language
        found[str(language)] = _temperature(scores[some], target[some])
    return found


def _temperature(scores: Floats, target: Ints) -> float:
    """The factor of the scores at which held-out probabilities are likeliest."""
    rows = np.arange(len(target))

    def surprise(factor: float) -> float:
        return float(-np.log(softmax(scores * np.float32(factor))[rows, target] + 1e-9).mean())

    from scipy.optimize import minimize_scalar

    return float(minimize_scalar(surprise, bounds=(0.2, 30.0), method="bounded").x)
