"""Keeps the turns honest: known intents, no example twice, none that contradicts another, labels that agree."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path

from aftercare.base.language import normalise
from aftercare.understanding.commands import ALONE, EXCLUSIVE
from aftercare.understanding.reader.context import Context
from aftercare.understanding.reader.examples import TurnExample, TurnsError, read_examples

UNSPECIFIED_FAULT = "report_fault"
"""What `start` begins when nothing says what the fault is; no intent of the domain."""


def turn_faults(folder: Path, intents: Collection[str]) -> Iterator[str]:
    """What is wrong with the turns under `folder`, one line each; `intents` are those of the domain."""
    try:
        examples = read_examples(folder)
    except TurnsError as error:
        yield str(error)
        return
    seen: dict[tuple[Context, str], TurnExample] = {}
    for example in examples:
        for label in example.labels:
            name, _, value = label.partition(":")
            if name == "start" and value != UNSPECIFIED_FAULT and value not in intents:
                yield f"{example.place}: unknown intent {value}"
        yield from (f"{example.place}: {fault}" for fault in _label_faults(example.labels))
        if example.held_out:
            continue
        key = (example.context, normalise(example.text).casefold())
        if (known := seen.setdefault(key, example)) is not example:
            what = "again as in" if set(known.labels) == set(example.labels) else "contradicts"
            yield f"{example.place}: {what} {known.place}"


def _label_faults(labels: Collection[str]) -> Iterator[str]:
    """Where labels break the rules of data/turns/README.md."""
    if ALONE in labels and len(labels) > 1:
        yield f"{ALONE} stands alone"
    for together in EXCLUSIVE:
        if len(found := sorted(together & set(labels))) > 1:
            yield f"{' and '.join(found)} at once"
