"""The labelled sentences that the sentence encoder is tuned on and measured with, and how they are split.

Three kinds: sentences of data/nlu with their intent, messages of data/turns with their commands, and what is `asked` of
the questions in data/articles with the question's id, the same in both languages.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import yaml

from aftercare.base.language import LANGUAGES, normalise
from aftercare.base.settings import DATA
from aftercare.understanding.reader.context import Context
from aftercare.understanding.reader.examples import read_examples

Kind = Literal["intent", "turn", "question"]
Part = Literal["learnt", "tuning", "held_out"]
"""`held_out` is measured on; `tuning` settings are chosen on, then it may be learnt too."""


@dataclass(frozen=True)
class Sentence:
    """A sentence with its labels: one intent, one question id, or several commands in a context."""

    kind: Kind
    language: str
    text: str
    labels: tuple[str, ...]
    part: Part
    context: Context = field(default_factory=Context)

    @property
    def compared(self) -> str:
        """The form in which two sentences are the same."""
        return normalise(self.text).casefold().strip()


def read_sentences(folder: Path = DATA) -> list[Sentence]:
    """All of them, without those to learn that are word for word the same as one held out."""
    every = [*_intents(folder / "nlu"), *_turns(folder / "turns"), *_questions(folder / "articles")]
    held = {each.compared for each in every if each.part == "held_out"}
    return [each for each in every if each.part == "held_out" or each.compared not in held]


def _intents(folder: Path) -> Iterator[Sentence]:
    """Every fifth of an intent and language is held out, every tenth is for tuning."""
    from rasa.shared.nlu.training_data.loading import load_data

    logging.getLogger("rasa").setLevel(logging.ERROR)
    for language in LANGUAGES:
        counts: defaultdict[str, int] = defaultdict(int)
        for example in load_data(str(folder / language)).intent_examples:
            text, intent = example.get("text"), example.get("intent")
            if text:
                at = counts[intent]
                counts[intent] += 1
                part: Part = "held_out" if at % 5 == 4 else "tuning" if at % 10 == 1 else "learnt"
                yield Sentence("intent", language, text, (intent,), part)


def _turns(folder: Path) -> Iterator[Sentence]:
    """Held out are the files that say so; of the others every tenth message is for tuning."""
    for at, each in enumerate(read_examples(folder)):
        part: Part = "held_out" if each.held_out else "tuning" if at % 10 == 1 else "learnt"
        yield Sentence("turn", each.language, each.text, each.labels, part, each.context)


def _questions(folder: Path) -> Iterator[Sentence]:
    """Of each question and language the sentence in the middle is held out, the last is for tuning."""
    for language in LANGUAGES:
        for path in sorted((folder / language).glob("*.yml")):
            content = yaml.load(path.read_text(encoding="utf-8"), yaml.CSafeLoader)
            for question in content.get("questions") or ():
                asked = question["asked"]
                for at, text in enumerate(asked):
                    part: Part = "held_out" if at == len(asked) // 2 else "tuning" if at == len(asked) - 1 else "learnt"
                    yield Sentence("question", language, text, (f"{path.stem}/{question['id']}",), part)
