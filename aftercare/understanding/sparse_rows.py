"""Products with some rows of a sparse matrix, for reading one message at a time.

By hand, since for one row scipy takes several times as long to check its matrices as to multiply them; and scipy needs
numbers of 32 bits in memory, while these may be of 16 and stay in a file.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.intp]
Arrays = Mapping[str, npt.NDArray[Any]]


class SparseRows:
    """A sparse matrix by rows: `data` and their columns `indices`, row after row, and where each row `ends`."""

    def __init__(self, data: npt.NDArray[Any], indices: npt.NDArray[Any], ends: npt.NDArray[Any], width: int) -> None:
        """`ends` begins with 0; `width` is the number of columns."""
        self.data, self.indices, self.ends, self.width = data, indices, ends, width

    @classmethod
    def of(cls, matrix: Any) -> SparseRows:
        """From a matrix of scipy's."""
        rows = matrix.tocsr()
        return cls(rows.data, rows.indices, rows.indptr, rows.shape[1])

    def weighted_sum(self, rows: Ints, weights: Floats) -> Floats:
        """The sum of some rows, each times its weight: one number per column."""
        at, counts = self._places(rows)
        return np.bincount(self.indices[at], self.data[at] * np.repeat(weights, counts), minlength=self.width).astype(
            np.float32
        )

    def products(self, rows: Ints, vector: Floats) -> Floats:
        """The product of each of some rows with a vector of `width` numbers."""
        at, counts = self._places(rows)
        owner = np.repeat(np.arange(len(rows)), counts)
        return np.bincount(owner, self.data[at] * vector[self.indices[at]], minlength=len(rows)).astype(np.float32)

    def matrix(self) -> Any:
        """As a matrix of scipy's, in 32 bits."""
        import scipy.sparse as sparse

        parts = (self.data.astype(np.float32), self.indices, self.ends)
        return sparse.csr_matrix(parts, shape=(len(self.ends) - 1, self.width))

    def arrays(self, prefix: str) -> dict[str, npt.NDArray[Any]]:
        """For saving, numbers in 16 bits; `from_arrays` is the way back."""
        return {
            f"{prefix}.data": self.data.astype(np.float16),
            f"{prefix}.indices": self.indices.astype(np.int32),
            f"{prefix}.ends": self.ends.astype(np.int32),
            f"{prefix}.width": np.array([self.width]),
        }

    @classmethod
    def from_arrays(cls, arrays: Arrays, prefix: str) -> SparseRows:
        """What `arrays` gave."""
        data, indices, ends, width = (arrays[f"{prefix}.{part}"] for part in ("data", "indices", "ends", "width"))
        return cls(data, indices, np.array(ends), int(width[0]))

    def _places(self, rows: Ints) -> tuple[Ints, Ints]:
        """Where the numbers of some rows are, and how many each row has."""
        starts = self.ends[rows].astype(np.intp)
        counts = self.ends[rows + 1] - starts
        return np.repeat(starts - counts.cumsum() + counts, counts) + np.arange(counts.sum()), counts
