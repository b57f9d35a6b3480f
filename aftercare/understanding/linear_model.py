"""The intent model: sparse features, a linear machine per intent, and a confidence calibrated per language."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from aftercare.understanding.features import LONGEST, letter_features, word_features
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
    """

    softness: float = 1.2
    neighbours: float = 0.5
    network: float = 0.0
    networks: int = 1
    open_label: str = ""
    open_bias: float = 0.2
    novelty: float = 1.0
    held_out: int = 3


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

    A message is given as its words (`features.masked_words`); the language says which temperature calibrates it.
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
        self._open = self.labels.index(recipe.open_label) if recipe.open_label in self.labels else None

    @classmethod
    def fit(
        cls,
        messages: Sequence[Sequence[str]],
        labels: Sequence[str],
        languages: Sequence[str] | None = None,
        recipe: Recipe | None = None,
    ) -> IntentModel:
        """Learn from messages and their intents; confidence is calibrated on messages held out in turn.

        Raises:
            ValueError: fewer than two different labels.
        """
        recipe = recipe or Recipe()
        # in an order of their own: moving examples between files must not change the model
        order = sorted(range(len(messages)), key=lambda i: (labels[i], list(messages[i])))
        messages, labels = [messages[i] for i in order], [labels[i] for i in order]
        languages = [languages[i] for i in order] if languages else None
        names = sorted(set(labels))
        if len(names) < 2:
            raise ValueError("an intent model needs examples of at least two intents")
        number = {name: index for index, name in enumerate(names)}
        target = np.array([number[label] for label in labels])
        documents = [_documents(message) for message in messages]
        model = cls._learn(documents, target, names, recipe)
        if not recipe.held_out:
            return model
        from sklearn.model_selection import StratifiedKFold  # scikit-learn is for training: it costs a server 40 MB

        folds = StratifiedKFold(
            max(2, min(recipe.held_out, int(np.bincount(target).min()))), shuffle=True, random_state=0
        )
        seen, held = next(folds.split(target, target))
        present = np.unique(target[seen])
        part = cls._learn([documents[i] for i in seen], target[seen], [names[i] for i in present], recipe)
        scores = np.full((len(held), len(names)), -1, np.float32)
        scores[:, present] = part._parts.table(recipe, part._matrix([documents[i] for i in held]))
        if model._open is not None:
            scores[:, model._open] += [part._lean(messages[i][:LONGEST]) for i in held]
        truth, tongues = target[held], np.array(languages or [""] * len(messages))[held]
        model._temperatures = {
            tongue: _temperature(scores[tongues == tongue], truth[tongues == tongue]) for tongue in np.unique(tongues)
        }
        model._temperatures.setdefault("", _temperature(scores, truth))
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
            *_machines(matrix, target, len(names), recipe.softness),
            Neighbours.of(matrix, target, len(names)) if recipe.neighbours else None,
            [train_network(matrix, target, len(names), seed) for seed in range(recipe.networks)]
            if recipe.network
            else (),
        )
        return model

    def predict(self, message: Sequence[str], language: str = "") -> Floats:
        """Probability of each of `labels`; nearly even when the message has neither a word nor a sign ever seen."""
        temperature = self._temperatures.get(language, self._temperatures[""])
        known = self._vocabularies[0].numbers
        if not any(word[0].isalnum() or word in known for word in message[:LONGEST]):
            temperature = 1.0
        return softmax(self.scores(message) * np.float32(temperature))

    def scores(self, message: Sequence[str]) -> Floats:
        """Score of each of `labels`, before calibration: comparable between messages, about -1 to 1."""
        message = message[:LONGEST]
        scores = self._parts.scores(self._recipe, *self._row(_documents(message)))
        if self._open is not None:
            scores[self._open] += self._lean(message)
        return scores

    def inside(self, message: Sequence[str]) -> tuple[str, float]:
        """The likeliest of `labels` besides the open one, and by how much it beats that one (its score without one).

        A threshold on this tells what is in scope: examples of the open class need not be many for it.
        """
        scores = self.scores(message)
        against = 0.0
        if self._open is not None:
            against = float(scores[self._open])
            scores[self._open] = -np.inf
        best = int(scores.argmax())
        return self.labels[best], float(scores[best]) - against

    def _lean(self, message: Sequence[str]) -> float:
        """How much the open class gains from the words of a message."""
        if not any(word[0].isalnum() for word in message):
            return 0.0
        known = self._vocabularies[0].numbers
        unknown = sum(word not in known and word[0].isalnum() for word in message) / len(message)
        return self._recipe.open_bias + self._recipe.novelty * unknown

    def _row(self, documents: Documents) -> tuple[Ints, Floats]:
        return joined_row(self._vocabularies, _BLOCK_WEIGHTS, documents)

    def _matrix(self, messages: Sequence[Documents]) -> Any:
        return joined_matrix(self._vocabularies, _BLOCK_WEIGHTS, messages)

    def save(self, folder: Path) -> None:
        """Write the model as `intents.npz` and `intents.json` (`vocabulary.save_model`)."""
        parts = self._parts
        arrays: dict[str, Array] = {"weights": parts.weights, "bias": parts.bias}
        if parts.neighbours:
            arrays |= {f"neighbours.{key}": value for key, value in parts.neighbours.arrays().items()}
        for at, network in enumerate(parts.networks):
            arrays |= {f"network{at}.{key}": value for key, value in network.arrays().items()}
        described = {"labels": self.labels, "recipe": asdict(self._recipe), "temperatures": self._temperatures}
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
        return cls(described["labels"], recipe, vocabularies, parts, described["temperatures"])


def _machines(matrix: Any, target: Ints, classes: int, softness: float) -> tuple[Floats, Floats]:
    """Weights (features by classes) and bias of one linear machine per class."""
    from sklearn.svm import LinearSVC

    machine = LinearSVC(C=softness, tol=1e-3, random_state=0).fit(matrix, target)
    weights, bias = machine.coef_, machine.intercept_
    if classes == 2:  # scikit-learn keeps one machine for two classes
        weights, bias = np.vstack([-weights, weights]), np.concatenate([-bias, bias])
    return np.ascontiguousarray(weights.T, dtype=np.float32), bias.astype(np.float32)


def _temperature(scores: Floats, target: Ints) -> float:
    """The factor of the scores at which held-out probabilities are likeliest."""
    rows = np.arange(len(target))

    def surprise(factor: float) -> float:
        return float(-np.log(softmax(scores * np.float32(factor))[rows, target] + 1e-9).mean())

    from scipy.optimize import minimize_scalar

    return float(minimize_scalar(surprise, bounds=(0.2, 30.0), method="bounded").x)
