"""Finds phrases in text whatever its spaces, case and Chinese script, each with the part of the text it takes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from aftercare.base.language import HAN, normalise


class FoundPhrase(NamedTuple):
    """A phrase found in folded text, `start` and `end` being places there."""

    meaning: str
    start: int
    end: int


def folded(text: str) -> str:
    """Letters, digits and + in lower case, half width and Simplified; nothing else."""
    return "".join(character for character in normalise(text).lower() if character.isalnum() or character == "+")


class Phrases:
    """Phrases by meaning; where two meanings share one the first has it."""

    def __init__(self, phrases: Iterable[tuple[str, str]]) -> None:
        """`phrases` are pairs of a phrase and its meaning."""
        self._meaning: dict[str, str] = {}
        for phrase, meaning in phrases:
            self._meaning.setdefault(folded(phrase), meaning)
        self._lengths = sorted({len(phrase) for phrase in self._meaning}, reverse=True)

    def exactly(self, text: str) -> str | None:
        """The meaning of a text that is a phrase and nothing else."""
        return self._meaning.get(folded(text))

    def find(self, text: str) -> Iterator[FoundPhrase]:
        """The phrases in folded text, the longest at each place, none overlapping."""
        at = 0
        while at < len(text):
            length = next((n for n in self._lengths if text[at : at + n] in self._meaning), 0)
            if length:
                yield FoundPhrase(self._meaning[text[at : at + length]], at, at + length)
            at += length or 1


def weight(text: str) -> int:
    """How much a folded text says: a Chinese character counts as two letters."""
    return len(text) + len(HAN.findall(text))
