"""Linear machines that know the words, the letters and the sentence vector of a message together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from aftercare.understanding.vocabulary import Array, Floats, Ints


@dataclass
class Joint:
    """One machine per class; `weights` has a row for each feature, then one for each dimension of the vectors.

    A vector counts by how it differs from the mean of its language (`means`; "" for any other): what is left is the
    matter, in either language.
    """

    weights: npt.NDArray[np.float16]
    bias: Floats
    means: dict[str, Floats]

    @classmethod
    def learn(
        cls, matrix: Any, vectors: Floats, languages: Sequence[str], target: Ints, classes: int, softness: float
    ) -> Joint:
        """From the features (sparse), vectors, languages and class numbers of messages.

        A class without a message never wins. `softness` is C of the machines.

        Raises:
            ValueError: fewer than two different classes.
        """
        from scipy import sparse

        tongues = np.array(languages)
        means = {str(tongue): vectors[tongues == tongue].mean(axis=0) for tongue in np.unique(tongues)}
        joint = cls(np.zeros((0, 0), np.float16), np.zeros(0, np.float32), means | {"": vectors.mean(axis=0)})
        rows = sparse.hstack([matrix, sparse.csr_matrix(joint._centred(vectors, languages))], format="csr")
        present, numbers = np.unique(target, return_inverse=True)
        # to 1e-2, because 1e-3 takes twice as long and read none of our sentences otherwise
        weights, bias = machines(rows, numbers, len(present), softness, 1e-2)
        joint.weights = np.zeros((rows.shape[1], classes), np.float16)
        joint.weights[:, present] = weights
        joint.bias = np.full(classes, -1, np.float32)
        joint.bias[present] = bias
        return joint

    def scores(self, columns: Ints, weights: Floats, vector: Floats, language: str) -> Floats:
        """Score of each class for a message with these features and this sentence vector."""
        dimensions = self.weights[-len(vector) :].astype(np.float32)
        by_words = weights @ self.weights[columns].astype(np.float32)
        return np.asarray(by_words + self._centred(vector[None], [language])[0] @ dimensions + self.bias, np.float32)

    def table(self, matrix: Any, vectors: Floats, languages: Sequence[str]) -> Floats:
        """The same for many messages at once, rows of a sparse matrix."""
        weights = self.weights.astype(np.float32)
        words, dimensions = np.split(weights, [len(weights) - vectors.shape[1]])
        by_words = matrix @ words + self._centred(vectors, languages) @ dimensions
        return np.asarray(by_words + self.bias, np.float32)

    def arrays(self) -> dict[str, Array]:
        """For saving; `from_arrays` is the way back."""
        means: dict[str, Array] = {f"mean.{language}": mean for language, mean in self.means.items()}
        return {"weights": self.weights, "bias": self.bias, **means}

    @classmethod
    def from_arrays(cls, arrays: dict[str, Array]) -> Joint:
        """What `arrays` gave."""
        means = {name.removeprefix("mean."): mean for name, mean in arrays.items() if name.startswith("mean.")}
        return cls(arrays["weights"], arrays["bias"], means)

    def _centred(self, vectors: Floats, languages: Sequence[str]) -> Floats:
        away = vectors - np.stack([self.means.get(language, self.means[""]) for language in languages])
        return np.asarray(away / np.maximum(np.linalg.norm(away, axis=1, keepdims=True), 1e-6), np.float32)


def machines(
    matrix: Any, target: Ints, classes: int, softness: float, tolerance: float = 1e-3
) -> tuple[Floats, Floats]:
    """Weights (features by classes) and bias of one linear machine per class."""
    from sklearn.svm import LinearSVC

    machine = LinearSVC(C=softness, tol=tolerance, random_state=0).fit(matrix, target)
    weights, bias = machine.coef_, machine.intercept_
    if classes == 2:  # scikit-learn keeps one machine for two classes
        weights, bias = np.vstack([-weights, weights]), np.concatenate([-bias, bias])
    return np.ascontiguousarray(weights.T, dtype=np.float32), bias.astype(np.float32)
