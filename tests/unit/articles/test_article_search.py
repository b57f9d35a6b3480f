"""Questions in either language, script or both find the article that answers them; others score low."""

from __future__ import annotations

import time
from pathlib import Path
from statistics import median
from threading import Thread
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from aftercare.articles.files import load_articles
from aftercare.articles.index import CONFIDENT_SCORE, article, search
from aftercare.base.language import LANGUAGES, Language

QUESTIONS: dict[str, Any] = yaml.safe_load(Path(__file__).with_name("questions.yml").read_text(encoding="utf-8"))
ASKED = [(question["ask"], question["any"]) for kind in ("en", "zh", "hant", "mixed") for question in QUESTIONS[kind]]


@pytest.mark.parametrize(("question", "answers"), ASKED)
def test_the_first_article_answers(question: str, answers: list[str]) -> None:
    for language in LANGUAGES:
        hits = search(question, language)
        assert hits
        assert hits[0].article_id in answers, hits


def test_every_article_is_asked_for() -> None:
    wanted = {name for _, answers in ASKED for name in answers}
    assert {name for name, text in load_articles()["en"].items() if not text.questions} <= wanted


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_title_finds_its_article(language: Language) -> None:
    for text in load_articles()[language].values():
        assert search(text.title, language, limit=1)[0].article_id == text.id


@pytest.mark.parametrize("language", LANGUAGES)
def test_hits_are_written_in_the_language_asked_for(language: Language) -> None:
    for hit in search("热点 hotspot", language):
        text = article(hit.article_id, language)
        assert text is not None
        assert (hit.title, hit.answer) == (text.title, text.answer)


def test_most_foreign_questions_are_not_sure() -> None:
    scores = [hits[0].score if (hits := search(question, "en", limit=1)) else 0.0 for question in QUESTIONS["none"]]
    assert sum(score < CONFIDENT_SCORE for score in scores) >= 0.9 * len(scores)


@pytest.mark.parametrize("word", ["漫游", "热点", "退款", "发票", "渡轮", "冰川", "电池", "限速", "转机", "国行"])
def test_two_characters_are_enough(word: str) -> None:
    text = article(search(word, "zh", limit=1)[0].article_id, "zh")
    assert text is not None
    assert word in text.title + " ".join(text.keywords) + text.answer


def test_words_are_found_however_their_neighbours_are_cut() -> None:
    assert search("那个冰川那边", "zh", limit=1)[0].article_id == "alpine-fiordland-ski"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("驗證碼收不到", "验证码收不到"),
        ("ＡＰＮ　设置", "APN 设置"),
        ("wi-fi at the airport", "wifi at the airport"),
        ("can't find the e-mail", "can’t find the email"),
        ("invoices", "INVOICE"),
        ("café wifi", "cafe wifi"),
    ],
)
def test_spellings_are_alike(one: str, other: str) -> None:
    assert search(one, "en") == search(other, "en")


def test_scores_fall_from_at_most_one_and_the_limit_is_kept() -> None:
    for question, _ in ASKED:
        hits = search(question, "zh", limit=4)
        assert len(hits) <= 4
        assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
        assert all(0 < hit.score <= 1 for hit in hits)
        assert len({hit.article_id for hit in hits}) == len(hits)


@pytest.mark.parametrize(
    "question", ["", "   ", "?!", "的吗", "the of and", '"', "'", "* OR (", "\x00", "😀", "\ud800"]
)
def test_questions_without_content_find_nothing(question: str) -> None:
    assert search(question, "en") == []


def test_no_limit_no_hits() -> None:
    assert search("refund", "en", limit=0) == []


@settings(max_examples=150, deadline=None)
@given(
    st.one_of(st.text(), st.text(alphabet="退款esim \"'*():^-+{}AND OR NOT NEAR漫游怎么\x00\u200d😀")),
    st.sampled_from(LANGUAGES),
)
def test_any_text_can_be_asked(question: str, language: Language) -> None:
    for hit in search(question, language):
        assert article(hit.article_id, language) is not None


def test_a_query_is_fast_also_for_a_pasted_page() -> None:
    pasted = "".join(chr(0x4E00 + 37 * number % 20000) for number in range(5000))
    search("warm", "en")
    for question, bound in ((ASKED[0][0], 0.005), ("没有信号怎么办", 0.005), (pasted, 0.02)):
        times = []
        for _ in range(15):
            begin = time.perf_counter()
            search(question, "zh")
            times.append(time.perf_counter() - begin)
        assert median(times) < bound


def test_threads_share_the_index() -> None:
    expected = [search(question, "en") for question, _ in ASKED]
    found: list[bool] = []

    def ask() -> None:
        found.append([search(question, "en") for question, _ in ASKED] == expected)

    threads = [Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [True] * 4
