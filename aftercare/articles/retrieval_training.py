"""Trains the retriever on the units of the articles and on the sentences that start something else."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from aftercare.articles.retrieval import Retriever, compared_words
from aftercare.articles.retrieval_fit import ComparedSentence, Taught, fit
from aftercare.articles.units import Unit, units
from aftercare.base.language import LANGUAGES
from aftercare.understanding.encoder import Encoder
from aftercare.understanding.entities import EntityFinder
from aftercare.understanding.segmentation import segmenter

# Of each rival intent and language so many sentences are enough.
MOST_OF_A_RIVAL = 24


def train_retriever(others: Iterable[tuple[str, str, str]], finder: EntityFinder, encoder: Encoder | None) -> Retriever:
    """Learn the units of today's articles; `others` are language, intent and text of sentences that ask none of them.

    Raises:
        CatalogueError: an article is wrong.
    """
    kept: dict[tuple[str, str], list[str]] = {}
    for language, intent, text in others:
        kept.setdefault((intent, language), []).append(text)
    texts: list[tuple[str, str, str, str]] = []
    for (intent, language), said in kept.items():
        step = max(1, len(said) // MOST_OF_A_RIVAL)
        texts += [("rival", intent, language, text) for text in said[::step][:MOST_OF_A_RIVAL]]
    found = units()
    for language in LANGUAGES:
        for each in found[language].values():
            texts += [(kind, each.id, language, text) for kind, text in _texts(each)]
    vectors = encoder.encode([text for *_, text in texts], workers=2) if encoder else [None] * len(texts)
    cut = segmenter()
    taught: dict[str, dict[str, dict[str, list[ComparedSentence]]]] = {"unit": {}, "rival": {}}
    for (kind, name, language, text), vector in zip(texts, vectors, strict=True):
        sentence = ComparedSentence(compared_words(cut.words(text), finder.find(text)), language, vector)
        part = taught["rival" if kind == "rival" else "unit"].setdefault(name, {})
        part.setdefault("asked" if kind == "rival" else kind, []).append(sentence)
    return fit(*({name: Taught(**parts) for name, parts in taught[kind].items()} for kind in ("unit", "rival")))


def _texts(unit: Unit) -> Iterator[tuple[str, str]]:
    yield from (("asked", text) for text in unit.asked)
    yield "answers", unit.answer
