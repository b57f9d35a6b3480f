"""Phrases are found by name, filled in, counted, and none is kept that nothing says."""

from __future__ import annotations

import re

import pytest

from aftercare.base.language import LANGUAGES
from aftercare.base.responses import all_responses, counted, phrase, term
from aftercare.base.settings import ROOT

SOURCES = [
    path.read_text(encoding="utf-8") for folder in ("actions", "aftercare") for path in (ROOT / folder).rglob("*.py")
]


def test_a_phrase_is_filled_in() -> None:
    assert phrase("plan_reason_price_a_day", "en", price="NZ$1.00") == "NZ$1.00 a day"
    assert phrase("plan_line", "zh", name="甲", data="1 GB", days="3 天", price="$1", reason="好").startswith(
        "• 甲：1 GB"
    )
    with pytest.raises(KeyError):
        phrase("plan_reason_price_a_day", "en")
    with pytest.raises(KeyError):
        phrase("nowhere_to_be_found", "en")


def test_one_is_not_many() -> None:
    assert [counted("days", count, "en") for count in (0, 1, 2)] == ["0 days", "1 day", "2 days"]
    assert counted("days", 1, "zh") == "1 天"


def test_a_term_without_words_stays_as_it_is() -> None:
    assert term("released", "zh") == "尚未使用"
    assert term("brand_new", "zh") == "brand_new"
    assert (term(None, "en"), term(None, "zh")) == ("unknown", "未知")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_phrase_is_said_somewhere(language: str) -> None:
    literals = {name for text in SOURCES for name in re.findall(r'"([a-z_]+)"', text)}
    composed = [re.split(r"{[^}]*}", name) for text in SOURCES for name in re.findall(r'f"([a-z_]*{[^"]*)"', text)]
    patterns = [re.compile("[a-z_]+".join(map(re.escape, parts))) for parts in composed if len("".join(parts)) > 3]
    counts = {f"{name}_{form}" for name in literals for form in ("one", "many")}
    idle = [
        name
        for name in all_responses()[language].phrases  # type: ignore[index]
        if name not in literals | counts and not any(pattern.fullmatch(name) for pattern in patterns)
    ]
    assert idle == []


def test_every_phrase_that_code_names_exists() -> None:
    named = {name for text in SOURCES for name in re.findall(r'\bphrase\(\s*"([a-z_]+)"', text)}
    assert len(named) > 30
    assert named - all_responses()["en"].phrases.keys() == set()
