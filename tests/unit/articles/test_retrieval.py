"""The retriever: the unit that is asked comes first, what asks none has a low chance, and saving changes nothing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aftercare.articles.retrieval import BEST, Retriever, compared_words, in_eight_bits, unit_length
from aftercare.articles.retrieval_fit import ComparedSentence, Taught, fit
from aftercare.base.language import written
from aftercare.catalogue.load import load_catalogue
from aftercare.understanding.entities import EntityFinder
from aftercare.understanding.segmentation import segmenter

ASKED = {
    "hotspot.allowed": (
        ["can i use the hotspot", "is hotspot allowed", "may i share by hotspot", "hotspot for my laptop allowed"],
        ["可以开热点吗", "能不能开热点", "热点可以给电脑用吗", "套餐可以用热点吗"],
    ),
    "plan.start": (
        ["when does my plan start", "when do the days start", "does the plan start today", "start of the plan"],
        ["套餐什么时候开始", "什么时候开始算天数", "天数从什么时候算", "套餐几号开始"],
    ),
    "install.early": (
        ["can i install it at home", "install at home before the flight", "may i install it early", "install it early"],
        ["可以在家安装吗", "能提前安装吗", "在家提前安装行吗", "出发前可以安装吗"],
    ),
}
RIVALS = {
    "request_refund": (
        ["i want my money back", "refund me please", "give me my money back", "please refund me"],
        ["我要退款", "请给我退款", "把钱退给我", "我要退钱"],
    )
}
FINDER = EntityFinder(load_catalogue())


def vector(text: str) -> np.ndarray:
    """Stands for a sentence vector: which of some words a text holds, in either language."""
    groups = [("hotspot", "热点"), ("start", "开始", "什么时候"), ("install", "安装"), ("money", "refund", "退")]
    found = np.array([0.2, *(1.0 if any(word in text for word in group) else 0.0 for group in groups)], np.float32)
    return np.asarray(found / np.linalg.norm(found), np.float32)


def words(text: str) -> list[str]:
    return compared_words(segmenter().words(text), FINDER.find(text))


def taught(with_vectors: bool, english: list[str], chinese: list[str]) -> Taught:
    sentences = [("en", text) for text in english] + [("zh", text) for text in chinese]
    return Taught(
        [
            ComparedSentence(words(text), language, vector(text) if with_vectors else None)
            for language, text in sentences
        ],
        [ComparedSentence(words(english[0]), "en")],
    )


@pytest.fixture(scope="module", params=[True, False], ids=["vectors", "words"])
def retriever(request: pytest.FixtureRequest) -> Retriever:
    units = {name: taught(request.param, *texts) for name, texts in ASKED.items()}
    return fit(units, {name: Taught(taught(request.param, *texts).asked) for name, texts in RIVALS.items()})


def rank(retriever: Retriever, text: str) -> list[tuple[str, float]]:
    return retriever.rank(words(text), vector(text), written(text).language or "en")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("is the hotspot ok with my plan", "hotspot.allowed"),
        ("请问热点能开吗", "hotspot.allowed"),
        ("when does it start", "plan.start"),
        ("在家里先安装好可以吗", "install.early"),
    ],
)
def test_the_unit_that_is_asked_comes_first(retriever: Retriever, text: str, name: str) -> None:
    ranked = rank(retriever, text)
    assert ranked[0][0] == name
    assert len(ranked) <= BEST
    assert [chance for _, chance in ranked] == sorted((chance for _, chance in ranked), reverse=True)


def test_what_asks_nothing_has_a_lower_chance(retriever: Retriever) -> None:
    for refund, hotspot in (
        ("i want a refund of my money", "can i use my hotspot"),
        ("我要把钱退回来", "我可以用热点吗"),
    ):
        assert rank(retriever, refund)[0][1] < rank(retriever, hotspot)[0][1]


def test_a_message_without_a_vector_is_ranked_by_its_words(retriever: Retriever) -> None:
    assert retriever.rank(words("may i use hotspot"), None, "en")[0][0] == "hotspot.allowed"


def test_saving_changes_nothing(retriever: Retriever, tmp_path: Path) -> None:
    retriever.save(tmp_path)
    again = Retriever.load(tmp_path)
    for text in ("can i use hotspot", "什么时候开始", "hello"):
        before, after = rank(retriever, text), rank(again, text)
        assert [name for name, _ in before] == [name for name, _ in after]
        assert np.allclose([chance for _, chance in before], [chance for _, chance in after])


def test_every_sentence_was_judged_without_itself(retriever: Retriever) -> None:
    assert retriever.left_out is not None
    assert retriever.left_out.shape == (8 * (len(ASKED) + len(RIVALS)), 2)
    assert set(np.unique(retriever.left_out[:, 1])) <= {0.0, 1.0}


@given(text=st.text(max_size=60))
@settings(max_examples=60, deadline=None)
def test_any_text_is_ranked(retriever: Retriever, text: str) -> None:
    for name, chance in rank(retriever, text):
        assert name in ASKED
        assert 0 <= chance <= 1


def test_identifiers_are_masked_and_names_of_phones_stay() -> None:
    assert "nz10000001" not in words("order NZ10000001")
    pixel = words("where is it on a pixel 8")
    assert "pixel" in pixel
    assert "<device>" in pixel


def test_vectors_in_eight_bits_keep_their_cosines() -> None:
    random = np.random.default_rng(0)
    rows = unit_length(random.standard_normal((200, 384)).astype(np.float32))
    kept = in_eight_bits(rows)
    again = kept["vectors"] * kept["vector_scales"][:, None]
    assert kept["vectors"].nbytes == rows.nbytes / 4
    assert np.abs(again @ rows[0] - rows @ rows[0]).max() < 0.002
