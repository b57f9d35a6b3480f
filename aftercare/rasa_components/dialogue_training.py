"""Trains the reader of turns and the search for answers; neither needs what Rasa reads.

Run as `python -m aftercare.rasa_components.dialogue_training TURNS` beside `rasa train`, it makes them ahead on another
processor (`trained_parts`): Rasa then finds them, or waits for them.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from aftercare.articles.retrieval_training import RetrieverTraining
from aftercare.base.settings import DATA
from aftercare.catalogue.load import load_catalogue
from aftercare.understanding.encoder import encoder
from aftercare.understanding.entities import EntityFinder
from aftercare.understanding.features import masked_words
from aftercare.understanding.reader.examples import read_examples
from aftercare.understanding.reader.first_messages import first_messages
from aftercare.understanding.reader.training import train_reader
from aftercare.understanding.segmentation import segmenter
from aftercare.understanding.trained_parts import part_key, trained_part

SENTENCES = DATA / "nlu"


def train_dialogue(turns: Path, into: Path) -> None:
    """Learn from the folder `turns` and from the articles, and save both models in `into`; none without a turn.

    Raises:
        TurnsError: a file of turns is malformed.
        CatalogueError: an article is wrong.
    """
    examples = read_examples(turns)
    taught = [example for example in examples if not example.held_out]
    if not taught:
        return
    finder, found = EntityFinder(load_catalogue()), encoder()
    first = list(first_messages(sentences(), {example.text for example in examples if example.held_out}))
    texts = [*(each.text for each in taught), *(each.text for each in first)]
    words = [masked_words(segmenter().words(text), finder.find(text)) for text in texts]
    learnt = (
        [(each.text, each.context, each.labels) for each in taught],
        [(each.text, each.labels, sorted(each.judged)) for each in first],
    )
    key = part_key([train_reader.__module__], learnt, words, found.identity if found else "off")
    trained_part("turns", key, lambda made: train_reader(taught, finder, found, first).save(made), into)
    RetrieverTraining(no_questions(), finder, found).save(into)


def no_questions() -> Iterator[tuple[str, str, str]]:
    """Language, intent and text of the training sentences that no article answers."""
    return (each for each in sentences() if not each[1].startswith("ask_"))


def sentences() -> Iterator[tuple[str, str, str]]:
    """Language, intent and text of the training sentences of single messages."""
    from aftercare.rasa_components.lint import read_sentences  # imports what only training needs

    for path in sorted(SENTENCES.rglob("*.yml")):
        for each in read_sentences(path, SENTENCES):
            yield each.folder, each.intent, each.text


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="aftercare-dialogue-") as place:
        train_dialogue(Path(sys.argv[1]), Path(place))
