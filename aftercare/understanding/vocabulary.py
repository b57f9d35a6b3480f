"""The features of messages as numbers: TF-IDF vocabularies, and the files in which a model is stored with them."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.sparse as sparse

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.intp]

# The features of one message, block by block.
Documents = Sequence[Sequence[str]]


class Vocabulary:
    """TF-IDF over one kind of feature; rows have length 1."""

    def __init__(self, numbers: dict[str, int], idf: Floats) -> None:
        self.numbers = numbers
        self.idf = idf

    @classmethod
    def of(cls, documents: Sequence[Sequence[str]]) -> Vocabulary:
        """Every feature of the training documents, weighted by how few of them have it."""
        having = Counter(feature for document in documents for feature in dict.fromkeys(document))
        idf = np.array([math.log((1 + len(documents)) / (1 + n)) + 1 for n in having.values()], np.float32)
        return cls({feature: number for number, feature in enumerate(having)}, idf)

    def row(self, document: Sequence[str]) -> tuple[Ints, Floats]:
        """Feature numbers and weights of a document."""
        numbers = self.numbers
        counts = Counter(number for feature in document if (number := numbers.get(feature)) is not None)
        columns = np.fromiter(counts.keys(), np.intp, len(counts))
        weights = (1 + np.log(np.fromiter(counts.values(), np.float32, len(counts)))) * self.idf[columns]
        length = math.sqrt(float(weights @ weights))
        return columns, weights / length if length else weights


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
    rows = [joined_row(vocabularies, shares, documents) for documents in messages]
    ends = np.cumsum([0, *(len(columns) for columns, _ in rows)])
    width = sum(len(vocabulary.idf) for vocabulary in vocabularies)
    columns = np.concatenate([columns for columns, _ in rows])
    weights = np.concatenate([weights for _, weights in rows])
    matrix = sparse.csr_matrix((weights, columns, ends), shape=(len(rows), width))
    matrix.sort_indices()
    return matrix


def save_model(
    folder: Path,
    name: str,
    vocabularies: Sequence[Vocabulary],
    arrays: Mapping[str, Array],
    described: Mapping[str, Any],
) -> None:
    """Write a model as `<name>.npz` (arrays) and `<name>.json` (the rest), neither of which can run code when read."""
    idf = {f"idf{at}": vocabulary.idf for at, vocabulary in enumerate(vocabularies)}
    np.savez(folder / f"{name}.npz", allow_pickle=False, **arrays, **idf)
    content = {**described, "features": [list(vocabulary.numbers) for vocabulary in vocabularies]}
    (folder / f"{name}.json").write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")


def load_model(folder: Path, name: str) -> tuple[list[Vocabulary], dict[str, Array], dict[str, Any]]:
    """The vocabularies, arrays and description that `save_model` wrote.

    Raises:
        FileNotFoundError: the folder has no model of this name.
    """
    described = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
    with np.load(folder / f"{name}.npz", allow_pickle=False) as file:
        arrays = dict(file)
    vocabularies = [
        Vocabulary({feature: number for number, feature in enumerate(features)}, arrays[f"idf{at}"])
        for at, features in enumerate(described["features"])
    ]
    return vocabularies, arrays, described
