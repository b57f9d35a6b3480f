"""The model of the reader: for each command whether a message means it, from its words and its context."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from aftercare.base.language import HAN
from aftercare.understanding.cantonese import as_mandarin
from aftercare.understanding.features import LONGEST, letter_features, word_features
from aftercare.understanding.reader.context import Context
from aftercare.understanding.reader.network import ReaderNetwork, TrainingSet, train_networks
from aftercare.understanding.vocabulary import (
    Floats,
    Ints,
    Vocabulary,
    joined_matrix,
    joined_row,
    load_model,
    save_model,
)

# How much each block weighs: words, letters.
_WEIGHTS = (0.6, 0.8)
# A label with fewer examples is not learnt.
FEWEST = 5
# A word or row of letters that fewer messages have tells nothing about others.
_FEWEST_MESSAGES = 3
# So many networks are trained, each without one message in _APART, which tell how sure it may be. Their mean reads
# better than one of twice the size, and a training with other messages changes it less.
_NETWORKS = 3
_APART = 8
_FEWEST_TO_CALIBRATE = 200
_THRESHOLD = 0.4
_MEANS = ("han", "other")


def _blocks(words: Sequence[str]) -> list[list[str]]:
    words = words[:LONGEST]
    letters = letter_features(words)
    run = "".join(word for word in words if HAN.match(word))
    if run and (mandarin := as_mandarin(run)) != run:  # beside what was written: other Cantonese messages have it too
        letters += letter_features([mandarin])
    return [word_features(words), letters]


def _places(context: Context) -> tuple[str, str]:
    """What the network knows of a context: the situation, and what was asked in it."""
    return context.situation, f"{context.situation} {context.asked}"


def _script(words: Sequence[str]) -> str:
    return "han" if any(HAN.search(word) for word in words) else "other"


class ReaderModel:
    """Scores every label for a message in its context; made by `fit` or `load`.

    A model made with sentence vectors (`understanding.encoder`) wants one with each message it reads; without it, the
    words alone count. A vector counts by how it differs from the mean of the messages in its script.
    """

    def __init__(
        self,
        labels: Sequence[str],
        vocabularies: Sequence[Vocabulary],
        places: Sequence[str],
        network: ReaderNetwork,
        means: Floats,
        scale: Floats,
        threshold: float,
    ) -> None:
        self.labels = list(labels)
        self._vocabularies = list(vocabularies)
        self._places = {place: number for number, place in enumerate(places)}  # number 0 is a place never seen
        self._network = network
        self._means = means  # a row for each of _MEANS
        self._scale = scale  # slope and offset that make a logit a probability
        self.thresholds = np.full(len(self.labels), threshold, np.float32)

    @classmethod
    def fit(
        cls,
        messages: Sequence[Sequence[str]],
        contexts: Sequence[Context],
        labels: Sequence[Sequence[str]],
        vectors: Floats | None = None,
        judged: Sequence[Collection[str] | None] | None = None,
    ) -> ReaderModel:
        """Learn from messages (as masked words), contexts and labels.

        `judged` tells of each message of which labels it is known whether it has them; None of all. `vectors` are the
        messages' sentence vectors, (messages, dimensions). How sure the model is, and from which probability on a
        command counts, is measured on messages that a network has not seen.

        Raises:
            ValueError: no label has enough examples.
        """
        counts = Counter(label for each in labels for label in dict.fromkeys(each))
        names = sorted(name for name, count in counts.items() if count >= FEWEST)
        if not names:
            raise ValueError("no command has enough examples")
        documents = [_blocks(words) for words in messages]
        vocabularies = [Vocabulary.of(block, _FEWEST_MESSAGES) for block in zip(*documents, strict=True)]
        matrix = joined_matrix(vocabularies, _WEIGHTS, documents)
        truth = np.array([[name in each for name in names] for each in labels])
        judged = judged or [None] * len(messages)
        whole = np.array([each is None for each in judged])
        known = np.array([[each is None or name in each for name in names] for each in judged])
        rows = np.zeros((len(messages), 0), np.float32) if vectors is None else vectors
        scripts = np.array([_MEANS.index(_script(words)) for words in messages])
        means = np.stack([rows[scripts == at].mean(axis=0) if (scripts == at).any() else rows.mean(axis=0)
                          for at in range(len(_MEANS))])  # fmt: skip
        rows = _centred(rows, means[scripts])
        places = ["", *dict.fromkeys(place for context in contexts for place in _places(context))]
        numbers = {place: number for number, place in enumerate(places)}
        where = np.array([[numbers[place] for place in _places(context)] for context in contexts])
        scale, threshold = np.array([1, 0], np.float32), _THRESHOLD
        complete = np.random.default_rng(0).permutation(np.flatnonzero(whole))
        apart = len(complete) // _APART if len(complete) >= _FEWEST_TO_CALIBRATE else 0
        kept_out = [complete[number * apart : (number + 1) * apart] for number in range(_NETWORKS)]

        def learnt(number: int) -> TrainingSet:
            seen = np.setdiff1d(np.arange(len(messages)), kept_out[number])
            return TrainingSet(matrix[seen], rows[seen], where[seen], truth[seen], known[seen], len(places), number)

        networks = train_networks(learnt, _NETWORKS)
        if apart:
            logits = [
                net.table(matrix[out], rows[out], where[out]) for net, out in zip(networks, kept_out, strict=True)
            ]
            unseen, means_it = np.concatenate(logits), np.concatenate([truth[out] for out in kept_out])
            scale = np.array(platt(unseen.ravel(), means_it.ravel()), np.float32)
            threshold = _threshold(_probabilities(unseen, scale), means_it)
        network = ReaderNetwork.joined(networks)
        return cls(names, vocabularies, places, network, means, scale, threshold)

    def probabilities(self, words: Sequence[str], context: Context, vector: Floats | None = None) -> Floats:
        """The probability of each of `labels`; `vector` is the message's sentence vector."""
        columns, values = joined_row(self._vocabularies, _WEIGHTS, _blocks(words))
        if vector is not None and self._means.shape[1]:
            vector = _centred(vector[None], self._means[_MEANS.index(_script(words))])[0]
        return _probabilities(self._network.logits(columns, values, vector, self._where(context)), self._scale)

    def _where(self, context: Context) -> Ints:
        return np.array([self._places.get(place, 0) for place in _places(context)])

    def save(self, folder: Path) -> None:
        """Write the model under the name `turns` (`vocabulary.save_model`), weights in 8 and 16 bits."""
        arrays = {**self._network.arrays(), "means": self._means, "scale": self._scale, "threshold": self.thresholds[0]}
        described = {"labels": self.labels, "places": list(self._places)}
        save_model(folder, "turns", self._vocabularies, arrays, described)

    @classmethod
    def load(cls, folder: Path) -> ReaderModel:
        """Read what `save` wrote.

        Raises:
            FileNotFoundError: the folder has no model.
        """
        vocabularies, arrays, described = load_model(folder, "turns")
        network = ReaderNetwork.of_arrays(arrays)
        known = described["labels"], vocabularies, described["places"]
        return cls(*known, network, arrays["means"], arrays["scale"], float(arrays["threshold"]))


def _centred(vectors: Floats, means: Floats) -> Floats:
    away = vectors - means
    return np.asarray(away / np.maximum(np.linalg.norm(away, axis=1, keepdims=True), 1e-6), np.float32)


def _probabilities(logits: Floats, scale: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-(logits * scale[0] + scale[1]))), np.float32)


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
    """Half of the best F1 of all commands together: where that of true probabilities is best (Lipton and others 2014).

    The threshold that is best on these messages is lower and depends on which they are: commands that only one of two
    writers would have given are read as well.
    """

    def f1(threshold: float) -> float:
        predicted = chances >= threshold
        return 2 * int((predicted & truth).sum()) / max(1, int(predicted.sum()) + int(truth.sum()))

    return max(f1(float(threshold)) for threshold in np.arange(0.2, 0.6, 0.02)) / 2
