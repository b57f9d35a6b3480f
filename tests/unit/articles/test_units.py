"""The questions of the articles: their answers are worded for an order, and faults in the files are named."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from aftercare.articles.files import ARTICLES, Conditions, Variant, load_articles, validate_articles
from aftercare.articles.units import OrderView, Unit, unit, units, worded
from aftercare.base.language import LANGUAGES, Language
from aftercare.base.order_numbers import OrderNumbers, read_patterns
from aftercare.catalogue.yaml_file import CatalogueError
from tests.unit.articles.test_article_files import spoil

ASKED_UNIT = Unit(
    id="hotspot.allowed",
    language="en",
    title="Hotspot",
    asked=("may i share", "tether?", "hotspot"),
    answer="It depends on the plan.",
    steps=None,
    intents=("ask_hotspot",),
    variants=(
        Variant(when=Conditions(hotspot="yes", state="in_use"), answer="Yes, {data_left} of {plan} are left for it."),
        Variant(when=Conditions(hotspot="yes"), answer="Yes, {plan} allows it."),
        Variant(when=Conditions(hotspot="no"), answer="No, not with this plan."),
    ),
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the articles to spoil."""
    return shutil.copytree(ARTICLES, tmp_path / "articles")


def test_without_an_order_the_general_answer_is_told() -> None:
    assert worded(ASKED_UNIT, None) == "It depends on the plan."
    assert worded(ASKED_UNIT, OrderView()) == "It depends on the plan."


def test_the_first_variant_that_holds_is_told() -> None:
    view = OrderView(hotspot=True, state="in_use", plan="NZ 10 GB", data_left="2 GB")
    assert worded(ASKED_UNIT, view) == "Yes, 2 GB of NZ 10 GB are left for it."
    assert worded(ASKED_UNIT, OrderView(hotspot=False)) == "No, not with this plan."


def test_a_variant_with_an_unknown_figure_does_not_hold() -> None:
    view = OrderView(hotspot=True, state="in_use", plan="NZ 10 GB")
    assert worded(ASKED_UNIT, view) == "Yes, NZ 10 GB allows it."
    assert worded(ASKED_UNIT, OrderView(hotspot=True)) == "It depends on the plan."


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_variant_can_be_worded(language: Language) -> None:
    figures = dict.fromkeys(("plan", "days", "expires", "data_left", "data_total", "countries", "refund_days"), "7")
    for each in units()[language].values():
        for variant in each.variants:
            wanted = variant.when.model_dump(exclude_none=True)
            told = {name: {"yes": True, "no": False}.get(value, value) for name, value in wanted.items()}
            text = worded(each, OrderView(**told, **figures))
            assert "{" not in text
            assert text != each.answer, each.id


def test_units_are_the_same_in_both_languages() -> None:
    english, chinese = units()["en"], units()["zh"]
    assert list(english) == list(chinese)
    name = next(iter(english))
    assert unit(name, "zh") is chinese[name]
    assert unit("no.such-unit", "en") is None


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("- when: {hotspot: yes}", "- when: {hotpot: yes}", "Extra inputs are not permitted"),
        ("- when: {hotspot: yes}", "- when: {hotspot: maybe}", "Input should be 'yes' or 'no'"),
        ("- when: {hotspot: yes}", "- when: {}", "needs a condition at least"),
        ("Yes, {plan} allows", "Yes, {price} allows", "{price} is not known"),
        ("Mostly yes: nearly all", "It depends. " * 30 + "nearly all", "a chat bubble takes 300"),
        ("Mostly yes: nearly all plans with fixed data allow", "视情况而定", "is not in the language of its folder"),
        ("- id: how-many-devices", "- id: hotspot-allowed", "hotspot-allowed is there twice"),
    ],
)
def test_a_fault_of_a_question_is_named_with_its_place(folder: Path, old: str, new: str, problem: str) -> None:
    file = folder / "en" / "hotspot.yml"
    line = spoil(file, old, new)
    with pytest.raises(CatalogueError) as caught:
        load_articles(folder)
    found = [fault for fault in str(caught.value).splitlines() if problem in fault]
    assert found
    # folded texts and conditions are reported at the line of their field
    assert any(abs(int(fault.split(":")[1]) - line) <= 1 for fault in found), found


def test_too_few_ways_of_asking_are_a_fault(folder: Path) -> None:
    file = folder / "zh" / "apn.yml"
    line = spoil(file, "  asked:\n", "  asked: [一, 二]\n  steps:\n")
    with pytest.raises(CatalogueError) as caught:
        load_articles(folder)
    assert f"{file}:{line}: questions[0].asked: Tuple should have at least 3 items" in str(caught.value)


def test_one_sentence_belongs_to_one_question(folder: Path) -> None:
    sentence = units()["en"]["hotspot.how-many-devices"].asked[0]
    spoil(folder / "en" / "apn.yml", "  asked:\n", f"  asked:\n  - {sentence.upper()}\n")
    assert validate_articles(folder) == [
        f"{folder}/en/hotspot.yml:{line_of(folder, sentence)}: questions[1].asked[0]: apn.apn-necessary has it as well"
    ]


def line_of(folder: Path, sentence: str) -> int:
    """Where a sentence stands in the article on hotspots."""
    lines = (folder / "en" / "hotspot.yml").read_text(encoding="utf-8").splitlines()
    return lines.index(f"  - {sentence}") + 1


def test_both_languages_have_the_same_questions(folder: Path) -> None:
    spoil(folder / "zh" / "hotspot.yml", "- id: how-many-devices", "- id: how-many")
    (fault,) = validate_articles(folder)
    assert fault.endswith("questions: the ids or their order differ from the English article")


def test_both_languages_have_the_same_variants(folder: Path) -> None:
    spoil(folder / "zh" / "hotspot.yml", "- when: {hotspot: yes}", "- when: {top_up: yes}")
    (fault,) = validate_articles(folder)
    assert fault.endswith("variants: have other conditions than the English article")


def test_an_order_number_looks_as_the_shops_do(monkeypatch: pytest.MonkeyPatch) -> None:
    shop = OrderNumbers(read_patterns("SHOP-d{4,6}=SHOP-4711"))
    monkeypatch.setattr("aftercare.articles.units.order_numbers", lambda: shop)
    units.cache_clear()
    try:
        found = [(each.id, text) for by_id in units().values() for each in by_id.values()
                 for text in (each.answer, each.steps or "")]  # fmt: skip
    finally:
        units.cache_clear()
    own = re.compile(r"NZ\d|NZ (?:and|with) 8 digits|NZ (?:加|开头)|(?:begin\w*|starts?) with NZ|order_number_example")
    assert [(name, text) for name, text in found if own.search(text)] == []
    assert sum("SHOP-4711" in text for _, text in found) >= 10
