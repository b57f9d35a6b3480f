"""The network of the reader: all commands at once from words, letters, sentence vector and what was asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import scipy.sparse as sparse

from aftercare.understanding.vocabulary import Array, Floats, Ints

# Chosen on parts of data/turns held out in turn: 128 and 320 hidden units read as well, without the gates F1 is a
# point lower, with vectors of weight 3 half a point; more epochs learn the examples by heart.
_HIDDEN = 96
_EPOCHS = 8
_LEAST_STEPS = 300
_BATCH = 128
_VECTOR_WEIGHT = 6.0
_WORDS_RATE = 0.12
_RATE = 0.004
_DECAY = 1e-4
_GATE_DECAY = 1e-3
_LOWEST_RATE = 0.03
_INPUT_DROPOUT = 0.2
_HIDDEN_DROPOUT = 0.4
_VECTOR_DROPOUT = 0.1
# The share of messages that are learnt without their vector, so that words alone are read as well.
_WITHOUT_VECTOR = 0.05
# From so many messages on, a process that trains beside saves more than its start takes.
_WORTH_A_PROCESS = 5000


@dataclass(frozen=True)
class PackedRows:
    """Rows of numbers in 8 bits each, every row by a step of its own: a half of the memory that 16 bits take.

    Shapes: `values` (rows, columns), whole numbers; `steps` (rows).
    """

    values: Array
    steps: Floats

    @classmethod
    def of(cls, rows: Floats) -> PackedRows:
        """These rows, each number by half a step of its row at most off."""
        steps = np.asarray(np.abs(rows).max(axis=1, initial=0.0) / 127, np.float32)
        steps[steps == 0] = 1.0
        return cls(np.rint(rows / steps[:, None]).astype(np.int8), steps)

    def __getitem__(self, at: Ints) -> Floats:
        """The rows at these places."""
        return np.asarray(self.values[at] * self.steps[at][:, None], np.float32)


@dataclass
class ReaderNetwork:
    """Words, letters and vector are added up in a hidden layer that the context shifts and stretches.

    So the same words can mean one thing after a step and another after a decision about a refund. Of the hidden layer's
    rectified values and of the context, each command has a logit of its own.

    Shapes: `words` (features, hidden), `vector` (dimensions, hidden), `shift` and `gate` (contexts, hidden), `bias`
    (hidden), `output` (hidden, commands), `prior` (contexts, commands), `output_bias` (commands).
    """

    words: Array | PackedRows
    """Learnt as plain numbers, read packed."""
    vector: Array
    shift: Floats
    gate: Floats
    bias: Floats
    output: Floats
    prior: Floats
    output_bias: Floats

    def logits(self, columns: Ints, weights: Floats, vector: Floats | None, contexts: Ints) -> Floats:
        """Of each command, for a message with these features and contexts; `vector` may be missing."""
        summed = weights @ self.words[columns] + self.bias
        if vector is not None and len(self.vector):
            summed = summed + (vector * np.float32(_VECTOR_WEIGHT)) @ self.vector.astype(np.float32)
        hidden = summed * (1 + self.gate[contexts].sum(0)) + self.shift[contexts].sum(0)
        return np.asarray(
            np.maximum(hidden, 0) @ self.output + self.output_bias + self.prior[contexts].sum(0), np.float32
        )

    def table(self, matrix: Any, vectors: Floats, contexts: Ints) -> Floats:
        """The same for many messages at once: rows of a sparse matrix, (messages, dimensions), (messages, 2)."""
        summed = matrix @ self.words + (vectors * np.float32(_VECTOR_WEIGHT)) @ self.vector + self.bias
        hidden = summed * (1 + self.gate[contexts].sum(1)) + self.shift[contexts].sum(1)
        return np.asarray(
            np.maximum(hidden, 0) @ self.output + self.output_bias + self.prior[contexts].sum(1), np.float32
        )

    @classmethod
    def joined(cls, networks: Sequence[ReaderNetwork]) -> ReaderNetwork:
        """One network whose logits are the mean of these, of the same features, contexts and commands."""

        def beside(name: str, axis: int) -> Array:
            return np.concatenate([getattr(each, name) for each in networks], axis=axis)

        def mean(name: str) -> Floats:
            return np.asarray(sum(getattr(each, name) for each in networks) / len(networks), np.float32)

        hidden = {name: beside(name, -1) for name in ("words", "vector", "shift", "gate", "bias")}
        output = np.asarray(beside("output", 0) / len(networks), np.float32)
        return cls(**hidden, output=output, prior=mean("prior"), output_bias=mean("output_bias"))

    def arrays(self) -> dict[str, Array]:
        """For saving: the words in 8 bits, the vector's layer in 16; `of_arrays` is the way back."""
        packed = self.words if isinstance(self.words, PackedRows) else PackedRows.of(self.words)
        kept = {**vars(self), "words": packed.values, "vector": self.vector.astype(np.float16)}
        return {**kept, "steps": packed.steps}

    @classmethod
    def of_arrays(cls, arrays: Mapping[str, Array]) -> ReaderNetwork:
        """The network that `arrays` described."""
        plain = {name: arrays[name] for name in cls.__dataclass_fields__ if name != "words"}
        return cls(words=PackedRows(arrays["words"], arrays["steps"]), **plain)


@dataclass
class _Adam:
    """Adam (Kingma and Ba 2015) with decoupled decay, on one array that is changed in place."""

    layer: Floats
    decay: float = 0.0
    mean: Floats = field(init=False)
    square: Floats = field(init=False)

    def __post_init__(self) -> None:
        self.mean, self.square = np.zeros_like(self.layer), np.zeros_like(self.layer)

    def step(self, gradient: Floats, rate: float, number: int) -> None:
        self.mean += np.float32(0.1) * (gradient - self.mean)
        self.square += np.float32(0.01) * (gradient * gradient - self.square)
        mean, square = self.mean / (1 - 0.9**number), self.square / (1 - 0.99**number)
        change = mean / (np.sqrt(square) + 1e-8) + self.decay * self.layer
        self.layer -= np.asarray(rate * change, np.float32)


class TrainingSet(NamedTuple):
    """What a network learns from: rows of `matrix` (sparse), vectors, contexts and commands of messages.

    `contexts` are numbers below `places`, two a message. `truth` and `known` are (messages, commands): what a message
    means, and of which commands that is known at all.
    """

    matrix: Any
    vectors: Floats
    contexts: Ints
    truth: npt.NDArray[np.bool_]
    known: npt.NDArray[np.bool_]
    places: int
    seed: int


def train_networks(learnt: Callable[[int], TrainingSet], count: int) -> list[ReaderNetwork]:
    """Networks number 0, 1, … of what `learnt` gives for the number.

    Of many messages two are trained at a time, every second one in a process of its own; the result is the same.
    """
    from concurrent.futures import ProcessPoolExecutor  # a server that only reads does not need them
    from multiprocessing import get_context

    first = learnt(0)
    if count == 1 or len(first.truth) < _WORTH_A_PROCESS:
        return [train_network(first), *(train_network(learnt(number)) for number in range(1, count))]
    with ProcessPoolExecutor(1, get_context("spawn")) as beside:
        there = {number: beside.submit(train_network, learnt(number)) for number in range(1, count, 2)}
        here = {number: train_network(learnt(number) if number else first) for number in range(0, count, 2)}
        return [here[number] if number in here else there[number].result() for number in range(count)]


def train_network(learnt: TrainingSet) -> ReaderNetwork:
    """Learn it.

    The words' embeddings move by row-wise AdaGrad, and only those of features in the batch; everything else by Adam.
    """
    matrix, vectors, contexts, truth, known, places, seed = learnt
    random = np.random.default_rng(seed)
    rows, features = matrix.shape
    commands, dimensions = truth.shape[1], vectors.shape[1]

    def drawn(first: int, second: int, spread: float) -> Floats:
        return random.standard_normal((first, second), np.float32) * np.float32(spread)

    often = (truth.sum(axis=0) / np.maximum(known.sum(axis=0), 1)).clip(1e-4, 1 - 1e-4)
    words = drawn(features, _HIDDEN, 0.1)
    net = ReaderNetwork(
        words=words,
        vector=drawn(dimensions, _HIDDEN, max(1, dimensions) ** -0.5),
        shift=drawn(places, _HIDDEN, 0.3),
        gate=np.zeros((places, _HIDDEN), np.float32),
        bias=np.zeros(_HIDDEN, np.float32),
        output=drawn(_HIDDEN, commands, _HIDDEN**-0.5),
        prior=np.zeros((places, commands), np.float32),
        output_bias=np.log(often / (1 - often)).astype(np.float32),
    )
    net.shift[0] = 0  # a place that no example has
    decays = {"vector": _DECAY, "gate": _GATE_DECAY, "output": _DECAY, "prior": _DECAY}
    layers = {name: _Adam(layer, decays.get(name, 0.0)) for name, layer in vars(net).items() if name != "words"}
    moved = np.full((features, 1), 1e-3, np.float32)
    batches = -(-rows // _BATCH)
    steps = max(_EPOCHS * batches, _LEAST_STEPS)
    step = 0
    while step < steps:
        order = random.permutation(rows)
        for start in range(0, rows, _BATCH):
            chosen = order[start : start + _BATCH]
            batch, columns = _batch(matrix[chosen], random)
            labels = truth[chosen], known[chosen]
            slopes = _slopes(net, batch, columns, vectors[chosen], contexts[chosen], *labels, random)
            share = max(_LOWEST_RATE, 1 - step / steps)
            slope = slopes.pop("words")
            moved[columns] += np.einsum("ij,ij->i", slope, slope)[:, None] / np.float32(_HIDDEN)
            words[columns] -= np.float32(_WORDS_RATE * share) * slope / np.sqrt(moved[columns])
            step += 1
            for name, gradient in slopes.items():
                layers[name].step(gradient / np.float32(len(chosen)), _RATE * share, step)
    return net


def _slopes(
    net: ReaderNetwork,
    batch: Any,
    columns: Ints,
    vectors: Floats,
    contexts: Ints,
    truth: npt.NDArray[np.bool_],
    known: npt.NDArray[np.bool_],
    random: np.random.Generator,
) -> dict[str, Floats]:
    """The gradients of a batch's cross-entropy, by layer; of `words` in the rows of `columns`."""
    vectors = vectors * _mask(random, vectors.shape, _VECTOR_DROPOUT) * np.float32(_VECTOR_WEIGHT)
    vectors *= random.random((len(vectors), 1), np.float32) >= _WITHOUT_VECTOR
    gate = 1 + net.gate[contexts].sum(1)
    summed = batch @ net.words[columns] + vectors @ net.vector + net.bias
    signal = summed * gate + net.shift[contexts].sum(1)
    kept = _mask(random, signal.shape, _HIDDEN_DROPOUT) * (signal > 0)
    hidden = signal * kept
    logits = hidden @ net.output + net.output_bias + net.prior[contexts].sum(1)
    wrong = 1 / (1 + np.exp(-np.maximum(logits, -60))) - truth  # of what is not known a logit has no bounds
    wrong = (wrong * known).astype(np.float32)
    back = (wrong @ net.output.T) * kept
    inward = back * gate
    places = sparse.csr_matrix(
        (np.ones(contexts.size, np.float32), contexts.ravel(), np.arange(0, contexts.size + 1, contexts.shape[1])),
        shape=(len(contexts), len(net.shift)),
    ).T
    return {
        "words": batch.T @ inward,
        "vector": vectors.T @ inward,
        "shift": places @ back,
        "gate": places @ (back * summed),
        "bias": inward.sum(0),
        "output": hidden.T @ wrong,
        "prior": places @ wrong,
        "output_bias": wrong.sum(0),
    }


def _mask(random: np.random.Generator, shape: tuple[int, ...], dropped: float) -> Floats:
    return np.asarray((random.random(shape, np.float32) >= dropped) * np.float32(1 / (1 - dropped)), np.float32)


def _batch(rows: Any, random: np.random.Generator) -> tuple[Any, Ints]:
    """Rows with features dropped at random, over the columns they use only."""
    data = rows.data * _mask(random, rows.data.shape, _INPUT_DROPOUT)
    columns, place = np.unique(rows.indices, return_inverse=True)
    return sparse.csr_matrix((data, place, rows.indptr), shape=(rows.shape[0], len(columns))), columns
