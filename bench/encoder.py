"""Measures what reads sentence vectors, on sentences held out: intents, turns, and finding the question that was asked.

    .venv/bin/python bench/encoder.py delta.npz     # the weights as they come, and with this delta

The delta must not have learnt from what is held out (aftercare/training/encoder_sentences.py): it is made with
`scripts/finetune_encoder.py --measure delta.npz`.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from scipy import sparse

from aftercare.base.language import LANGUAGES
from aftercare.catalogue.load import load_catalogue
from aftercare.training.encoder_delta import with_delta
from aftercare.training.encoder_file import write
from aftercare.training.encoder_sentences import Kind, Part, Sentence, read_sentences
from aftercare.training.encoder_source import find_source, read_source
from aftercare.training.evaluate_turns import Tally
from aftercare.understanding.encoder import Encoder, Floats
from aftercare.understanding.entities import EntityFinder
from aftercare.understanding.features import letter_features, masked_words, word_features
from aftercare.understanding.linear_model import Vocabulary, joined_matrix
from aftercare.understanding.reader.model import ReaderModel
from aftercare.understanding.segmentation import segmenter

Figures = dict[str, float]
_NEIGHBOURS = 5


class Bench:
    """The sentences with their words; `on` is the part that is measured on."""

    def __init__(self, sentences: Sequence[Sentence], on: Part = "held_out") -> None:
        finder, cut = EntityFinder(load_catalogue()), segmenter()
        self.sentences = sentences
        self.words = [
            masked_words(cut.words(each.text), finder.find(each.text)) if each.kind != "question" else []
            for each in sentences
        ]
        self._on = on

    def parts(self, kind: Kind, language: str = "") -> tuple[list[int], list[int]]:
        """Places of sentences to learn from, and to measure on."""
        here = [at for at, each in enumerate(self.sentences) if each.kind == kind and language in ("", each.language)]
        seen = {"learnt", "tuning"} if self._on == "held_out" else {"learnt"}
        return (
            [at for at in here if self.sentences[at].part in seen],
            [at for at in here if self.sentences[at].part == self._on],
        )

    def intents(self, vectors: Floats) -> Figures:
        """Accuracy of a linear machine on words, letters and vector, and of the nearest sentences by vector alone."""
        from sklearn.svm import LinearSVC

        seen, held = self.parts("intent")
        documents = [(word_features(self.words[at]), letter_features(self.words[at])) for at in seen + held]
        vocabularies = [Vocabulary.of(block) for block in zip(*documents[: len(seen)], strict=True)]
        matrix = joined_matrix(vocabularies, (0.51, 0.86), documents)
        joined = sparse.hstack([matrix, sparse.csr_matrix(vectors[seen + held])], format="csr")
        labels = np.array([self.sentences[at].labels[0] for at in seen + held])
        machine = LinearSVC(C=1.2, tol=1e-2, random_state=0).fit(joined[: len(seen)], labels[: len(seen)])
        right = machine.predict(joined[len(seen) :]) == labels[len(seen) :]
        nearest = np.argpartition(-(vectors[held] @ vectors[seen].T), _NEIGHBOURS, axis=1)[:, :_NEIGHBOURS]
        votes = [np.unique(labels[: len(seen)][row], return_counts=True) for row in nearest]
        near = np.array([names[counts.argmax()] for names, counts in votes]) == labels[len(seen) :]
        tongue = np.array([self.sentences[at].language for at in held])
        figures = {f"intents, words and vector, {each}": float(right[tongue == each].mean()) for each in LANGUAGES}
        return figures | {
            f"intents, nearest sentences, {each}": float(near[tongue == each].mean()) for each in LANGUAGES
        }

    def questions(self, vectors: Floats) -> Figures:
        """How often the nearest sentence belongs to the question that was asked."""
        figures = {}
        for language in LANGUAGES:
            _, held = self.parts("question", language)
            for other in ("", "en" if language == "zh" else "zh"):
                seen, _ = self.parts("question", other)
                owners = np.array([self.sentences[at].labels[0] for at in seen])
                truth = np.array([self.sentences[at].labels[0] for at in held])
                near = vectors[held] @ vectors[seen].T
                name = f"questions, {language} by {other or 'both'}"
                figures[name] = float((owners[near.argmax(axis=1)] == truth).mean())
                units, numbers = np.unique(owners, return_inverse=True)
                centres = np.zeros((len(units), vectors.shape[1]), np.float32)
                np.add.at(centres, numbers, vectors[seen])
                centres /= np.linalg.norm(centres, axis=1, keepdims=True)
                figures[f"{name}, centres"] = float((units[(vectors[held] @ centres.T).argmax(axis=1)] == truth).mean())
        return figures

    def turns(self, vectors: Floats) -> Figures:
        """Micro-F1 of the commands by the reader's model."""
        seen, held = self.parts("turn")
        model = ReaderModel.fit(
            [self.words[at] for at in seen],
            [self.sentences[at].context for at in seen],
            [self.sentences[at].labels for at in seen],
            vectors[seen],
        )
        tallies = {language: Tally() for language in LANGUAGES}
        for at in held:
            each = self.sentences[at]
            chances = model.probabilities(self.words[at], each.context, vectors[at])
            read = {model.labels[i] for i in np.flatnonzero(chances >= model.thresholds)}
            tallies[each.language].add(each.labels, read or {model.labels[int(chances.argmax())]})
        return {f"turns, micro-F1, {language}": tally.f1 for language, tally in tallies.items()}

    def measured(self, vectors: Floats) -> Figures:
        """Everything."""
        return self.intents(vectors) | self.questions(vectors) | self.turns(vectors)


def table(columns: dict[str, Figures]) -> str:
    """As Markdown."""
    lines = [f"| held out | {' | '.join(columns)} |", f"|---|{'---:|' * len(columns)}"]
    for name in next(iter(columns.values())):
        lines.append(f"| {name} | {' | '.join(f'{figures[name]:.3f}' for figures in columns.values())} |")
    return "\n".join(lines)


def main() -> None:
    """Measure the weights as they come and with each delta, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("deltas", type=Path, nargs="*", metavar="DELTA", help="by scripts/finetune_encoder.py")
    options = parser.parse_args()
    sentences = read_sentences()
    bench = Bench(sentences)
    source = read_source(find_source())
    columns = {}
    for delta in [None, *options.deltas]:
        with tempfile.TemporaryDirectory() as folder:
            write(with_delta(source, delta) if delta else source, Path(folder))
            vectors = Encoder.load(Path(folder)).encode((each.text for each in sentences), workers=2)
        columns[delta.stem if delta else "frozen"] = bench.measured(vectors)
    print(table(columns))


if __name__ == "__main__":
    main()
