"""The model of the reader: for each command whether a message means it, from its words and its context."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from aftercare.understanding.features import LONGEST, letter_features, word_features
from aftercare.understanding.reader.context import Context
from aftercare.understanding.vocabulary import (
    Array,
    Floats,
    Vocabulary,
    joined_matrix,
    joined_row,
    load_model,
    save_model,
)

# How much each block weighs: words, letters, words in this situation, the context alone.
_WEIGHTS = (0.45, 0.6, 0.55, 0.35)
# How much a sentence vector weighs beside them; 0.7 and 1.3 read turns held out in turn no better.
_VECTOR_WEIGHT = 1.0
_SOFTNESS = 1.0
# A label with fewer examples is not learnt.
FEWEST = 5
_FOLDS = 2


def _blocks(words: Sequence[str], context: Context) -> list[list[str]]:
    words = words[:LONGEST]
    plain = word_features(words)
    return [
        plain,
        letter_features(words),
        [f"{context.situation} {feature}" for feature in plain],
        [context.situation, f"{context.situation} {context.asked}"],
    ]


class ReaderModel:
    """Scores every label for a message in its context; made by `fit` or `load`.

    A model made with sentence vectors (`understanding.encoder`) wants one with each message it reads; without it, the
    words alone count.
    """

    def __init__(
        self,
        labels: Sequence[str],
        vocabularies: Sequence[Vocabulary],
        weights: Floats,
        bias: Floats,
        scale: Floats,
        thresholds: Floats,
    ) -> None:
        self.labels = list(labels)
        self._vocabularies = list(vocabularies)
        self._weights = weights
        self._bias = bias
        self._scale = scale  # per label: slope and offset that turn a score into a probability
        self.thresholds = thresholds

    @classmethod
    def fit(
        cls,
        messages: Sequence[Sequence[str]],
        contexts: Sequence[Context],
        labels: Sequence[Sequence[str]],
        vectors: Floats | None = None,
    ) -> ReaderModel:
        """Learn from messages (as masked words), contexts and labels; thresholds come from parts held out in turn.

        `vectors` are the messages' sentence vectors, (messages, dimensions).

        Raises:
            ValueError: no label has enough examples.
        """
        from sklearn.model_selection import KFold  # a server that only reads needs no scikit-learn

        counts: dict[str, int] = {}
        for each in labels:
            for label in each:
                counts[label] = counts.get(label, 0) + 1
        names = sorted(name for name, count in counts.items() if count >= FEWEST)
        if not names:
            raise ValueError("no command has enough examples")
        documents = [_blocks(words, context) for words, context in zip(messages, contexts, strict=True)]
        vocabularies = [Vocabulary.of(block) for block in zip(*documents, strict=True)]
        nothing = np.zeros((0, 0), np.float32)
        ones = np.ones((len(names), 2), np.float32)
        model = cls(names, vocabularies, nothing, np.zeros(0, np.float32), ones, np.full(len(names), 0.5, np.float32))
        matrix = joined_matrix(vocabularies, _WEIGHTS, documents)
        if vectors is not None:
            from scipy import sparse

            matrix = sparse.hstack([matrix, sparse.csr_matrix(vectors * np.float32(_VECTOR_WEIGHT))], format="csr")
        truth = np.array([[name in each for name in names] for each in labels])
        held = np.zeros(truth.shape, np.float32)
        for seen, out in KFold(_FOLDS, shuffle=True, random_state=0).split(matrix):
            weights, bias = _machines(matrix[seen], truth[seen])
            held[out] = matrix[out] @ weights + bias
        model._scale = np.array([platt(held[:, at], truth[:, at]) for at in range(len(names))], np.float32)
        chances = model._chances(held)
        model.thresholds = np.array([_threshold(chances[:, at], truth[:, at]) for at in range(len(names))], np.float32)
        model._weights, model._bias = _machines(matrix, truth)
        return model

    def probabilities(self, words: Sequence[str], context: Context, vector: Floats | None = None) -> Floats:
        """The probability of each of `labels`; `vector` is the message's sentence vector."""
        columns, values = joined_row(self._vocabularies, _WEIGHTS, _blocks(words, context))
        scores = values @ self._weights[columns] + self._bias
        if vector is not None and (wide := len(self._weights) - sum(len(each.idf) for each in self._vocabularies)):
            scores = scores + (vector * np.float32(_VECTOR_WEIGHT)) @ self._weights[-wide:]
        return self._chances(scores)

    def _chances(self, scores: Any) -> Floats:
        return np.asarray(1 / (1 + np.exp(-(scores * self._scale[:, 0] + self._scale[:, 1]))), np.float32)

    def save(self, folder: Path) -> None:
        """Write the model as `turns.npz` and `turns.json` (`vocabulary.save_model`)."""
        arrays: dict[str, Array] = {
            "weights": self._weights.astype(np.float16),
            "bias": self._bias,
            "scale": self._scale,
            "thresholds": self.thresholds,
        }
        save_model(folder, "turns", self._vocabularies, arrays, {"labels": self.labels})

    @classmethod
    def load(cls, folder: Path) -> ReaderModel:
        """Read what `save` wrote.

        Raises:
            FileNotFoundError: the folder has no model.
        """
        vocabularies, arrays, described = load_model(folder, "turns")
        weights = arrays["weights"].astype(np.float32)
        return cls(described["labels"], vocabularies, weights, arrays["bias"], arrays["scale"], arrays["thresholds"])


def _machines(matrix: Any, truth: npt.NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """Weights (features by labels) and bias of one linear machine per label; never true where it has one class only."""
    from sklearn.svm import LinearSVC

    weights = np.zeros((matrix.shape[1], truth.shape[1]), np.float32)
    bias = np.full(truth.shape[1], -1, np.float32)
    for at in range(truth.shape[1]):
        if truth[:, at].any() and not truth[:, at].all():
            machine = LinearSVC(C=_SOFTNESS, tol=1e-2, random_state=0, class_weight=None).fit(matrix, truth[:, at])
            weights[:, at], bias[at] = machine.coef_[0], machine.intercept_[0]
    return weights, bias


def platt(scores: Floats, truth: npt.NDArray[np.bool_]) -> tuple[float, float]:
    """Slope and offset of the logistic function that makes held-out scores probabilities (Platt 1999)."""
    from scipy.optimize import minimize  # a server that only reads does not need it

    positives = max(1, int(truth.sum()))
    target = np.where(truth, (positives + 1) / (positives + 2), 1 / (len(truth) - positives + 2))

    def surprise(parameters: Floats) -> float:
        logits = parameters[0] * scores + parameters[1]
        return float(np.mean(np.logaddexp(0, logits) - target * logits))

    found = minimize(surprise, np.array([3.0, 0.0]), method="L-BFGS-B", bounds=[(0.1, 20), (-10, 10)])
    return float(found.x[0]), float(found.x[1])


def _threshold(chances: Floats, truth: npt.NDArray[np.bool_]) -> float:
    """The probability at which the label's F1 on held-out messages is highest, within bounds."""
    best, best_f1 = 0.5, -1.0
    for threshold in np.arange(0.25, 0.71, 0.025):
        predicted = chances >= threshold
        right = int((predicted & truth).sum())
        f1 = 2 * right / max(1, int(predicted.sum()) + int(truth.sum()))
        if f1 > best_f1 + 1e-6:
            best, best_f1 = float(threshold), f1
    return best
