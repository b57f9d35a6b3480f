"""Cuts a text into the pieces our sentence encoder knows, as the library `tokenizers` does with its tokenizer.json.

The library takes 80 MB for the 103,000 pieces; known by their hashes they take 3.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from spacy.strings import get_string_id as hash_string

SPACE = "\u2581"
"""Stands for a space in the pieces."""
# NFKC makes an ASCII tilde of it, the map of the network does not; a private character stands for it meanwhile.
_WIDE_TILDE, _STAND_IN = "\uff5e", "\ue000"
# What a character costs that no piece has, besides what the rarest piece costs.
_UNKNOWN = 10.0


class Pieces:
    """Finds the likeliest pieces of a text (unigram language model, Kudo 2018)."""

    def __init__(self, arrays: Mapping[str, npt.NDArray[Any]]) -> None:
        """From what `arrays_of` gave."""
        self._hashes, self._ids, self._scores = arrays["hashes"], arrays["ids"], arrays["scores"]
        self._longest, self._begin, self._end, self._unknown = (int(number) for number in arrays["numbers"])
        dropped, blank = ("".join(map(chr, arrays[name])) for name in ("dropped", "blank"))
        self._dropped = dict.fromkeys(map(ord, dropped))
        self._blank = re.compile(f"[ {re.escape(blank)}]+")
        self._rarest = float(self._scores.min()) - _UNKNOWN

    @classmethod
    def load(cls, path: Path) -> Pieces:
        """Read the file into which `arrays_of` was saved.

        Raises:
            FileNotFoundError: there is none.
        """
        with np.load(path, allow_pickle=False) as file:
            return cls(dict(file))

    def ids(self, text: str, most: int) -> list[int]:
        """The numbers of the pieces, between those of beginning and end: `most` altogether, the rest is cut off."""
        return [self._begin, *self._cut(self._plain(text))[: most - 2], self._end]

    def _plain(self, text: str) -> str:
        text = self._blank.sub(" ", text.translate(self._dropped)).replace(_WIDE_TILDE, _STAND_IN)
        text = unicodedata.normalize("NFKC", text).replace(_STAND_IN, _WIDE_TILDE)
        text = re.sub(" {2,}", " ", text).replace(" ", SPACE)  # NFKC makes spaces of its own
        return text if not text or text.startswith(SPACE) else SPACE + text

    def _cut(self, text: str) -> list[int]:
        """The pieces whose probabilities have the largest product; unknown characters side by side are one."""
        count = len(text)
        spans = [
            (start, end) for start in range(count) for end in range(start + 1, min(count, start + self._longest) + 1)
        ]
        wanted = np.fromiter((hash_string(text[start:end]) for start, end in spans), np.uint64, len(spans))
        at = np.minimum(np.searchsorted(self._hashes, wanted), len(self._hashes) - 1)
        known: list[list[tuple[int, int, float]]] = [[] for _ in range(count)]
        for place in np.flatnonzero(self._hashes[at] == wanted):
            start, end = spans[place]
            known[start].append((end, int(self._ids[at[place]]), float(self._scores[at[place]])))
        best = [(0.0, 0, self._unknown)] + [(-np.inf, 0, self._unknown)] * count  # score, where it starts, piece
        for start, pieces in enumerate(known):
            if not any(end == start + 1 for end, _, _ in pieces):
                pieces.append((start + 1, self._unknown, self._rarest))
            for end, piece, score in pieces:
                if best[start][0] + score > best[end][0]:
                    best[end] = (best[start][0] + score, start, piece)
        found: list[int] = []
        while count:
            _, count, piece = best[count]
            if piece != self._unknown or not found or found[-1] != piece:
                found.append(piece)
        return found[::-1]


def arrays_of(
    pieces: Sequence[tuple[str, float]],
    begin: int,
    end: int,
    unknown: int,
    dropped: Iterable[str],
    blank: Iterable[str],
) -> dict[str, npt.NDArray[Any]]:
    """What `Pieces` is made of, to be saved.

    `pieces` come with their logarithmic probabilities, by number; `dropped` are characters that say nothing, `blank`
    those that are read as a space.
    """
    hashes = np.fromiter((hash_string(piece) for piece, _ in pieces), np.uint64, len(pieces))
    order = np.argsort(hashes)
    return {
        "hashes": hashes[order],
        "ids": order.astype(np.int32),
        "scores": np.array([score for _, score in pieces])[order],
        "numbers": np.array([max(len(piece) for piece, _ in pieces), begin, end, unknown]),
        "dropped": np.array([ord(letter) for letter in dropped], np.uint32),
        "blank": np.array([ord(letter) for letter in blank], np.uint32),
    }
