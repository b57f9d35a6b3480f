"""Which queued messages are alike: by the meaning of the sentences, and by their letters where no encoder is in use."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from aftercare.base.settings import settings
from aftercare.understanding.encoder import encoder

Floats = npt.NDArray[np.float32]

# Share of character pairs from which on two texts are alike.
ALIKE = 0.3
# Cosine of two sentence vectors from which on they are. Of pairs of 2,500 sentences of data/nlu with this cosine half
# have the same intent, of all pairs a thirtieth. It belongs to the encoder that is shipped.
NEAR = 0.85


def grouped(texts: Sequence[str]) -> list[int]:
    """A group number for each text: texts of a group are alike to its first, in letters or in meaning.

    Groups are numbered in the order of their first text.
    """
    vectors = _vectors(texts)
    letters = [_pairs(text) for text in texts]
    leaders: list[int] = []
    groups = []
    for at, pairs in enumerate(letters):
        near = [(_likeness(pairs, letters[leader]), -number) for number, leader in enumerate(leaders)]
        if vectors is not None and leaders:
            cosines = vectors[leaders] @ vectors[at]
            near = [
                (max(likeness / ALIKE, float(cosine) / NEAR), number)
                for (likeness, number), cosine in zip(near, cosines, strict=True)
            ]
        else:
            near = [(likeness / ALIKE, number) for likeness, number in near]
        best = max(near, default=(0.0, 0))
        if best[0] >= 1:
            groups.append(-best[1])
        else:
            leaders.append(at)
            groups.append(len(leaders) - 1)
    return groups


def _vectors(texts: Sequence[str]) -> Floats | None:
    """The sentence vectors; None without the encoder that is shipped."""
    found = None if settings().encoder else encoder()
    return found.encode(texts) if found and texts else None


def _likeness(one: set[str], other: set[str]) -> float:
    return len(one & other) / len(one | other)


def _pairs(text: str) -> set[str]:
    folded = "".join(character for character in text.casefold() if character.isalnum())
    return {folded[at : at + 2] for at in range(max(1, len(folded) - 1))}
