"""In which language and script a traveller is answered."""

from __future__ import annotations

import pytest

from aftercare.base.language import Language, written
from aftercare.base.voice import (
    Voice,
    decide,
    pin_for,
    pin_is_outdated,
    pin_is_spent,
    reported_language,
    voice_of_locale,
    voice_of_slots,
)

ENGLISH, SIMPLIFIED, TRADITIONAL = Voice("en"), Voice("zh", "hans"), Voice("zh", "hant")


@pytest.mark.parametrize(
    ("message", "pin", "before", "locale", "voice"),
    [
        # nothing tells
        ("", None, None, None, ENGLISH),
        ("NZ10000001", None, None, None, ENGLISH),
        ("OK", None, SIMPLIFIED, None, SIMPLIFIED),
        ("👍", None, TRADITIONAL, "en", TRADITIONAL),
        ("/affirm", None, TRADITIONAL, None, TRADITIONAL),
        # the locale, while nothing else does
        ("NZ10000001", None, None, "zh-TW", TRADITIONAL),
        ("NZ10000001", None, None, "zh_CN", SIMPLIFIED),
        ("NZ10000001", None, None, "mi", ENGLISH),
        ("OK", None, ENGLISH, "zh-TW", ENGLISH),
        # the message's words
        ("I want a refund", None, None, "zh-TW", Voice("en", "hant")),
        ("I want a refund", None, TRADITIONAL, None, Voice("en", "hant")),
        ("手机没有信号", None, TRADITIONAL, None, SIMPLIFIED),
        ("手機沒有訊號", None, SIMPLIFIED, None, TRADITIONAL),
        ("你好", None, TRADITIONAL, None, TRADITIONAL),
        ("你好", None, SIMPLIFIED, None, SIMPLIFIED),
        ("你好", None, None, None, Voice("zh")),
        ("你好", None, Voice("en", "hant"), None, TRADITIONAL),
        # the language asked for
        ("手机没有信号", "en", SIMPLIFIED, None, Voice("en", "hans")),
        ("手機沒有訊號", "en", ENGLISH, None, Voice("en", "hant")),
        ("I want a refund", "zh", Voice("en", "hant"), None, TRADITIONAL),
        ("OK", "zh", ENGLISH, None, Voice("zh")),
        ("OK", "fr", ENGLISH, None, ENGLISH),
    ],
)
def test_the_voice_of_an_answer(
    message: str, pin: str | None, before: Voice | None, locale: str | None, voice: Voice
) -> None:
    assert decide(written(message), pin=pin, before=before, locale=locale) == voice


@pytest.mark.parametrize(
    ("slots", "voice"),
    [
        ((None, None, None), None),
        ((None, "hant", None), None),
        (("zh", "hant", None), TRADITIONAL),
        (("en", "hant", None), Voice("en", "hant")),
        (("en", "hant", "zh"), TRADITIONAL),
        ((None, None, "zh"), Voice("zh")),
        (("fr", None, None), None),
        (("zh", "latin", None), Voice("zh")),
    ],
)
def test_the_voice_of_slots(slots: tuple[object, object, object], voice: Voice | None) -> None:
    assert voice_of_slots(*slots) == voice


def test_what_is_neither_a_language_nor_a_script_counts_as_untold() -> None:
    assert reported_language("zh", "hans") == SIMPLIFIED
    assert reported_language("de", 5) == reported_language(None, None) == (None, None)


def test_texts_are_kept_in_simplified_and_written_in_the_travellers_script() -> None:
    assert TRADITIONAL.write("手机没有信号") == "手機沒有訊號"
    assert SIMPLIFIED.write("手机没有信号") == "手机没有信号"
    assert Voice("en", "hant").write("手机") == "手机"
    assert voice_of_locale("yue").traditional is False


@pytest.mark.parametrize(
    ("wanted", "text", "pin"),
    [("en", "请说英文", "en"), ("en", "English please", None), ("zh", "中文", None), ("en", "EN", None)],
)
def test_a_pin_is_needed_while_the_words_are_of_the_other_language(
    wanted: Language, text: str, pin: str | None
) -> None:
    assert pin_for(wanted, text) == pin


def test_a_pin_falls_when_the_traveller_writes_in_it() -> None:
    assert pin_is_spent("en", "en")
    assert not pin_is_spent("en", "zh")
    assert not pin_is_spent(None, None)


@pytest.mark.parametrize(
    ("pin", "wanted", "text", "outdated"),
    [
        ("en", "zh", None, True),
        ("en", "zh", "OK", True),
        ("en", "zh", "订单", False),
        ("en", "en", "OK", False),
        ("en", None, "OK", False),
        (None, "zh", "OK", False),
    ],
)
def test_a_language_chosen_in_the_channel_replaces_an_earlier_pin(
    pin: str | None, wanted: str | None, text: str | None, outdated: bool
) -> None:
    assert pin_is_outdated(pin, wanted, text) is outdated
