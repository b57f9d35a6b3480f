"""Readings of messages, written as labels: what the dialogue and the forms decide on."""

from __future__ import annotations

from aftercare.understanding.commands import parse
from aftercare.understanding.reader.reader import CommandReading, Read

SURELY = 0.9


def reading(
    *labels: str, situation: str = "idle", asked: str = "", units: str | None = None, parts: str = ""
) -> CommandReading:
    """A reading of commands, "ask" or with its probability "ask@0.4".

    `units` are "article.question@0.8", by spaces; `parts` likewise the best of each of several questions.
    """
    return CommandReading(
        situation,
        asked,
        tuple(Read(parse(name), chance) for name, chance in map(_with_chance, labels)),
        tuple(map(_with_chance, (units or "").split())),
        tuple(map(_with_chance, parts.split())),
    )


def _with_chance(label: str) -> tuple[str, float]:
    name, _, chance = label.partition("@")
    return name, float(chance or SURELY)
