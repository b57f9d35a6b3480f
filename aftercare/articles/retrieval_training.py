"""Trains the retriever on the units of the articles and on the sentences that start something else."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from aftercare.articles.retrieval import Retriever, compared_words
from aftercare.articles.retrieval_fit import ComparedSentence, Taught, fit
from aftercare.articles.units import units
from aftercare.base.language import LANGUAGES
from aftercare.understanding.encoder import Encoder
from aftercare.understanding.entities import EntityFinder
from aftercare.understanding.segmentation import segmenter

# Of each rival intent and language so many sentences are enough.
MOST_OF_A_RIVAL = 24
# Sentences with their language, by the name of the unit or rival.
_Sentences = dict[str, list[tuple[str, str]]]


def train_retriever(others: Iterable[tuple[str, str, str]], finder: EntityFinder, encoder: Encoder | None) -> Retriever:
    """Learn the units of today's articles; `others` are language, intent and text of sentences that ask none of them.

    Raises:
        CatalogueError: an article is wrong.
    """
    asked, answers, rivals = _Sentences(), _Sentences(), _rivals(others)
    for language in LANGUAGES:
        for each in units()[language].values():
            asked.setdefault(each.id, []).extend((language, text) for text in each.asked)
            answers.setdefault(each.id, []).append((language, each.answer))
    texts = [text for part in (asked, rivals) for said in part.values() for _, text in said]
    vectors = dict(zip(texts, encoder.encode_kept(texts), strict=True)) if encoder else {}
    cut = segmenter()

    def compared(said: Iterable[tuple[str, str]]) -> list[ComparedSentence]:
        return [
            ComparedSentence(compared_words(cut.words(text), finder.find(text)), language, vectors.get(text))
            for language, text in said
        ]

    return fit(
        {name: Taught(compared(said), compared(answers[name])) for name, said in asked.items()},
        {name: Taught(compared(said)) for name, said in rivals.items()},
    )


def _rivals(others: Iterable[tuple[str, str, str]]) -> _Sentences:
    """Some sentences of each intent and language, evenly from first to last."""
    said: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for language, intent, text in others:
        said[intent, language].append(text)
    found = _Sentences()
    for (intent, language), texts in said.items():
        step = max(1, len(texts) // MOST_OF_A_RIVAL)
        found.setdefault(intent, []).extend((language, text) for text in texts[::step][:MOST_OF_A_RIVAL])
    return found
