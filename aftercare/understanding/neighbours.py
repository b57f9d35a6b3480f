"""How near a message is to the nearest training sentences of each intent."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from aftercare.understanding.sparse_rows import SparseRows

Floats = npt.NDArray[np.float32]
# Cosines of more messages to every example at once would take a gigabyte.
_ROWS = 200


class Neighbours:
    """Mean cosine to the two nearest examples of each class (the one, where a class has only one)."""

    def __init__(self, examples: SparseRows, starts: npt.NDArray[np.intp]) -> None:
        """`examples`: features by examples (columns of length 1), sorted by class; `starts`: of each class."""
        self._examples = examples
        self._starts = starts
        self._class = np.repeat(np.arange(len(starts)), np.diff([*starts, examples.width]))

    @classmethod
    def of(cls, matrix: Any, target: npt.NDArray[np.intp], classes: int) -> Neighbours:
        """From training rows; every class needs one at least."""
        order = np.argsort(target, kind="stable")
        return cls(SparseRows.of(matrix[order].T), np.searchsorted(target[order], np.arange(classes)))

    def nearness(self, columns: npt.NDArray[np.intp], weights: Floats) -> Floats:
        """0 to 1 per class, for a message with these features."""
        cosine = self._examples.weighted_sum(columns, weights)
        return np.asarray(self._nearest(cosine[None])[0])

    def table(self, matrix: Any) -> Floats:
        """The same for many messages at once, rows of a sparse matrix."""
        examples = self._examples.matrix()
        blocks = (matrix[at : at + _ROWS] @ examples for at in range(0, matrix.shape[0], _ROWS))
        return np.concatenate([self._nearest(np.asarray(block.toarray(), np.float32)) for block in blocks])

    def _nearest(self, cosine: Floats) -> Floats:
        first = np.maximum.reduceat(cosine, self._starts, axis=1)
        others = np.where(cosine == first[:, self._class], np.float32(-1), cosine)
        second = np.maximum.reduceat(others, self._starts, axis=1)
        return np.asarray(np.where(second < 0, first, (first + second) / 2), np.float32)

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """For saving; `from_arrays` is the way back."""
        return {**self._examples.arrays("examples"), "starts": self._starts}

    @classmethod
    def from_arrays(cls, arrays: dict[str, npt.NDArray[Any]]) -> Neighbours:
        """What `arrays` gave."""
        return cls(SparseRows.from_arrays(arrays, "examples"), np.array(arrays["starts"]))
