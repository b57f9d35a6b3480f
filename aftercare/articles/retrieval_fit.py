"""Makes a retriever: the index of units and rivals, and the weights of its respects.

The weights are learnt from the sentences themselves. Each is compared with the index as it would be without the
sentence, so that the probabilities are those of sentences never seen.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import scipy.sparse as sparse

from aftercare.articles.retrieval import (
    BLOCK_WEIGHTS,
    BY_WORDS,
    Floats,
    Fusion,
    Ints,
    Retriever,
    blocks_of,
    in_eight_bits,
    nearest_units,
    two_nearest,
    unit_length,
)
from aftercare.understanding.network import softmax
from aftercare.understanding.reader.model import platt
from aftercare.understanding.sparse_rows import SparseRows
from aftercare.understanding.vocabulary import Vocabulary, joined_matrix

# How much the words of an answer weigh in the middle of a unit, beside those of a sentence it is asked in. Its vector
# would find hardly more and takes as long to make as those of five questions.
_ANSWER = 1.5
# What is added to the spread of the vectors within units before it is evened out, in units of its mean.
_EVENNESS = 3.0
# A feature of a single sentence tells nothing about another one.
_FEWEST = 2
# Weights far from 0 need evidence.
_PENALTY = 1e-3
# Sentences compared at once.
_ROWS = 256


class ComparedSentence(NamedTuple):
    """A sentence as it is compared: its words, its language, and its vector, which answers do without."""

    words: Sequence[str]
    language: str
    vector: Floats | None = None


@dataclass(frozen=True)
class Taught:
    """What is learnt of a unit; a rival has no answers."""

    asked: Sequence[ComparedSentence]
    answers: Sequence[ComparedSentence] = ()


def fit(units: Mapping[str, Taught], rivals: Mapping[str, Taught]) -> Retriever:
    """Learn how units are asked and answered, and what means something else."""
    names = sorted(units)
    taught = [*(units[name] for name in names), *(rivals[name] for name in sorted(rivals))]
    tongues = sorted({each.language for one in taught for each in one.asked})
    sources = _Sources(taught, tongues)
    owner, near, respects = (np.concatenate(parts) for parts in zip(*sources.left_out(), strict=True))
    again, rival = near == owner[:, None], near >= len(names)
    again[:, 0] = False
    fusions = {"words": _fuse(respects[:, :, :BY_WORDS], again, rival)}
    if respects.shape[2] > BY_WORDS:
        fusions["vectors"] = _fuse(respects, again, rival)
    retriever = Retriever(names, tongues, sources.vocabularies, sources.arrays(), fusions)
    fusion = fusions.get("vectors", fusions["words"])
    shares, right = _best(fusion.shares(_once(respects, again), rival), again, rival)
    retriever.left_out = np.stack([fusion.probability(shares), right], axis=1)
    return retriever


class _Sources:
    """Everything that is known of units and rivals, as features and as vectors; the sentences asked come first."""

    def __init__(self, taught: Sequence[Taught], tongues: Sequence[str]) -> None:
        asked = [(at, each) for at, one in enumerate(taught) for each in one.asked]
        answers = [(at, each) for at, one in enumerate(taught) for each in one.answers]
        self._twins = _twins(taught)
        owners = np.array([at for at, _ in (*asked, *answers)], np.intp)
        self._owner = owners[: len(asked)]
        self._starts = np.searchsorted(self._owner, np.arange(len(taught)))
        shares = np.array([1.0] * len(asked) + [_ANSWER] * len(answers), np.float32)
        to_units = sparse.csr_matrix((shares, (owners, np.arange(len(owners)))), shape=(len(taught), len(owners)))
        documents = [blocks_of(each.words) for _, each in (*asked, *answers)]
        self.vocabularies = [Vocabulary.of(block, _FEWEST) for block in zip(*documents, strict=True)]
        matrix = joined_matrix(self.vocabularies, BLOCK_WEIGHTS, documents)
        self._rows, self._sums = matrix[: len(asked)], (to_units @ matrix).tocsr()
        self._dense: dict[str, Floats] = {}
        if all(each.vector is not None for _, each in asked):
            vectors = np.stack([np.asarray(each.vector, np.float32) for _, each in asked])
            language = np.array([tongues.index(each.language) for _, each in asked])
            centres = np.stack([vectors[language == at].mean(axis=0) for at in range(len(tongues))])
            vectors = unit_length(vectors - centres[language])
            evening = _evening(vectors, self._owner)
            even = unit_length(vectors @ evening)
            sums = np.asarray(to_units[:, : len(asked)] @ even, np.float32)
            self._dense = {"centres": centres, "evening": evening, "vectors": vectors, "even": even, "sums": sums}

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """What a retriever is made of."""
        arrays: dict[str, npt.NDArray[Any]] = {"ends": np.append(self._starts, len(self._owner))}
        arrays |= SparseRows.of(self._rows).arrays("rows")
        arrays |= SparseRows.of(_scaled(self._sums).T).arrays("middles")
        if self._dense:
            arrays |= {name: self._dense[name].astype(np.float16) for name in ("centres", "evening")}
            arrays |= in_eight_bits(self._dense["vectors"])
            arrays["centred"] = unit_length(self._dense["sums"]).astype(np.float16)
        return arrays

    def left_out(self) -> Iterator[tuple[Ints, Ints, Floats]]:
        """Blocks of sentences asked: the unit of each, the units near it, and in which respects, itself left out.

        Its twin is left out as well: the sentence at the same place in the other language may be a translation. The
        sentence's own unit comes first, whether or not it is near.
        """
        middles_of_words = _scaled(self._sums).T.tocsr()
        for start in range(0, len(self._owner), _ROWS):
            rows = np.arange(start, min(start + _ROWS, len(self._owner)))
            own, twins, each = self._owner[rows], self._twins[rows], np.arange(len(rows))
            features = self._rows[rows]
            rest = _scaled((self._sums[own] - twins @ self._rows).tocsr())
            middles = [(features @ middles_of_words).toarray()]
            middles[0][each, own] = np.asarray(features.multiply(rest).sum(axis=1)).ravel()
            cosines = [(features @ self._rows.T).toarray()]
            if self._dense:
                even = self._dense["even"]
                middles.append(even[rows] @ unit_length(self._dense["sums"]).T)
                rest = unit_length(self._dense["sums"][own] - twins @ even)
                middles[1][each, own] = (even[rows] * rest).sum(axis=1)
                cosines.append(self._dense["vectors"][rows] @ self._dense["vectors"].T)
            middle = np.stack(middles, axis=2)
            near = nearest_units(middle)
            # the own unit counts once: where it is near anyway, its place is taken by the first
            near = np.concatenate([own[:, None], np.where(near == own[:, None], near[:, :1], near)], axis=1)
            found = []
            for at, cosine in enumerate(cosines):
                cosine[twins.nonzero()] = -2
                sentences = two_nearest(cosine.astype(np.float32), self._starts)
                found.append(np.take_along_axis(sentences, near[:, :, None], axis=1))
                found.append(np.take_along_axis(middle[:, :, at], near, axis=1)[:, :, None])
            yield own, near, np.concatenate(found, axis=2).astype(np.float32)


def _twins(taught: Sequence[Taught]) -> Any:
    """Sentences by sentences, 1 for itself and for those at the same place in other languages."""
    groups: dict[tuple[int, int], int] = {}
    group = []
    for at, one in enumerate(taught):
        places: Counter[str] = Counter()
        for each in one.asked:
            group.append(groups.setdefault((at, places[each.language]), len(groups)))
            places[each.language] += 1
    members = sparse.csr_matrix((np.ones(len(group), np.float32), (np.arange(len(group)), group)))
    return (members @ members.T).tocsr()


def _evening(vectors: Floats, owner: Ints) -> Floats:
    """What makes the vectors of one unit differ alike in all directions, so that what tells units apart counts more."""
    sizes = np.bincount(owner)
    means = np.zeros((len(sizes), vectors.shape[1]), np.float32)
    np.add.at(means, owner, vectors)
    apart = vectors - (means / sizes[:, None])[owner]
    spread, axes = np.linalg.eigh(apart.T @ apart / len(vectors))
    return np.asarray(axes / np.sqrt(np.maximum(spread + _EVENNESS * spread.mean(), 1e-6)), np.float32)


def _scaled(matrix: Any) -> Any:
    """Sparse rows of length 1."""
    lengths = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1)).ravel())
    return (sparse.diags((1 / np.maximum(lengths, 1e-9)).astype(np.float32)) @ matrix).tocsr()


def _once(respects: Floats, again: npt.NDArray[np.bool_]) -> Floats:
    """The respects, those of a unit that stands there twice the second time far away."""
    return np.where(again[:, :, None], np.float32(-1e3), respects)


def _fuse(respects: Floats, again: npt.NDArray[np.bool_], rival: npt.NDArray[np.bool_]) -> Fusion:
    """The weights at which the first of `respects` is likeliest; those that are it once more do not count.

    The shares they give are too small where they are large; the logistic function on top puts that right.
    """
    from scipy.optimize import minimize

    def surprise(weights: Any) -> tuple[float, Any]:
        worth = respects @ weights[:-1].astype(np.float32) + rival * np.float32(weights[-1])
        shares = softmax(np.where(again, np.float32(-1e9), worth))
        loss = -np.log(np.maximum(shares[:, 0], 1e-12)).mean() + _PENALTY * float(weights @ weights)
        shares[:, 0] -= 1
        gradient = np.append(np.tensordot(shares, respects, 2), (shares * rival).sum()) / len(again)
        return float(loss), gradient + 2 * _PENALTY * weights

    start = np.append(np.full(respects.shape[2], 5.0), 0.0)
    fusion = Fusion([float(each) for each in minimize(surprise, start, jac=True, method="L-BFGS-B").x])
    shares, right = _best(fusion.shares(_once(respects, again), rival), again, rival)
    return Fusion(fusion.weights, *platt(np.log(shares / (1 - shares)), right))


def _best(
    shares: Floats, again: npt.NDArray[np.bool_], rival: npt.NDArray[np.bool_]
) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """The share of the best unit of each sentence, and whether it is the sentence's own."""
    shares = np.where(again | rival, 0, shares)
    return np.clip(shares.max(axis=1), 1e-6, 1 - 1e-6), (shares.argmax(axis=1) == 0) & ~rival[:, 0]
