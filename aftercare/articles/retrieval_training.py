"""Trains the retriever on the units of the articles and on the sentences that start something else."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

from aftercare.articles.retrieval import Retriever, compared_words
from aftercare.articles.retrieval_fit import ComparedSentence, Taught, fit
from aftercare.articles.units import units
from aftercare.base.language import LANGUAGES
from aftercare.understanding.encoder import Encoder
from aftercare.understanding.entities import EntityFinder
from aftercare.understanding.segmentation import segmenter
from aftercare.understanding.trained_parts import part_key, trained_part

# Of each rival intent and language so many sentences are enough.
MOST_OF_A_RIVAL = 24
# Sentences with their language, by the name of the unit or rival.
_Sentences = dict[str, list[tuple[str, str]]]


class RetrieverTraining:
    """What a retriever learns from: the units of today's articles, and what asks none of them."""

    def __init__(self, others: Iterable[tuple[str, str, str]], finder: EntityFinder, encoder: Encoder | None) -> None:
        """`others` are language, intent and text of sentences that ask no unit.

        Raises:
            CatalogueError: an article is wrong.
        """
        self._asked, self._answers, self._rivals = _Sentences(), _Sentences(), _rivals(others)
        for language in LANGUAGES:
            for each in units()[language].values():
                self._asked.setdefault(each.id, []).extend((language, text) for text in each.asked)
                self._answers.setdefault(each.id, []).append((language, each.answer))
        cut = segmenter()
        self._words = {
            text: compared_words(cut.words(text), finder.find(text))
            for part in (self._asked, self._answers, self._rivals)
            for texts in part.values()
            for _, text in texts
        }
        self._encoder = encoder

    def fit(self) -> Retriever:
        """Learn it."""
        texts = [text for part in (self._asked, self._rivals) for texts_of in part.values() for _, text in texts_of]
        vectors = dict(zip(texts, self._encoder.encode_kept(texts), strict=True)) if self._encoder else {}

        def compared(texts: Iterable[tuple[str, str]]) -> list[ComparedSentence]:
            return [ComparedSentence(self._words[text], language, vectors.get(text)) for language, text in texts]

        return fit(
            {name: Taught(compared(texts_of), compared(self._answers[name])) for name, texts_of in self._asked.items()},
            {name: Taught(compared(texts_of)) for name, texts_of in self._rivals.items()},
        )

    def save(self, folder: Path) -> None:
        """Learn it and save it in `folder`, or put there what was learnt from the same before."""
        data = (self._asked, self._answers, self._rivals, self._words)
        key = part_key([fit.__module__], *data, self._encoder.identity if self._encoder else "off")
        trained_part("units", key, lambda made: self.fit().save(made), folder)


def _rivals(others: Iterable[tuple[str, str, str]]) -> _Sentences:
    """Some sentences of each intent and language, evenly from first to last."""
    by_question: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for language, intent, text in others:
        by_question[intent, language].append(text)
    found = _Sentences()
    for (intent, language), texts in by_question.items():
        step = max(1, len(texts) // MOST_OF_A_RIVAL)
        found.setdefault(intent, []).extend((language, text) for text in texts[::step][:MOST_OF_A_RIVAL])
    return found
