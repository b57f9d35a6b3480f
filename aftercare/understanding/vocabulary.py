"""The features of messages as numbers: TF-IDF vocabularies, and the files in which a model is stored with them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.sparse as sparse
from spacy.strings import get_string_id as hash_string

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.intp]
Hashes = npt.NDArray[np.uint64]

# The features of one message, block by block.
Documents = Sequence[Sequence[str]]


class Vocabulary:
    """TF-IDF over one kind of feature; rows have length 1.

    Features are known by their hash of 64 bits alone: their text would take ten times the memory. Two of half a million
    have the same one with a probability below 1 in 10⁷.
    """

    def __init__(self, hashes: Hashes, idf: Floats) -> None:
        """`hashes` and weights of the features, by their number."""
        self.idf = idf
        order = np.argsort(hashes)
        self._sorted, self._numbers = hashes[order], order.astype(np.int32)

    @property
    def hashes(self) -> Hashes:
        """Of the features, by their number."""
        found = np.empty_like(self._sorted)
        found[self._numbers] = self._sorted
        return found

    @classmethod
    def of(cls, documents: Sequence[Sequence[str]], fewest: int = 1) -> Vocabulary:
        """The features that at least `fewest` of the training documents have, weighted by how few of them have it.

        Numbers rise from the most frequent to the rarest, so that what most messages need lies together.
        """
        owner, hashes = _listed(documents)
        found, place = np.unique(hashes, return_inverse=True)
        pairs = np.unique(place.astype(np.int64) * len(documents) + owner)  # a feature counts once in a document
        having = np.bincount(pairs // max(1, len(documents)), minlength=len(found))
        order = np.lexsort((found, -having))
        order = order[having[order] >= fewest]
        idf = np.log((1 + len(documents)) / (1 + having[order])) + 1
        return cls(found[order], idf.astype(np.float32))

    def numbers(self, document: Sequence[str]) -> Ints:
        """The number of each feature of a document, -1 for those not known."""
        return self._find(np.fromiter(map(hash_string, document), np.uint64, len(document)))

    def __contains__(self, feature: str) -> bool:
        return bool(self.numbers([feature])[0] >= 0)

    def row(self, document: Sequence[str]) -> tuple[Ints, Floats]:
        """Feature numbers and weights of a document."""
        numbers = self.numbers(document)
        columns, counts = np.unique(numbers[numbers >= 0], return_counts=True)
        weights = (1 + np.log(counts.astype(np.float32))) * self.idf[columns]
        length = max(float(np.linalg.norm(weights)), 1e-12)
        return columns, np.asarray(weights / length, np.float32)

    def rows(self, documents: Sequence[Sequence[str]]) -> Any:
        """The rows of many documents as a sparse matrix, (documents, features)."""
        owner, hashes = _listed(documents)
        numbers = self._find(hashes)
        known = numbers >= 0
        width = max(1, len(self.idf))
        pairs, counts = np.unique(owner[known] * width + numbers[known], return_counts=True)
        owner, columns = np.divmod(pairs, width)
        weights = (1 + np.log(counts.astype(np.float32))) * self.idf[columns]
        lengths = np.sqrt(np.bincount(owner, weights.astype(np.float64) ** 2, minlength=len(documents)))
        weights = (weights / lengths[owner]).astype(np.float32)
        ends = np.searchsorted(owner, np.arange(len(documents) + 1))
        return sparse.csr_matrix((weights, columns.astype(np.int32), ends), shape=(len(documents), len(self.idf)))

    def _find(self, hashes: Hashes) -> Ints:
        if not len(self._sorted):
            return np.full(len(hashes), -1, np.intp)
        at = np.minimum(np.searchsorted(self._sorted, hashes), len(self._sorted) - 1)
        return np.where(self._sorted[at] == hashes, self._numbers[at], -1).astype(np.intp)


def _listed(documents: Sequence[Sequence[str]]) -> tuple[Ints, Hashes]:
    """All features of all documents: of which document each is, and its hash."""
    owner = np.repeat(np.arange(len(documents)), [len(document) for document in documents])
    features = (hash_string(feature) for document in documents for feature in document)
    return owner, np.fromiter(features, np.uint64, len(owner))


def joined_row(
    vocabularies: Sequence[Vocabulary], shares: Sequence[float], documents: Documents
) -> tuple[Ints, Floats]:
    """Feature numbers and weights of a message whose blocks of features stand side by side, each with its share."""
    columns: list[Ints] = []
    weights: list[Floats] = []
    offset = 0
    for document, share, vocabulary in zip(documents, shares, vocabularies, strict=True):
        found, weight = vocabulary.row(document)
        columns.append(found + offset)
        weights.append(weight * np.float32(share))
        offset += len(vocabulary.idf)
    return np.concatenate(columns), np.concatenate(weights)


def joined_matrix(vocabularies: Sequence[Vocabulary], shares: Sequence[float], messages: Sequence[Documents]) -> Any:
    """The rows of many messages as a sparse matrix, (messages, features of all blocks)."""
    blocks = [
        vocabulary.rows([documents[at] for documents in messages]) * np.float32(share)
        for at, (vocabulary, share) in enumerate(zip(vocabularies, shares, strict=True))
    ]
    return sparse.hstack(blocks, format="csr", dtype=np.float32)


def save_model(
    folder: Path,
    name: str,
    vocabularies: Sequence[Vocabulary],
    arrays: Mapping[str, Array],
    described: Mapping[str, Any],
) -> None:
    """Write a model as `<name>.json` and an array per file (`save_arrays`), neither of which can run code when read."""
    known: dict[str, Array] = {}
    for at, vocabulary in enumerate(vocabularies):
        known |= {f"hashes{at}": vocabulary.hashes, f"idf{at}": vocabulary.idf}
    save_arrays(folder, name, {**arrays, **known})
    content = {**described, "vocabularies": len(vocabularies)}
    (folder / f"{name}.json").write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")


def load_model(folder: Path, name: str) -> tuple[list[Vocabulary], dict[str, Array], dict[str, Any]]:
    """The vocabularies, arrays (`load_arrays`) and description that `save_model` wrote.

    Raises:
        FileNotFoundError: the folder has no model of this name.
    """
    described = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
    arrays = load_arrays(folder, name)
    vocabularies = [
        Vocabulary(arrays.pop(f"hashes{at}"), np.array(arrays.pop(f"idf{at}")))
        for at in range(described.pop("vocabularies"))
    ]
    return vocabularies, arrays, described


def save_arrays(folder: Path, name: str, arrays: Mapping[str, Array]) -> None:
    """Write each array as `<name>.<key>.npy`."""
    for key, array in arrays.items():
        np.save(folder / f"{name}.{key}.npy", array, allow_pickle=False)


def load_arrays(folder: Path, name: str) -> dict[str, Array]:
    """What `save_arrays` wrote, read-only and mapped into memory: only what is read of an array takes any.

    The files may be deleted afterwards.
    """
    return {
        # as plain arrays, which are faster to take parts of
        path.name.removeprefix(f"{name}.").removesuffix(".npy"): np.asarray(
            np.load(path, mmap_mode="r", allow_pickle=False)
        )
        for path in sorted(folder.glob(f"{name}.*.npy"))
    }
