"""Reads a message in its context: from text to commands, the surest first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from aftercare.understanding.commands import ALONE, EXCLUSIVE, Command, UnknownCommand, parse
from aftercare.understanding.entities import Entity
from aftercare.understanding.features import masked_words
from aftercare.understanding.reader.context import Context
from aftercare.understanding.reader.model import ReaderModel
from aftercare.understanding.segmentation import Word

READING_SLOT = "reading"
"""The slot that keeps how the last message was read."""
_UNCLEAR = Command("unclear")
_LEAST = 0.1


class Read(NamedTuple):
    """A command and its probability, 0 to 1."""

    command: Command
    probability: float


@dataclass(frozen=True)
class CommandReading:
    """How a message was read in its context; what the dialogue decides on."""

    situation: str = "idle"
    """One of `context.SITUATIONS`."""
    asked: str = ""
    """The id of the step, question, finding or subject the message answers."""
    commands: tuple[Read, ...] = ()
    """The surest first; none for a pressed button."""
    units: tuple[tuple[str, float], ...] = ()
    """Questions of the articles that the message may ask, best first, each with the probability that it does."""
    parts: tuple[tuple[str, float], ...] = ()
    """Of a message with several questions the best unit of each; none for one question."""

    def has(self, *labels: str) -> bool:
        """Whether one of these commands is among those read; `step` stands for every outcome of a step, and so on."""
        return any(str(read.command) in labels or read.command.name in labels for read in self.commands)

    def values(self, name: str) -> list[str]:
        """The values of the commands of this name, surest first."""
        return [read.command.value for read in self.commands if read.command.name == name]

    def chance(self, label: str) -> float:
        """The probability of a command that was read; 0 when it was not."""
        return max((read.probability for read in self.commands if str(read.command) == label), default=0.0)

    def as_slot(self) -> dict[str, Any]:
        """As the slot `reading` keeps it."""
        return {
            "situation": self.situation,
            "asked": self.asked,
            "commands": [[str(read.command), round(read.probability, 3)] for read in self.commands],
            "units": [[name, round(probability, 3)] for name, probability in self.units],
            "parts": [[name, round(probability, 3)] for name, probability in self.parts],
        }

    @classmethod
    def from_slot(cls, value: Any) -> CommandReading:
        """The reading of a slot's value; commands that today's version does not know are left out."""
        if not isinstance(value, Mapping):
            return cls()
        commands = []
        for label, probability in value.get("commands") or ():
            try:
                commands.append(Read(parse(label), float(probability)))
            except UnknownCommand:
                continue
        units, parts = (
            tuple((str(name), float(probability)) for name, probability in value.get(key) or ())
            for key in ("units", "parts")
        )
        return cls(str(value.get("situation") or "idle"), str(value.get("asked") or ""), tuple(commands), units, parts)


class TurnReader:
    """Reads messages with a model of `aftercare.understanding.reader.model`."""

    def __init__(self, model: ReaderModel) -> None:
        self._model = model
        self._commands = [parse(label) for label in model.labels]

    def read(
        self,
        words: Sequence[Word],
        entities: Sequence[Entity],
        context: Context,
        vector: npt.NDArray[np.float32] | None = None,
    ) -> list[Read]:
        """The commands of a message, the surest first; `vector` is its sentence vector.

        Of commands that exclude each other the surest counts. When none reaches its threshold it is the likeliest one,
        and `unclear` below `_LEAST`.
        """
        chances = self._model.probabilities(masked_words(words, entities), context, vector)
        found = [
            Read(command, float(chance))
            for command, chance, threshold in zip(self._commands, chances, self._model.thresholds, strict=True)
            if chance >= threshold
        ]
        if found:
            return _agreeing(sorted(found, key=lambda each: -each.probability))
        best = int(chances.argmax())
        return [Read(self._commands[best] if chances[best] >= _LEAST else _UNCLEAR, float(chances[best]))]


def _agreeing(found: Sequence[Read]) -> list[Read]:
    """The commands, surest first, without those that a surer one excludes.

    A message with a surer command is not unclear, and one that is surely unclear has no other.
    """
    if found[0].command == _UNCLEAR:
        return [found[0]]
    kept: list[Read] = []
    for read in found:
        if read.command == _UNCLEAR and kept:
            continue
        label = str(read.command)
        before = {str(each.command) for each in kept}
        excluded = any(label in group and before & group for group in EXCLUSIVE)
        if not excluded and not (before and (label == ALONE or ALONE in before)):
            kept.append(read)
    return kept
