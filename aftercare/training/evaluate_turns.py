"""Scores the reader on turns held out: precision, recall and F1 of the commands, by language, command and situation."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from aftercare.base.settings import DATA
from aftercare.catalogue.load import load_catalogue
from aftercare.understanding.entities import EntityFinder
from aftercare.understanding.features import masked_words
from aftercare.understanding.reader.examples import TurnExample, read_examples
from aftercare.understanding.reader.model import ReaderModel
from aftercare.understanding.reader.reader import TurnReader
from aftercare.understanding.segmentation import segmenter

_WORST = 40


@dataclass(frozen=True)
class Scored:
    """An example and the labels the reader gave it."""

    example: TurnExample
    read: frozenset[str]


class Tally:
    """Counts of right, false and missed labels."""

    def __init__(self) -> None:
        self.right = self.false = self.missed = 0

    def add(self, wanted: Iterable[str], read: Iterable[str]) -> None:
        """Count one example."""
        wanted, read = set(wanted), set(read)
        self.right += len(wanted & read)
        self.false += len(read - wanted)
        self.missed += len(wanted - read)

    @property
    def precision(self) -> float:
        """Share of the labels given that are right."""
        return self.right / (self.right + self.false) if self.right + self.false else 1.0

    @property
    def recall(self) -> float:
        """Share of the labels wanted that were given."""
        return self.right / (self.right + self.missed) if self.right + self.missed else 1.0

    @property
    def f1(self) -> float:
        """Harmonic mean of both."""
        return 2 * self.right / max(1, 2 * self.right + self.false + self.missed)


def words_of(examples: Sequence[TurnExample]) -> list[list[str]]:
    """The masked words of the examples' messages, as the reader sees them."""
    finder, cut = EntityFinder(load_catalogue()), segmenter()
    found = []
    for example in examples:
        words = cut.words(example.text)
        found.append(masked_words(words, finder.find(example.text)))
    return found


def train_reader(examples: Sequence[TurnExample]) -> ReaderModel:
    """A model of the examples that are not held out."""
    taught = [example for example in examples if not example.held_out]
    return ReaderModel.fit(words_of(taught), [each.context for each in taught], [each.labels for each in taught])


def score(reader: TurnReader, examples: Sequence[TurnExample]) -> list[Scored]:
    """What the reader makes of the examples."""
    finder, cut = EntityFinder(load_catalogue()), segmenter()
    return [
        Scored(
            each,
            frozenset(
                str(read.command) for read in reader.read(cut.words(each.text), finder.find(each.text), each.context)
            ),
        )
        for each in examples
    ]


def report(scored: Sequence[Scored]) -> str:
    """The figures as Markdown, the worst examples at the end."""
    lines = ["| part | examples | precision | recall | F1 |", "|---|---:|---:|---:|---:|"]
    for kind in ("language", "situation", "command"):
        tallies: defaultdict[str, Tally] = defaultdict(Tally)
        counts: Counter[str] = Counter()
        for each in scored:
            for key in _keys(each, kind):
                wanted, read = set(each.example.labels), set(each.read)
                if kind == "command":
                    wanted, read = wanted & {key}, read & {key}
                tallies[key].add(wanted, read)
                counts[key] += 1
        lines += [
            f"| {kind} {key} | {counts[key]} | {tally.precision:.3f} | {tally.recall:.3f} | {tally.f1:.3f} |"
            for key, tally in sorted(tallies.items())
        ]
    wrong = [each for each in scored if set(each.example.labels) != set(each.read)]
    lines += ["", f"{len(scored) - len(wrong)} of {len(scored)} read exactly.", ""]
    for each in wrong[:_WORST]:
        said = each.example
        lines.append(
            f"- {said.context.situation} {said.context.asked} `{said.text}`: {', '.join(said.labels)}; "
            f"read {', '.join(sorted(each.read))}"
        )
    return "\n".join(lines) + "\n"


def _keys(each: Scored, kind: str) -> Iterable[str]:
    if kind == "language":
        return (each.example.language,)
    if kind == "situation":
        return (each.example.context.situation,)
    return {*each.example.labels, *each.read}


def evaluate_turns(out: Path, folder: Path = DATA / "turns") -> dict[str, float]:
    """Train on the turns that are not held out, score the others, write the report and return F1 by language."""
    examples = read_examples(folder)
    reader = TurnReader(train_reader(examples))
    scored = score(reader, [example for example in examples if example.held_out])
    out.write_text(report(scored), encoding="utf-8")
    figures = {}
    for language in sorted({each.example.language for each in scored}):
        tally = Tally()
        for each in scored:
            if each.example.language == language:
                tally.add(each.example.labels, each.read)
        figures[language] = tally.f1
    return figures
