"""Scores the reader on turns held out: precision, recall and F1 of the commands, by language, command and situation.

Two annotators have labelled them, each without the other's labels. A message is scored by the reading of either that is
nearest to the reader's; the report also has the figures by the first labels alone.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from aftercare.base.settings import DATA
from aftercare.catalogue.load import load_catalogue
from aftercare.rasa_components.dialogue_training import sentences
from aftercare.understanding.encoder import Encoder, encoder
from aftercare.understanding.entities import EntityFinder
from aftercare.understanding.reader.examples import TurnExample, read_examples
from aftercare.understanding.reader.first_messages import first_messages
from aftercare.understanding.reader.reader import TurnReader
from aftercare.understanding.reader.training import train_reader
from aftercare.understanding.segmentation import segmenter

_WORST = 40


@dataclass(frozen=True)
class Scored:
    """An example and the labels the reader gave it."""

    example: TurnExample
    read: frozenset[str]

    @property
    def wanted(self) -> frozenset[str]:
        """Of the readings held right, the one nearest to what was read."""
        readings = [frozenset(each) for each in (self.example.labels, *self.example.others)]
        return min(readings, key=lambda each: len(each ^ self.read))


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


def score(reader: TurnReader, examples: Sequence[TurnExample], encoder: Encoder | None) -> list[Scored]:
    """What the reader makes of the examples."""
    finder, cut = EntityFinder(load_catalogue()), segmenter()

    def read(each: TurnExample) -> frozenset[str]:
        vector = encoder.encode([each.text])[0] if encoder else None
        words, entities = cut.words(each.text), finder.find(each.text)
        return frozenset(str(found.command) for found in reader.read(words, entities, each.context, vector))

    return [Scored(each, read(each)) for each in examples]


def report(scored: Sequence[Scored]) -> str:
    """The figures as Markdown, the worst examples at the end."""
    lines = ["| part | examples | precision | recall | F1 |", "|---|---:|---:|---:|---:|"]
    for kind in ("language", "situation", "command"):
        tallies: defaultdict[str, Tally] = defaultdict(Tally)
        counts: Counter[str] = Counter()
        for each in scored:
            for key in _keys(each, kind):
                wanted, read = set(each.wanted), set(each.read)
                if kind == "command":
                    wanted, read = wanted & {key}, read & {key}
                tallies[key].add(wanted, read)
                counts[key] += 1
        lines += [
            f"| {kind} {key} | {counts[key]} | {tally.precision:.3f} | {tally.recall:.3f} | {tally.f1:.3f} |"
            for key, tally in sorted(tallies.items())
        ]
    lines += [
        f"| first annotator {language} | {len(part)} | {tally.precision:.3f} | {tally.recall:.3f} | {tally.f1:.3f} |"
        for language, part in _by_language(scored).items()
        for tally in [_tally((each.example.labels, each.read) for each in part)]
    ]
    wrong = [each for each in scored if each.wanted != each.read]
    lines += ["", f"{len(scored) - len(wrong)} of {len(scored)} read exactly.", ""]
    for each in wrong[:_WORST]:
        example = each.example
        lines.append(
            f"- {example.context.situation} {example.context.asked} `{example.text}`: {', '.join(example.labels)}; "
            f"read {', '.join(sorted(each.read))}"
        )
    return "\n".join(lines) + "\n"


def _keys(each: Scored, kind: str) -> Iterable[str]:
    if kind == "language":
        return (each.example.language,)
    if kind == "situation":
        return (each.example.context.situation,)
    return {*each.wanted, *each.read}


def _by_language(scored: Sequence[Scored]) -> dict[str, list[Scored]]:
    languages = sorted({each.example.language for each in scored})
    return {language: [each for each in scored if each.example.language == language] for language in languages}


def _tally(pairs: Iterable[tuple[Iterable[str], Iterable[str]]]) -> Tally:
    tally = Tally()
    for wanted, read in pairs:
        tally.add(wanted, read)
    return tally


def evaluate_turns(out: Path, folder: Path = DATA / "turns") -> dict[str, float]:
    """Train as `DialogueManager` does, score what is held out, write the report and return F1 by language."""
    examples = read_examples(folder)
    found = encoder()
    first = list(first_messages(sentences(), {example.text for example in examples if example.held_out}))
    model = train_reader(examples, EntityFinder(load_catalogue()), found, first)
    scored = score(TurnReader(model), [example for example in examples if example.held_out], found)
    out.write_text(report(scored), encoding="utf-8")
    return {
        language: _tally((each.wanted, each.read) for each in part).f1
        for language, part in _by_language(scored).items()
    }
