"""What the desk says, in every language."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aftercare.base.responses import all_responses
from aftercare.base.voice import Voice, voice_of_locale
from aftercare.conversations.messages import clean_text
from aftercare.conversations.texts import say

PHRASES = {language: said.phrases for language, said in all_responses().items()}


@pytest.mark.parametrize("name", sorted(PHRASES["en"]))
def test_every_phrase_exists_in_both_languages_with_the_same_placeholders(name: str) -> None:
    assert {language for language in PHRASES if name in PHRASES[language]} == {"en", "zh"}
    english, chinese = (sorted(re.findall(r"{(\w+)}", PHRASES[language][name])) for language in ("en", "zh"))
    assert english == chinese
    if name.startswith("language_unsupported_"):  # in a third language
        assert PHRASES["en"][name] == PHRASES["zh"][name]
        return
    words = re.sub(r"{\w+}|eSIM", "", PHRASES["zh"][name])
    assert re.search(r"[\u4e00-\u9fff]", words) or not any(map(str.isalpha, words))
    assert not re.search(r"[\u4e00-\u9fff]", PHRASES["en"][name])


def test_traditional_readers_get_traditional() -> None:
    assert "傳送" in say("answer_delayed", Voice("zh", "hant"))
    assert "发" in say("answer_delayed", Voice("zh", "hans"))


@pytest.mark.parametrize(
    ("locale", "voice"),
    [
        ("en-NZ", Voice("en")),
        ("zh", Voice("zh", "hans")),
        ("zh_CN", Voice("zh", "hans")),
        ("zh-Hant-HK", Voice("zh", "hant")),
        ("ZH-tw", Voice("zh", "hant")),
        ("mi", Voice("en")),
        ("", Voice("en")),
    ],
)
def test_locales(locale: str, voice: Voice) -> None:
    assert voice_of_locale(locale) == voice


@given(st.text())
def test_cleaned_text_can_be_stored(text: str) -> None:
    cleaned = clean_text(text)
    cleaned.encode()
    assert "\x00" not in cleaned
    assert cleaned == clean_text(cleaned)


def test_cleaning_keeps_what_people_write() -> None:
    assert clean_text("  第一行\n\tsecond 😀 ") == "第一行\n\tsecond 😀"
