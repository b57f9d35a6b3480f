"""Reads one message: its commands in context, and the questions of the articles it may ask."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from aftercare.articles.retrieval import Retriever, compared_words
from aftercare.base.language import to_simplified, written
from aftercare.catalogue.load import load_catalogue
from aftercare.rasa_components.message_kind import LIKELY, QUESTIONS, SURE
from aftercare.rasa_components.question_context import (
    CLEAR_ALONE,
    LONGEST,
    best_of_part,
    by_question,
    fused,
    subject,
)
from aftercare.understanding.choices import is_place
from aftercare.understanding.clauses import sentences
from aftercare.understanding.commands import Command
from aftercare.understanding.encoder import encoder
from aftercare.understanding.entities import Entity, EntityFinder
from aftercare.understanding.follow_ups import asks_something
from aftercare.understanding.main_part import corrects, main_part
from aftercare.understanding.questions import SURELY_ASKED, only_question, split
from aftercare.understanding.reader.context import Context
from aftercare.understanding.reader.reader import CommandReading, Read, TurnReader
from aftercare.understanding.second_intent import parts
from aftercare.understanding.segmentation import Word, segmenter
from aftercare.understanding.yes_no import is_bare_yes

# A message longer than this, in characters, tells a story: each sentence of it is read as well.
_STORY = 160
# Here an outcome or a choice is waited for; so many clauses, of so many characters, are read alone for it.
_CHOICES_WAIT = "exchange_choice"
_WAITS_FOR_OUTCOME = ("step", "question", _CHOICES_WAIT)
_OUTCOMES = ("step", "choose")
_MOST_CLAUSES, _CLAUSE, _SURE_IN_CLAUSE = 4, 60, LIKELY
# What is said of a matter that is dropped for another one.
_DROPS = ("decline", "cancel", "no_person")


class MessageReader:
    """Commands by the reader of turns, questions of the articles by the retriever; what was not trained finds none."""

    def __init__(self, turns: TurnReader | None = None, questions: Retriever | None = None) -> None:
        self.turns = turns
        self.questions = questions
        self._finder = EntityFinder(load_catalogue())

    def read(self, text: str, context: Context, focus: Mapping[str, Any] | None = None) -> CommandReading:
        """The commands of a message in its context; none when nothing was trained.

        `focus` is the slot of what was answered last.
        """
        if self.turns is None:
            return CommandReading(context.situation, context.asked)
        whole, text = text, main_part(text)
        words, found, vector = segmenter().words(text), self._finder.find(text), self._vector(text)
        commands = self.turns.read(words, found, context, vector)
        if text != whole:  # of what is left out only that it is dropped counts
            commands += [] if corrects(whole) else self._drops_in(whole, context)
        else:
            commands += self._beside_the_whole(text, context, words, found, vector, commands)
        units = self._units_asked(text, words, found, vector)
        if context.situation not in ("step", "finding") or any(read.command.name in QUESTIONS for read in commands):
            units = self._units_in_context(text, units, context, focus)  # there what is no question asks of nothing
        single = tuple(self._units_of_parts(text, units))
        return CommandReading(context.situation, context.asked, tuple(commands), tuple(units), single)

    def _units_of_parts(self, text: str, whole: list[tuple[str, float]]) -> Iterator[tuple[str, float]]:
        """The best unit of each question of a message that asks two or three, by what the message tells besides."""
        found = split(text)
        answered: list[str] = []
        for at, each in enumerate(found.questions):
            alone = self._units_of(each)
            # "what do you keep of me, can you delete it"
            context = found.besides or (found.questions[0] if at else "")
            after_context = self._units_of(f"{context}, {each}") if context else alone
            others = [(name, chance) for name, chance in after_context if found.besides or name not in answered]
            if best := best_of_part(alone, others if context else alone, whole):
                answered.append(best[0])
                yield best

    def _drops_in(self, text: str, context: Context) -> list[Read]:
        """That a matter is dropped, by the whole of a message."""
        return [read for read in self._commands_of(text, context) if read.command.name in _DROPS]

    def _beside_the_whole(
        self,
        text: str,
        context: Context,
        words: Sequence[Word],
        found: Sequence[Entity],
        vector: npt.NDArray[np.float32] | None,
        read: Sequence[Read],
    ) -> list[Read]:
        """What a message tells besides what the whole of it was read as."""
        assert self.turns is not None
        apart: list[Read] = []
        if context.situation == "question" and not any(each.command.name == "observe" for each in read):
            # what a choice says in its own words is a fact as well; without the choices it is read as one
            alone = self.turns.read(words, found, Context("step"), vector)
            apart = [each for each in alone if each.command.name == "observe" and each.probability >= SURE]
        if len(text) > _STORY:
            return [*apart, *self._read_by_sentence(text, context, [*read, *apart])]
        if context.situation in _WAITS_FOR_OUTCOME:
            return [*apart, *self._outcomes_in_clauses(text, context, [*read, *apart])]
        return apart

    def _commands_of(self, text: str, context: Context) -> list[Read]:
        """The commands of a text, or of a part of one, read alone."""
        assert self.turns is not None
        return self.turns.read(segmenter().words(text), self._finder.find(text), context, self._vector(text))

    def _read_by_sentence(self, text: str, context: Context, read: Sequence[Read]) -> list[Read]:
        """What single sentences of a long message surely begin or report, and the whole of it does not tell."""
        found: dict[str, Read] = {}
        for sentence in sentences(text):
            for each in self._commands_of(sentence, context):
                label = str(each.command)
                if each.command.name in ("start", "observe") and each.probability >= LIKELY:
                    found[label] = max(each, found.get(label, each), key=lambda one: one.probability)
        known = {str(each.command) for each in read}
        return sorted((each for label, each in found.items() if label not in known), key=lambda one: -one.probability)

    def _outcomes_in_clauses(self, text: str, context: Context, read: Sequence[Read]) -> list[Read]:
        """What a clause beside a question surely tells of what waits: "the second one, but do I need a new code?".

        None where the whole tells it, or where clauses contradict one another.
        """
        asks = any(each.command.name in QUESTIONS for each in read)
        if not asks or any(each.command.name in _OUTCOMES and each.probability >= _SURE_IN_CLAUSE for each in read):
            return []
        found: dict[str, Read] = {}
        clauses = [text[start:end].strip() for start, end in parts(text)]
        telling = [clause for clause in clauses if clause and len(clause) <= _CLAUSE and not asks_something(clause)]
        for clause in telling[:_MOST_CLAUSES]:
            if context.situation == _CHOICES_WAIT and is_place(clause):
                found["choose"] = Read(Command("choose"), 1.0)
                continue
            for each in self._commands_of(clause, context):
                least = SURE if is_bare_yes(clause) else _SURE_IN_CLAUSE
                if each.command.name in _OUTCOMES and each.probability >= least:
                    found[str(each.command)] = each
        if len(found) > 1:
            found.pop("step:done", None)  # "done, it connects": what came of it
        return list(found.values()) if len(found) == 1 else []

    def _units_asked(
        self, text: str, words: Sequence[Word], found: Sequence[Entity], vector: npt.NDArray[np.float32] | None
    ) -> list[tuple[str, float]]:
        """The questions of the articles by the whole text, or by the one question in it where that is surer."""
        units = self._units(text, words, found, vector)
        asked = only_question(text)
        if asked is None or not units or units[0][1] >= SURELY_ASKED:
            return units
        of_question = self._units_of(asked)
        if len(text) > _STORY:
            return of_question  # so much is told around it that the whole resembles nothing
        return by_question(units, of_question)

    def _units_in_context(
        self, text: str, alone: list[tuple[str, float]], context: Context, focus: Mapping[str, Any] | None
    ) -> list[tuple[str, float]]:
        """The questions of the articles, also by what was talked about where the message alone leaves them open."""
        if not alone or alone[0][1] >= CLEAR_ALONE or len(text) > LONGEST:
            return alone
        about = subject(context, focus, "zh" if written(text).language == "zh" else "en")
        if about is None:
            return alone
        return fused(alone, self._units_of(f"{about}, {text}"), (focus or {}).get("unit"))

    def _units_of(self, text: str) -> list[tuple[str, float]]:
        return self._units(text, segmenter().words(text), self._finder.find(text), self._vector(text))

    def _units(
        self, text: str, words: Sequence[Word], found: Sequence[Entity], vector: npt.NDArray[np.float32] | None
    ) -> list[tuple[str, float]]:
        """The questions of the articles that a text may ask, best first; none when no retriever was trained."""
        if self.questions is None:
            return []
        simplified = to_simplified(text)
        if simplified != text:  # articles are asked in Simplified, and the encoder takes 熱點 (hotspot) for heat
            vector = self._vector(simplified)
        return self.questions.rank(compared_words(words, found), vector, written(text).language or "en")

    @staticmethod
    def _vector(text: str) -> npt.NDArray[np.float32] | None:
        found = encoder()
        return None if found is None else found.encode([text])[0]
