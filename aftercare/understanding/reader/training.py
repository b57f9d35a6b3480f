"""Makes the reader's model of the turns: as the words and vectors that it will be asked with."""

from __future__ import annotations

from collections.abc import Sequence

from aftercare.understanding.encoder import Encoder
from aftercare.understanding.entities import EntityFinder
from aftercare.understanding.features import masked_words
from aftercare.understanding.reader.context import Context
from aftercare.understanding.reader.examples import TurnExample
from aftercare.understanding.reader.first_messages import FirstMessage
from aftercare.understanding.reader.model import ReaderModel
from aftercare.understanding.segmentation import segmenter


def train_reader(
    examples: Sequence[TurnExample],
    finder: EntityFinder,
    encoder: Encoder | None,
    first: Sequence[FirstMessage] = (),
) -> ReaderModel:
    """A model of the examples that are not held out, and of first messages.

    Raises:
        ValueError: no command has enough examples.
    """
    taught = [example for example in examples if not example.held_out]
    cut = segmenter()
    texts = [*(each.text for each in taught), *(each.text for each in first)]
    words = [masked_words(cut.words(text), finder.named(text)) for text in texts]
    contexts = [*(each.context for each in taught), *(Context() for _ in first)]
    labels = [*(each.labels for each in taught), *(each.labels for each in first)]
    vectors = encoder.encode_kept(texts) if encoder else None
    judged = [*(None for _ in taught), *(each.judged for each in first)]
    return ReaderModel.fit(words, contexts, labels, vectors, judged)
