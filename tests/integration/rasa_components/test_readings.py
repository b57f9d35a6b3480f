"""What the trained model makes of sentences that were once misread, and of sets it has not learnt.

`sentences/*.csv` have the columns of `aftercare evaluate nlu`. Nothing of held_out.csv may go into data/nlu, nothing of
questions.yml into the questions of data/articles.
"""

from __future__ import annotations

import asyncio
import csv
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from rasa.core.agent import Agent

from aftercare.articles.retrieval import Retriever, compared_words
from aftercare.articles.units import WORTH_TELLING
from aftercare.base.language import to_simplified, written
from aftercare.catalogue.load import load_catalogue
from aftercare.training.model_in_use import current_model, is_current
from aftercare.understanding.encoder import Encoder
from aftercare.understanding.entities import EntityFinder
from aftercare.understanding.segmentation import segmenter

SENTENCES = Path(__file__).parent / "sentences"
# The share of held-out sentences that must be read rightly, in each language.
BAR = 0.85
# The share of questions whose first unit is of an article that answers, and of others that nothing is told for.
BAR_OF_QUESTIONS = 0.88
BAR_OF_OTHERS = 0.7

Row = tuple[str, str, frozenset[str]]
Parse = Callable[[str], dict[str, Any]]
Rank = Callable[[str], list[tuple[str, float]]]


def rows(name: str) -> list[Row]:
    """(language, text, accepted intents) of one file."""
    with (SENTENCES / name).open(encoding="utf-8", newline="") as stream:
        found = csv.DictReader(stream)
        return [(row["lang"], row["text"], frozenset([row["intent"], *row["also"].split("|")])) for row in found]


@pytest.fixture(scope="module")
def parse() -> Parse:
    """The reading of the model in use."""
    assert is_current(), "train first: make train"
    agent = Agent.load(current_model())
    return lambda text: dict(asyncio.run(agent.parse_message(text)))


# The intent model with sentence vectors is sure of a wrong intent here; in context the reader decides.
KNOWN = pytest.mark.xfail(reason="misread alone since the intents are read with sentence vectors", strict=False)
MISREAD = ("那就退了吧",)


@pytest.mark.parametrize(
    ("text", "accepted"),
    [pytest.param(*row[1:], id=row[1], marks=[KNOWN] if row[1] in MISREAD else []) for row in rows("once_misread.csv")],
)
def test_once_misread(parse: Parse, text: str, accepted: frozenset[str]) -> None:
    intent = parse(text)["intent"]
    assert intent["name"] in accepted, intent


@KNOWN
@pytest.mark.parametrize("text", ["为什么", "why"])
def test_a_bare_question_is_not_taken_for_something_else(parse: Parse, text: str) -> None:
    intent = parse(text)["intent"]
    assert intent["name"] == "nlu_fallback" or intent["confidence"] < 0.8, intent


@pytest.mark.parametrize("language", ["en", "zh"])
def test_held_out(parse: Parse, language: str) -> None:
    wanted = [row for row in rows("held_out.csv") if row[0] == language]
    read = {text: parse(text) for _, text, _ in wanted}
    # below the threshold the likeliest reading is what is offered first
    best = {
        text: next(one["name"] for one in found["intent_ranking"] if one["name"] != "nlu_fallback")
        for text, found in read.items()
    }
    wrong = [(text, best[text], sorted(accepted)) for _, text, accepted in wanted if best[text] not in accepted]
    assert 1 - len(wrong) / len(wanted) >= BAR, wrong


@pytest.fixture(scope="module")
def rank(tmp_path_factory: pytest.TempPathFactory, sentence_encoder: Encoder) -> Rank:
    """The units of the articles that the model in use finds for a text."""
    model = current_model()
    assert is_current(), "train first: make train"
    assert model is not None
    folder = tmp_path_factory.mktemp("model")
    with tarfile.open(model) as archive:
        archive.extractall(folder, filter="data")
    (found,) = folder.rglob("units.json")
    retriever, finder, cut = Retriever.load(found.parent), EntityFinder(load_catalogue()), segmenter()
    return lambda text: retriever.rank(
        compared_words(cut.words(text), finder.find(text)),
        sentence_encoder.encode([to_simplified(text)])[0],  # as the dialogue asks
        written(text).language or "en",
    )


def test_questions_find_their_article_and_others_none(rank: Rank) -> None:
    questions = yaml.safe_load((SENTENCES / "questions.yml").read_text(encoding="utf-8"))
    others = questions.pop("none")
    asked = [(each["ask"], each["any"]) for kind in questions.values() for each in kind]
    best = {text: rank(text)[0] for text in [*(text for text, _ in asked), *others]}
    wrong = [(text, best[text], right) for text, right in asked if best[text][0].partition(".")[0] not in right]
    assert 1 - len(wrong) / len(asked) >= BAR_OF_QUESTIONS, wrong
    told = [(text, best[text]) for text in others if best[text][1] >= WORTH_TELLING]
    assert 1 - len(told) / len(others) >= BAR_OF_OTHERS, told
