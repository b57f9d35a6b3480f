"""Scores the retriever on the questions kept apart in data/articles/held_out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from aftercare.articles.files import ARTICLES
from aftercare.articles.retrieval import Retriever, compared_words
from aftercare.articles.retrieval_training import RetrieverTraining
from aftercare.articles.units import WORTH_TELLING, unit
from aftercare.base.language import LANGUAGES, Language, written
from aftercare.base.yaml_data import read_yaml
from aftercare.catalogue.load import load_catalogue
from aftercare.understanding.encoder import Encoder, encoder
from aftercare.understanding.entities import EntityFinder
from aftercare.understanding.segmentation import segmenter

HELD_OUT = ARTICLES / "held_out"
_NONE = "none"
_THRESHOLDS = (0.2, 0.25, 0.3, WORTH_TELLING, 0.4, 0.5, 0.6, 0.7)
_WORST = 60


@dataclass(frozen=True)
class Asked:
    """A question kept apart, and the units that answer it; none for what no article answers."""

    language: Language
    text: str
    answers: frozenset[str]


@dataclass(frozen=True)
class Answered:
    """A question with the units found for it, best first."""

    asked: Asked
    found: Sequence[tuple[str, float]]

    @property
    def place(self) -> int | None:
        """That of the first unit that answers, from 0."""
        return next((at for at, (name, _) in enumerate(self.found) if name in self.asked.answers), None)

    @property
    def chance(self) -> float:
        """Of the best unit."""
        return self.found[0][1] if self.found else 0.0

    def is_right(self, threshold: float) -> bool:
        """Answered right, or left unanswered when nothing answers it."""
        if not self.asked.answers:
            return self.chance < threshold
        return self.place == 0 and self.chance >= threshold


def read_held_out(folder: Path = HELD_OUT) -> list[Asked]:
    """The questions kept apart.

    Raises:
        ValueError: one names a unit there is not.
    """
    found = []
    for language in LANGUAGES:
        path = folder / f"{language}.yml"
        for text, answers in read_yaml(path):
            names = frozenset() if answers == _NONE else frozenset(answers.split())
            if unknown := [name for name in sorted(names) if unit(name, language) is None]:
                raise ValueError(f"{path}: {text!r}: there is no unit {unknown[0]}")
            found.append(Asked(language, text, names))
    return found


def answer_all(retriever: Retriever, questions: Sequence[Asked], with_encoder: Encoder | None) -> list[Answered]:
    """What the retriever finds, as the dialogue asks it."""
    finder, cut = EntityFinder(load_catalogue()), segmenter()
    vectors = with_encoder.encode([each.text for each in questions]) if with_encoder else [None] * len(questions)
    found = []
    for each, vector in zip(questions, vectors, strict=True):
        words = compared_words(cut.words(each.text), finder.find(each.text))
        found.append(Answered(each, retriever.rank(words, vector, written(each.text).language or "en")))
    return found


def report(answered: Sequence[Answered]) -> str:
    """The figures as Markdown, per language, threshold and article, and what went wrong."""
    lines = ["| language | questions | first | among three | answered right | wrong answers | refused rightly |"]
    lines += ["|---|---:|---:|---:|---:|---:|---:|"]
    for language in LANGUAGES:
        part = [each for each in answered if each.asked.language == language]
        lines.append(f"| {language} | {len(part)} | " + " | ".join(_figures(part, WORTH_TELLING)) + " |")
    lines += ["", "| threshold | language | first | among three | answered right | wrong answers | refused rightly |"]
    lines += ["|---:|---|---:|---:|---:|---:|---:|"]
    for threshold in _THRESHOLDS:
        for language in LANGUAGES:
            part = [each for each in answered if each.asked.language == language]
            lines.append(f"| {threshold:.2f} | {language} | " + " | ".join(_figures(part, threshold)) + " |")
    lines += ["", "| article | questions | answered right |", "|---|---:|---:|"]
    asked, right = Counter[str](), Counter[str]()
    for each in answered:
        for name in sorted({answer.partition(".")[0] for answer in each.asked.answers})[:1]:
            asked[name] += 1
            right[name] += each.is_right(WORTH_TELLING)
    lines += [f"| {name} | {asked[name]} | {right[name]} |" for name in sorted(asked)]
    lines += ["", "Wrong, the surest first:", ""]
    wrong = sorted((each for each in answered if not each.is_right(WORTH_TELLING)), key=lambda each: -each.chance)
    for each in wrong[:_WORST]:
        ranked = ", ".join(f"{name} {chance:.2f}" for name, chance in each.found[:3])
        lines.append(f"- `{each.asked.text}`: {', '.join(sorted(each.asked.answers)) or _NONE}; found {ranked}")
    return "\n".join(lines) + "\n"


def _figures(part: Sequence[Answered], threshold: float) -> list[str]:
    """First and among three of those that have an answer, answered right, answered wrong, and refused rightly."""
    with_answer = [each for each in part if each.asked.answers]
    without = [each for each in part if not each.asked.answers]
    places = [each.place for each in with_answer]
    wrong = [each for each in part if each.chance >= threshold and each.place != 0]
    shares = (
        sum(place == 0 for place in places) / max(1, len(places)),
        sum(place is not None and place < 3 for place in places) / max(1, len(places)),
        sum(each.is_right(threshold) for each in with_answer) / max(1, len(with_answer)),
        len(wrong) / max(1, len(part)),
        sum(each.is_right(threshold) for each in without) / max(1, len(without)),
    )
    return [f"{share:.3f}" for share in shares]


def _of_training(retriever: Retriever) -> str:
    """What the thresholds do on the sentences learnt from, each left out in turn: by these the threshold is chosen."""
    if retriever.left_out is None:
        return ""
    chance, right = retriever.left_out[:, 0], retriever.left_out[:, 1] > 0
    lines = ["", f"{len(chance)} sentences of articles and rivals, each left out in turn:", ""]
    lines += ["| threshold | answered right | answered wrong | right less half of the wrong |", "|---:|---:|---:|---:|"]
    for threshold in _THRESHOLDS:
        good, bad = (float((part & (chance >= threshold)).mean()) for part in (right, ~right))
        lines.append(f"| {threshold:.2f} | {good:.3f} | {bad:.3f} | {good - bad / 2:.3f} |")
    return "\n".join(lines) + "\n"


def evaluate_knowledge(out: Path) -> dict[str, float]:
    """Train the retriever, score it on the questions kept apart, write the report, return what is answered right."""
    from aftercare.rasa_components.dialogue_training import no_questions  # Rasa is slow to import

    found = encoder()
    retriever = RetrieverTraining(no_questions(), EntityFinder(load_catalogue()), found).fit()
    answered = answer_all(retriever, read_held_out(), found)
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(report(answered) + _of_training(retriever), encoding="utf-8")
    return {
        language: float(_figures([each for each in answered if each.asked.language == language], WORTH_TELLING)[2])
        for language in LANGUAGES
    }
