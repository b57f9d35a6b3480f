"""The intent model itself, free of Rasa: sparse features, a linear machine per intent, calibrated confidence."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.sparse as sparse
from scipy.optimize import minimize_scalar
from sklearn.model_selection import StratifiedKFold
from sklearn.svm import LinearSVC

from aftercare.assistant.features import LONGEST, letter_features, word_features

Floats = npt.NDArray[np.float32]
_BLOCKS: tuple[Callable[[Sequence[str]], list[str]], ...] = (word_features, letter_features)
_FOLDS = 4


class Vocabulary:
    """TF-IDF over one kind of feature; rows have length 1."""

    def __init__(self, numbers: dict[str, int], idf: Floats) -> None:
        self.numbers = numbers
        self.idf = idf

    @classmethod
    def of(cls, documents: Sequence[Sequence[str]]) -> Vocabulary:
        """Every feature of the training documents, weighted by how few of them have it."""
        having = Counter(feature for document in documents for feature in set(document))
        idf = np.array([math.log((1 + len(documents)) / (1 + n)) + 1 for n in having.values()], np.float32)
        return cls({feature: number for number, feature in enumerate(having)}, idf)

    def row(self, document: Sequence[str]) -> tuple[npt.NDArray[np.intp], Floats]:
        """Feature numbers and weights of a document."""
        numbers = self.numbers
        counts = Counter(number for feature in document if (number := numbers.get(feature)) is not None)
        columns = np.fromiter(counts.keys(), np.intp, len(counts))
        weights = (1 + np.log(np.fromiter(counts.values(), np.float32, len(counts)))) * self.idf[columns]
        length = math.sqrt(float(weights @ weights))
        return columns, weights / length if length else weights


class IntentModel:
    """Which intent a message has. Made by `fit` or `load`.

    A message is given as its words (`features.masked_words`); the languages set which temperature calibrates it.
    """

    def __init__(
        self,
        labels: Sequence[str],
        vocabularies: Sequence[Vocabulary],
        weights: Floats,
        bias: Floats,
        temperatures: dict[str, float],
    ) -> None:
        self.labels = list(labels)
        self._vocabularies = list(vocabularies)
        self._weights = weights
        self._bias = bias
        self._temperatures = temperatures

    @classmethod
    def fit(
        cls, messages: Sequence[Sequence[str]], labels: Sequence[str], languages: Sequence[str] | None = None
    ) -> IntentModel:
        """Learn from messages and their intents; confidence is calibrated on messages held out in turn.

        Raises:
            ValueError: fewer than two different labels.
        """
        names = sorted(set(labels))
        if len(names) < 2:
            raise ValueError("an intent model needs examples of at least two intents")
        number = {name: index for index, name in enumerate(names)}
        target = np.array([number[label] for label in labels])
        vocabularies = [Vocabulary.of([block(message[:LONGEST]) for message in messages]) for block in _BLOCKS]
        model = cls(names, vocabularies, np.zeros((0, 0), np.float32), np.zeros(0, np.float32), {})
        matrix = model._matrix(messages)
        held_out = _held_out_scores(matrix, target, len(names))
        tongues = np.array(languages or [""] * len(messages))
        model._temperatures = {
            tongue: _temperature(held_out[tongues == tongue], target[tongues == tongue]) for tongue in {*tongues}
        }
        model._temperatures.setdefault("", _temperature(held_out, target))
        model._weights, model._bias = _train(matrix, target, len(names))
        return model

    def predict(self, message: Sequence[str], language: str = "") -> Floats:
        """Probability of each of `labels`."""
        temperature = self._temperatures.get(language, self._temperatures[""])
        return softmax(self.scores(message) * temperature)

    def scores(self, message: Sequence[str]) -> Floats:
        """Margin of each of `labels`."""
        columns, weights = self._row(message)
        return np.asarray(weights @ self._weights[columns] + self._bias, np.float32)

    def _row(self, message: Sequence[str]) -> tuple[npt.NDArray[np.intp], Floats]:
        message = message[:LONGEST]
        columns: list[npt.NDArray[np.intp]] = []
        weights: list[Floats] = []
        offset = 0
        for block, vocabulary in zip(_BLOCKS, self._vocabularies, strict=True):
            found, weight = vocabulary.row(block(message))
            columns.append(found + offset)
            weights.append(weight)
            offset += len(vocabulary.idf)
        return np.concatenate(columns), np.concatenate(weights)

    def _matrix(self, messages: Sequence[Sequence[str]]) -> Any:
        rows = [self._row(message) for message in messages]
        ends = np.cumsum([0, *(len(columns) for columns, _ in rows)])
        width = sum(len(vocabulary.idf) for vocabulary in self._vocabularies)
        columns = np.concatenate([columns for columns, _ in rows])
        weights = np.concatenate([weights for _, weights in rows])
        return sparse.csr_matrix((weights, columns, ends), shape=(len(rows), width))

    def save(self, folder: Path) -> None:
        """Write the model as arrays and JSON, neither of which can run code when read."""
        arrays = {f"idf{at}": vocabulary.idf for at, vocabulary in enumerate(self._vocabularies)}
        np.savez(folder / "intents.npz", weights=self._weights, bias=self._bias, **arrays)
        described = {
            "labels": self.labels,
            "temperatures": self._temperatures,
            "features": [list(vocabulary.numbers) for vocabulary in self._vocabularies],
        }
        (folder / "intents.json").write_text(json.dumps(described, ensure_ascii=False), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> IntentModel:
        """Read what `save` wrote.

        Raises:
            FileNotFoundError: the folder has no model.
        """
        described = json.loads((folder / "intents.json").read_text(encoding="utf-8"))
        with np.load(folder / "intents.npz", allow_pickle=False) as arrays:
            vocabularies = [
                Vocabulary({feature: number for number, feature in enumerate(features)}, arrays[f"idf{at}"])
                for at, features in enumerate(described["features"])
            ]
            return cls(
                described["labels"], vocabularies, arrays["weights"], arrays["bias"], described["temperatures"]
            )


def softmax(scores: Floats) -> Floats:
    """Along the last axis."""
    powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True), np.float32)


def _train(matrix: Any, target: npt.NDArray[np.intp], classes: int) -> tuple[Floats, Floats]:
    """Weights (features by classes) and bias of one linear machine per class."""
    machine = LinearSVC(C=0.5, random_state=0).fit(matrix, target)
    weights, bias = machine.coef_, machine.intercept_
    if classes == 2:  # scikit-learn keeps one machine for two classes
        weights, bias = np.vstack([-weights, weights]), np.concatenate([-bias, bias])
    return np.ascontiguousarray(weights.T, dtype=np.float32), bias.astype(np.float32)


def _held_out_scores(matrix: Any, target: npt.NDArray[np.intp], classes: int) -> Floats:
    """Scores of each message by a model that has not seen it; a class too small to be held out is never predicted."""
    scores = np.full((len(target), classes), -1.0, np.float32)
    rarest = int(np.bincount(target).min())
    for seen, held in StratifiedKFold(max(2, min(_FOLDS, rarest)), shuffle=True, random_state=0).split(matrix, target):
        present = np.unique(target[seen])
        weights, bias = _train(matrix[seen], np.searchsorted(present, target[seen]), len(present))
        scores[np.ix_(held, present)] = matrix[held] @ weights + bias
    return scores


def _temperature(scores: Floats, target: npt.NDArray[np.intp]) -> float:
    """The factor of the scores at which held-out probabilities are likeliest."""
    rows = np.arange(len(target))

    def surprise(factor: float) -> float:
        return float(-np.log(softmax(scores * factor)[rows, target] + 1e-9).mean())

    return float(minimize_scalar(surprise, bounds=(0.2, 30.0), method="bounded").x)
