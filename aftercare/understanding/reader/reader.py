"""Reads a message in its context: from text to commands, in the order in which they are said."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from aftercare.understanding.commands import Command, parse
from aftercare.understanding.entities import Entity
from aftercare.understanding.features import masked_words
from aftercare.understanding.reader.context import Context
from aftercare.understanding.reader.model import ReaderModel
from aftercare.understanding.segmentation import Word

_UNCLEAR = Command("unclear")
_LEAST = 0.1


class Read(NamedTuple):
    """A command and its probability, 0 to 1."""

    command: Command
    probability: float


class TurnReader:
    """Reads messages with a model of `aftercare.understanding.reader.model`."""

    def __init__(self, model: ReaderModel) -> None:
        self._model = model
        self._commands = [parse(label) for label in model.labels]

    def read(self, words: Sequence[Word], entities: Sequence[Entity], context: Context) -> list[Read]:
        """The commands of a message, the surest first.

        When none reaches its threshold it is the likeliest one, and `unclear` below `_LEAST`.
        """
        chances = self._model.probabilities(masked_words(words, entities), context)
        found = [
            Read(command, float(chance))
            for command, chance, threshold in zip(self._commands, chances, self._model.thresholds, strict=True)
            if chance >= threshold
        ]
        if found:
            return sorted(found, key=lambda each: -each.probability)
        best = int(chances.argmax())
        return [Read(self._commands[best] if chances[best] >= _LEAST else _UNCLEAR, float(chances[best]))]
