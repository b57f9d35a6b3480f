"""The help articles are complete in both languages, fit a chat bubble, agree with the menus, and name their faults."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from aftercare.articles.files import ANSWER_LIMIT, ARTICLES, article, load_articles, validate_articles
from aftercare.base import settings
from aftercare.base.language import LANGUAGES, Language
from aftercare.base.yaml_data import read_yaml
from aftercare.catalogue.yaml_file import CatalogueError

# Those that a test spoils.
SPOILT = ("apn", "what-is-an-esim")
SENTENCES = re.compile(r"[^.!?。！？]+(?:[.!?。！？]+|$)")
ASKS_FOR_ORDER = re.compile(
    r"(?:give|send|tell) me (?:the|your) order number|(?:给我|发给我|发我|告诉我|把)[^。！？，]{0,6}订单号",
    re.IGNORECASE,
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of some articles to spoil."""
    for language in LANGUAGES:
        (tmp_path / "articles" / language).mkdir(parents=True)
        for name in SPOILT:
            shutil.copy(ARTICLES / language / f"{name}.yml", tmp_path / "articles" / language)
    return tmp_path / "articles"


@pytest.fixture
def whole(tmp_path: Path) -> Path:
    """A copy of all articles to spoil."""
    return shutil.copytree(ARTICLES, tmp_path / "articles")


def spoil(path: Path, old: str, new: str) -> int:
    """Replace the first `old`; the number of the line it begins in."""
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return text[: text.index(old)].count("\n") + 1


def test_the_articles_are_without_fault() -> None:
    assert validate_articles() == []


def test_there_are_enough_in_both_languages() -> None:
    articles = load_articles()
    assert set(articles["en"]) == set(articles["zh"])
    assert len(articles["en"]) >= 30


@pytest.mark.parametrize("language", LANGUAGES)
def test_answers_are_one_bubble(language: Language) -> None:
    for text in load_articles()[language].values():
        for question in text.questions:
            assert len(question.answer) <= ANSWER_LIMIT[language], (text.id, question.id)
            assert "\n" not in question.answer.strip(), (text.id, question.id)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_order_number_is_asked_for_last(language: Language) -> None:
    # That sentence is left out where a form asks for the number or the order is known: the rest must be complete.
    for text in load_articles()[language].values():
        for question in text.questions:
            for answer in (question.answer, *(variant.answer for variant in question.variants)):
                *before, last = SENTENCES.findall(answer.strip())
                assert not any(ASKS_FOR_ORDER.search(sentence) for sentence in before), (text.id, question.id)
                if ASKS_FOR_ORDER.search(last):
                    assert before, (text.id, question.id)
                    assert not before[-1].rstrip().endswith(("?", "？")), (text.id, question.id)


def test_every_question_intent_of_the_domain_has_an_article() -> None:
    domain = read_yaml(settings.ROOT / "domain.yml")
    asked = {intent for intent in domain["intents"] if isinstance(intent, str) and intent.startswith("ask_")}
    assert asked
    for texts in load_articles().values():
        assert asked <= {intent for text in texts.values() for intent in text.intents}


@pytest.mark.parametrize(
    ("name", "family"),
    [
        ("install-iphone", "iphone"),
        ("install-samsung", "samsung"),
        ("install-pixel", "pixel"),
        ("install-xiaomi", "xiaomi"),
        ("install-huawei-honor", "huawei"),
        ("install-oppo-vivo-oneplus", "oppo"),
    ],
)
def test_menus_are_those_of_the_playbooks(name: str, family: str) -> None:
    menus = read_yaml(settings.PLAYBOOKS / "menus.yml")["menus"]
    add_esim = next(menu for menu in menus if menu["id"] == "add_esim")[family]
    for language in LANGUAGES:
        text = article(name, language)
        assert text is not None
        assert add_esim[language] in text.body


def test_an_unknown_article_is_none() -> None:
    assert article("no-such-article", "en") is None


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("title: ", "titel: ", "Extra inputs are not permitted"),
        ("source: ", "origin: ", "Extra inputs are not permitted"),
        ("checked: 2026-11-22", "checked: yesterday", "Input should be a valid date"),
        ("title: What is an eSIM?", "title: 什么是 eSIM？", "is not in the language of its folder"),
    ],
)
def test_a_fault_is_named_with_its_line(folder: Path, old: str, new: str, problem: str) -> None:
    file = folder / "en" / "what-is-an-esim.yml"
    line = spoil(file, old, new)
    with pytest.raises(CatalogueError) as caught:
        load_articles(folder)
    assert any(f"{file}:{line}: " in fault and problem in fault for fault in str(caught.value).splitlines())


def test_a_fact_needs_the_day_it_was_read(folder: Path) -> None:
    spoil(folder / "zh" / "apn.yml", "checked: 2026-11-22\n", "")
    with pytest.raises(CatalogueError, match="a source needs the day it was read"):
        load_articles(folder)


def test_traditional_characters_belong_to_the_output(folder: Path) -> None:
    spoil(folder / "zh" / "apn.yml", "title: APN 怎么设置", "title: APN 怎麼設定")
    with pytest.raises(CatalogueError, match="please write Simplified"):
        load_articles(folder)


def test_a_file_that_is_no_mapping_is_named(folder: Path) -> None:
    (folder / "en" / "apn.yml").write_text("- just a list\n", encoding="utf-8")
    with pytest.raises(CatalogueError, match=r"apn\.yml:1: the file must have"):
        load_articles(folder)


def test_an_article_in_one_language_only_is_a_fault(whole: Path) -> None:
    (whole / "zh" / "apn.yml").unlink()
    assert validate_articles(whole) == ["data/articles/en/apn.yml: the article is missing in zh"]


def test_intents_are_known_and_alike_in_both_languages(whole: Path) -> None:
    spoil(whole / "en" / "hotspot.yml", "[ask_hotspot]", "[ask_hotspots]")
    assert validate_articles(whole) == [
        "data/articles/en/hotspot.yml: intents: ask_hotspots is not in data/intent_names.yml",
        "data/articles/zh/hotspot.yml: intents: differs from the English article",
    ]


def test_an_intent_without_article_is_a_fault(whole: Path) -> None:
    for language in LANGUAGES:
        spoil(whole / language / "hotspot.yml", "[ask_hotspot]", "[]")
    assert validate_articles(whole) == ["data/articles: no article names the intent ask_hotspot"]


def test_two_articles_need_two_titles(whole: Path) -> None:
    spoil(whole / "en" / "battery.yml", "title: Making the battery last", "title: APN settings")
    assert validate_articles(whole) == ["data/articles/en/battery.yml: title: apn has the same one"]


def test_a_missing_folder_is_a_fault(tmp_path: Path) -> None:
    assert [fault.rpartition(": ")[2] for fault in validate_articles(tmp_path)] == ["there are no articles"] * 2
