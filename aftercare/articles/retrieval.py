"""Finds the question of an article that a message asks, in either language, with the probability that it does.

A message is compared with every unit: with the sentences it is asked in, with its answer and with its name, by words
and by sentence vectors. A few weights turn these nearnesses into probabilities over all units and their rivals, which
are what a message may mean instead of a question (a request, a fault, small talk). The weights are learnt from
sentences held out in turn, so the probabilities are those of sentences never seen.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import scipy.sparse as sparse

from aftercare.understanding.entities import Entity
from aftercare.understanding.features import LONGEST, MASKED, letter_features, masked_words, word_features
from aftercare.understanding.linear_model import Vocabulary, joined_matrix
from aftercare.understanding.network import softmax
from aftercare.understanding.segmentation import Word

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.intp]

BEST = 5
# From this probability on the best unit answers the question.
SURE = 0.5
_BLOCK_WEIGHTS = (0.5, 0.86)
# How much an answer and a name weigh in the middle of a unit, beside a sentence it is asked in.
_ANSWER, _NAME = 1.5, 3.0
# What is added to the spread of the vectors within units before it is evened out, in units of its mean.
_EVENNESS = 3.0
_FOLDS = 6
# Weights far from 0 need evidence.
_PENALTY = 1e-3
# What a question is about; identifiers are masked.
_KEPT = frozenset({"device", "destination", "location", "operator", "plan"})


class Sentence(NamedTuple):
    """A sentence as it is compared: its words, its language, and its vector unless there is no encoder."""

    words: Sequence[str]
    language: str
    vector: Floats | None = None


@dataclass(frozen=True)
class Taught:
    """What is learnt of a unit; a rival has no answers and no names."""

    asked: Sequence[Sentence]
    answers: Sequence[Sentence] = ()
    names: Sequence[Sentence] = ()


def compared_words(words: Sequence[Word], entities: Sequence[Entity]) -> list[str]:
    """The words of a message, identifiers masked, and a sign such as `<device>` for each kind of name in it."""
    signs = {f"<{each.entity}>" for each in entities if each.entity in MASKED & _KEPT}
    return [*masked_words(words, [each for each in entities if each.entity not in _KEPT]), *sorted(signs)]


def _blocks(sentence: Sentence) -> list[list[str]]:
    words = sentence.words[:LONGEST]
    return [word_features(words), letter_features(words)]


def _unit_length(rows: Floats) -> Floats:
    return np.asarray(rows / np.maximum(np.linalg.norm(rows, axis=-1, keepdims=True), 1e-9), np.float32)


class _Index:
    """How near messages are to each unit and rival, in several respects."""

    def __init__(self, vocabularies: Sequence[Vocabulary], arrays: Mapping[str, npt.NDArray[Any]], size: int) -> None:
        self.vocabularies = list(vocabularies)
        self.arrays = dict(arrays)
        self.size = size
        self._rows, self._middles = (_sparse(arrays, name) for name in ("rows", "middles"))
        self._starts = np.searchsorted(arrays["owner"], np.arange(size))
        self._dense = {
            name: arrays[name].astype(np.float32)
            for name in ("vectors", "centres", "evening", "dense")
            if name in arrays
        }

    @classmethod
    def of(cls, taught: Sequence[Taught], tongues: Sequence[str]) -> _Index:
        asked = [(at, each, 1.0) for at, one in enumerate(taught) for each in one.asked]
        told = [(at, each, _ANSWER) for at, one in enumerate(taught) for each in one.answers]
        told += [(at, each, _NAME) for at, one in enumerate(taught) for each in one.names]
        everything = [*asked, *told]
        documents = [_blocks(each) for _, each, _ in everything]
        vocabularies = [Vocabulary.of(block) for block in zip(*documents, strict=True)]
        matrix = joined_matrix(vocabularies, _BLOCK_WEIGHTS, documents)
        owners = np.array([at for at, _, _ in everything], np.intp)
        sums = sparse.csr_matrix(
            (np.array([share for _, _, share in everything], np.float32), (owners, np.arange(len(owners)))),
            shape=(len(taught), len(owners)),
        )
        middles = (sums @ matrix).tocsr()
        lengths = np.sqrt(np.asarray(middles.multiply(middles).sum(axis=1)).ravel())
        middles = sparse.diags((1 / np.maximum(lengths, 1e-9)).astype(np.float32)) @ middles
        arrays: dict[str, npt.NDArray[Any]] = {"owner": owners[: len(asked)]}
        for name, part in (("rows", matrix[: len(asked)]), ("middles", middles)):
            part = part.T.tocsr()
            arrays |= {f"{name}.data": part.data.astype(np.float16), f"{name}.indices": part.indices}
            arrays |= {f"{name}.ends": part.indptr, f"{name}.shape": np.array(part.shape)}
        if everything[0][1].vector is not None:
            vectors = np.stack([np.asarray(each.vector, np.float32) for _, each, _ in everything])
            language = np.array([tongues.index(each.language) for _, each, _ in everything])
            arrays |= _dense(vectors, language, owners, len(asked), sums, len(tongues))
        return cls(vocabularies, arrays, len(taught))

    def respects(self, sentences: Sequence[Sentence], tongues: Sequence[str]) -> Floats:
        """(sentences, units, respects): by words, then by vectors when there are."""
        found = []
        row = joined_matrix(self.vocabularies, _BLOCK_WEIGHTS, [_blocks(each) for each in sentences])
        found += self._two_nearest((row @ self._rows).toarray())
        found.append((row @ self._middles).toarray())
        if self._dense and all(each.vector is not None for each in sentences):
            tongue = [tongues.index(each.language) if each.language in tongues else 0 for each in sentences]
            vectors = np.stack([np.asarray(each.vector) for each in sentences]) - self._dense["centres"][tongue]
            vectors = _unit_length(vectors)
            found += self._two_nearest(vectors @ self._dense["vectors"].T)
            found.append(_unit_length(vectors @ self._dense["evening"]) @ self._dense["dense"].T)
        return np.stack(found, axis=2).astype(np.float32)

    def _two_nearest(self, cosine: Floats) -> list[Floats]:
        """Of each unit's sentences the nearest, and the mean of the two nearest."""
        first = np.maximum.reduceat(cosine, self._starts, axis=1)
        others = np.where(cosine == first[:, self.arrays["owner"]], np.float32(-1), cosine)
        second = np.maximum.reduceat(others, self._starts, axis=1)
        return [first, np.where(second < 0, first, (first + second) / 2)]


def _sparse(arrays: Mapping[str, npt.NDArray[Any]], name: str) -> Any:
    parts = (arrays[f"{name}.data"].astype(np.float32), arrays[f"{name}.indices"], arrays[f"{name}.ends"])
    return sparse.csr_matrix(parts, shape=tuple(arrays[f"{name}.shape"]))


def _dense(
    vectors: Floats, language: Ints, owners: Ints, asked: int, sums: Any, tongues: int
) -> dict[str, npt.NDArray[Any]]:
    """The centre of each language, what evens out the spread within units, and the middle of each unit."""
    centres = np.stack([vectors[:asked][language[:asked] == tongue].mean(axis=0) for tongue in range(tongues)])
    vectors = _unit_length(vectors - centres[language])
    own = np.bincount(owners[:asked])
    mean = np.zeros((len(own), vectors.shape[1]), np.float32)
    np.add.at(mean, owners[:asked], vectors[:asked])
    apart = vectors[:asked] - (mean / own[:, None])[owners[:asked]]
    spread, axes = np.linalg.eigh(apart.T @ apart / asked)
    evening = (axes / np.sqrt(spread + _EVENNESS * spread.mean())).astype(np.float32)
    middles = _unit_length(sums @ _unit_length(vectors @ evening))
    half = {"vectors": vectors[:asked], "evening": evening, "dense": middles, "centres": centres}
    return {name: array.astype(np.float16) for name, array in half.items()}


class Retriever:
    """Ranks the units for a message; made by `fit` or `load`."""

    def __init__(
        self, names: Sequence[str], tongues: Sequence[str], index: _Index, weights: Mapping[str, Sequence[float]]
    ) -> None:
        self.names = list(names)
        """Of the units; the rivals come after them in the index."""
        self._tongues = list(tongues)
        self._index = index
        self._weights = {key: np.array(value, np.float32) for key, value in weights.items()}

    @classmethod
    def fit(cls, units: Mapping[str, Taught], rivals: Mapping[str, Taught]) -> Retriever:
        """Learn from how units are asked and answered, and from sentences that mean something else."""
        names = sorted(units)
        taught = [*(units[name] for name in names), *(rivals[name] for name in sorted(rivals))]
        tongues = sorted({each.language for one in taught for each in one.asked})
        held, truth = [], []
        for fold in range(_FOLDS):
            seen = [
                Taught([s for at, s in enumerate(one.asked) if at % _FOLDS != fold], one.answers, one.names)
                for one in taught
            ]
            out = [(number, s) for number, one in enumerate(taught) for s in one.asked[fold::_FOLDS]]
            truth.append(np.array([number for number, _ in out]))
            held.append(_Index.of(seen, tongues).respects([s for _, s in out], tongues))
        respects, target = np.concatenate(held), np.concatenate(truth)
        weights = {"words": _fuse(respects[:, :, :3], target, len(names))}
        if respects.shape[2] > 3:
            weights["vectors"] = _fuse(respects, target, len(names))
        return cls(names, tongues, _Index.of(taught, tongues), weights)

    def rank(
        self,
        words: Sequence[str],
        vector: Floats | None,
        language: str,
    ) -> list[tuple[str, float]]:
        """The best units for a message, best first, each with the probability that it answers; the rest is rivals."""
        respects = self._index.respects([Sentence(words, language, vector)], self._tongues)[0]
        weights = self._weights["vectors" if respects.shape[1] > 3 else "words"]
        chances = softmax(_utilities(respects, weights, len(self.names)))[: len(self.names)]
        return [(self.names[at], float(chances[at])) for at in np.argsort(-chances)[:BEST]]

    def save(self, folder: Path) -> None:
        """Write the index as arrays and JSON, neither of which can run code when read."""
        arrays = dict(self._index.arrays)
        arrays |= {f"idf{at}": vocabulary.idf for at, vocabulary in enumerate(self._index.vocabularies)}
        np.savez(folder / "units.npz", allow_pickle=False, **arrays)
        described = {
            "names": self.names,
            "tongues": self._tongues,
            "size": self._index.size,
            "weights": {key: value.tolist() for key, value in self._weights.items()},
            "features": [list(each.numbers) for each in self._index.vocabularies],
        }
        (folder / "units.json").write_text(json.dumps(described, ensure_ascii=False), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Retriever:
        """Read what `save` wrote.

        Raises:
            FileNotFoundError: the folder has none.
        """
        described = json.loads((folder / "units.json").read_text(encoding="utf-8"))
        with np.load(folder / "units.npz", allow_pickle=False) as file:
            arrays = dict(file)
        vocabularies = [
            Vocabulary({feature: number for number, feature in enumerate(features)}, arrays.pop(f"idf{at}"))
            for at, features in enumerate(described["features"])
        ]
        index = _Index(vocabularies, arrays, described["size"])
        return cls(described["names"], described["tongues"], index, described["weights"])


def _utilities(respects: Floats, weights: Floats, units: int) -> Floats:
    """What the chances are made of: the respects weighed, the rivals raised by what is left of the weights."""
    utilities = respects @ weights[:-1]
    utilities[..., units:] += weights[-1]
    return np.asarray(utilities, np.float32)


def _fuse(respects: Floats, target: Ints, units: int) -> list[float]:
    """The weights at which the truth is likeliest."""
    from scipy.optimize import minimize

    # what is far behind in every respect adds nothing
    order = np.argsort(-respects.mean(axis=2), axis=1)[:, :60]
    some = np.concatenate([target[:, None], order], axis=1)
    twice = np.concatenate([np.zeros((len(target), 1), bool), order == target[:, None]], axis=1)
    near = np.take_along_axis(respects, some[:, :, None], axis=1)
    rival = (some >= units).astype(np.float32)

    def surprise(weights: Any) -> tuple[float, Any]:
        utilities = near @ weights[:-1] + rival * weights[-1]
        utilities[twice] = -1e9
        utilities -= utilities.max(axis=1, keepdims=True)
        chances = np.exp(utilities)
        chances /= chances.sum(axis=1, keepdims=True)
        chances[:, 0] = np.maximum(chances[:, 0], 1e-12)
        loss = -np.log(chances[:, 0]).mean() + _PENALTY * float(weights @ weights)
        slope = chances.copy()
        slope[:, 0] -= 1
        gradient = np.append(np.einsum("ij,ijk->k", slope, near), (slope * rival).sum()) / len(target)
        return float(loss), gradient + 2 * _PENALTY * weights

    start = np.append(np.full(respects.shape[2], 5.0), 0.0)
    return [float(each) for each in minimize(surprise, start, jac=True, method="L-BFGS-B").x]
