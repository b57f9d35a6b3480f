"""Finds the question of an article that a message asks, in either language, with the probability that it does.

A message is compared with every unit, by words and by sentence vectors: with the middle of all that is known of a unit,
and with the sentences it is asked in. A few weights turn these respects into probabilities over the units and their
rivals, which are what a message may mean instead of a question (a request, a fault, small talk).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from aftercare.understanding.entities import Entity
from aftercare.understanding.features import LONGEST, MASKED, letter_features, masked_words, word_features
from aftercare.understanding.network import softmax
from aftercare.understanding.segmentation import Word
from aftercare.understanding.sparse_rows import SparseRows
from aftercare.understanding.vocabulary import Vocabulary, joined_row, load_model, save_model

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.intp]
Arrays = Mapping[str, npt.NDArray[Any]]

BEST = 5
# So many units and rivals are compared sentence by sentence: those whose middles are nearest.
NEAR = 60
# How much words and letters weigh.
BLOCK_WEIGHTS = (0.5, 0.86)
# Respects by words; those by vectors come after them.
BY_WORDS = 3
# What a question is about; identifiers are masked.
_KEPT = frozenset({"device", "destination", "location", "operator", "plan"})


def compared_words(words: Sequence[Word], entities: Iterable[Entity]) -> list[str]:
    """The words of a message, identifiers masked, and a sign such as `<device>` for each kind of name in it."""
    entities = list(entities)
    signs = {f"<{each.entity}>" for each in entities if each.entity in MASKED & _KEPT}
    return [*masked_words(words, [each for each in entities if each.entity not in _KEPT]), *sorted(signs)]


def blocks_of(words: Sequence[str]) -> list[list[str]]:
    """The features of a sentence, block by block."""
    words = words[:LONGEST]
    return [word_features(words), letter_features(words)]


def unit_length(rows: Floats) -> Floats:
    """Rows of length 1."""
    return np.asarray(rows / np.maximum(np.linalg.norm(rows, axis=-1, keepdims=True), 1e-9), np.float32)


def in_eight_bits(rows: Floats) -> Arrays:
    """Rows as whole numbers of eight bits, with the factor of each row."""
    scales = np.maximum(np.abs(rows).max(axis=1), 1e-9) / 127
    return {"vectors": np.rint(rows / scales[:, None]).astype(np.int8), "vector_scales": scales.astype(np.float32)}


def two_nearest(cosine: Floats, starts: Ints) -> Floats:
    """Of each unit's sentences the nearest, and the mean of the two nearest: (messages, units, 2).

    `cosine` is (messages, sentences), -2 for a sentence that does not count; `starts` is where each unit's begin.
    """
    first = np.maximum.reduceat(cosine, starts, axis=1)
    owner = np.repeat(np.arange(len(starts)), np.diff([*starts, cosine.shape[1]]))
    second = np.maximum.reduceat(np.where(cosine == first[:, owner], np.float32(-2), cosine), starts, axis=1)
    return np.stack([first, np.where(second < -1, first, (first + second) / 2)], axis=2)


def nearest_units(middles: Floats) -> Ints:
    """The units and rivals to look at more closely, of cosines to their middles: (…, units, kinds) to (…, NEAR)."""
    total = middles.sum(axis=-1)
    count = min(NEAR, total.shape[-1])
    return np.asarray(np.argpartition(-total, count - 1, axis=-1)[..., :count], np.intp)


class Fusion(NamedTuple):
    """How respects become chances."""

    weights: Sequence[float]
    """Of the respects, and at the end what raises the rivals."""
    slope: float = 1.0
    offset: float = 0.0
    """The logistic function by which the chance of the best unit becomes the probability that it answers."""

    def shares(self, respects: Floats, rival: npt.NDArray[np.bool_]) -> Floats:
        """How likely each unit or rival is beside the others."""
        weights = np.asarray(self.weights, np.float32)
        return softmax(respects @ weights[:-1] + rival * weights[-1])

    def probability(self, shares: Floats) -> Floats:
        """Of answering, by the share of a unit."""
        shares = np.clip(shares, 1e-6, 1 - 1e-6)
        logits = self.slope * np.log(shares / (1 - shares)) + self.offset
        return np.asarray(1 / (1 + np.exp(-logits)), np.float32)


class Retriever:
    """Ranks the units for a message; made by `retrieval_fit.fit` or `load`.

    Without a vector, or when it was made without, the words alone count.
    """

    def __init__(
        self,
        names: Sequence[str],
        tongues: Sequence[str],
        vocabularies: Sequence[Vocabulary],
        arrays: Arrays,
        fusions: Mapping[str, Fusion],
    ) -> None:
        self.names = list(names)
        """Of the units; the rivals come after them."""
        self.left_out: Floats | None = None
        """When it was just made: of each sentence it learnt from, as if it had not, the best chance, and 1 if right."""
        self._tongues = list(tongues)
        self._vocabularies = list(vocabularies)
        self._arrays = dict(arrays)
        self._fusions = dict(fusions)
        self._rows, self._middles = (SparseRows.from_arrays(arrays, name) for name in ("rows", "middles"))
        self._ends = arrays["ends"]
        small = {name: arrays[name].astype(np.float32) for name in ("centres", "evening", "centred") if name in arrays}
        kept = {name: arrays[name] for name in ("vectors", "vector_scales")} if small else {}
        self._vectors: Arrays = {**small, **kept}

    def rank(self, words: Sequence[str], vector: Floats | None, language: str) -> list[tuple[str, float]]:
        """The best units for a message (`compared_words`), best first, each with the probability that it answers."""
        columns, values = joined_row(self._vocabularies, BLOCK_WEIGHTS, blocks_of(words))
        row = np.zeros(self._rows.width, np.float32)
        row[columns] = values
        middles = [self._middles.weighted_sum(columns, values)]
        if vector is not None and self._vectors:
            tongue = self._tongues.index(language) if language in self._tongues else 0
            vector = unit_length(vector - self._vectors["centres"][tongue])
            middles.append(self._vectors["centred"] @ unit_length(vector @ self._vectors["evening"]))
        middle = np.stack(middles, axis=1)
        near = nearest_units(middle)
        begins, ends = self._ends[near], self._ends[near + 1]
        rows = np.concatenate([np.arange(begin, end) for begin, end in zip(begins, ends, strict=True)])
        starts = np.cumsum(ends - begins) - (ends - begins)
        found = [two_nearest(self._rows.products(rows, row)[None], starts)[0], middle[near, :1]]
        if len(middles) > 1:
            cosine = (self._vectors["vectors"][rows] @ vector) * self._vectors["vector_scales"][rows]
            found += [two_nearest(cosine[None], starts)[0], middle[near, 1:]]
        fusion = self._fusions["vectors" if len(middles) > 1 else "words"]
        shares = fusion.shares(np.concatenate(found, axis=1), near >= len(self.names))
        best = [at for at in np.argsort(-shares) if near[at] < len(self.names)][:BEST]
        chances = fusion.probability(shares[best])
        return [(self.names[near[at]], float(chance)) for at, chance in zip(best, chances, strict=True)]

    def save(self, folder: Path) -> None:
        """Write it under the name `units` (`vocabulary.save_model`)."""
        described = {"names": self.names, "tongues": self._tongues, "fusions": self._fusions}
        save_model(folder, "units", self._vocabularies, self._arrays, described)

    @classmethod
    def load(cls, folder: Path) -> Retriever:
        """Read what `save` wrote.

        Raises:
            FileNotFoundError: the folder has none.
        """
        vocabularies, arrays, described = load_model(folder, "units")
        fusions = {key: Fusion(*value) for key, value in described["fusions"].items()}
        return cls(described["names"], described["tongues"], vocabularies, arrays, fusions)
