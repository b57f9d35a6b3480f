"""A message in a language we do not speak is known by its letters and its commonest words."""

from __future__ import annotations

import pytest

from aftercare.base.language import written
from aftercare.base.voice import Voice
from aftercare.understanding.other_languages import language_of, other_language


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Bonjour, mon eSIM ne marche pas", "fr"),
        ("Guten Tag, ich habe kein Netz", "de"),
        ("Hola, no tengo internet en mi teléfono", "es"),
        ("Buongiorno, il mio telefono non funziona", "it"),
        ("Xin chào, tôi không có mạng", "vi"),
        ("Halo, saya tidak bisa internet, tolong bantu", "id"),
        ("eSIMが使えないんですが", "ja"),
        ("電波無し", "ja"),
        ("圏外", "ja"),
        ("設定画面に eSIM 追加が表示されません", "ja"),
        ("인터넷이 안 돼요", "ko"),
        ("ไม่มีสัญญาณ", "th"),
        ("нет интернета", "ru"),
        ("مرحبا، الشريحة لا تعمل", "ar"),
        ("سیم کارت کار نمی‌کند", "ar"),  # Persian: by its letters, the nearest we have words in
        ("אין לי אינטרנט", "he"),
        ("δεν έχω σήμα", "el"),
        ("ইন্টারনেট নেই", "bn"),
        ("இணையம் இல்லை", "ta"),
    ],
)
def test_another_language(text: str, code: str) -> None:
    assert other_language(text) == code


@pytest.mark.parametrize(
    "text",
    [
        "my phone is in german, where do I find roaming",
        "no signal in Queenstown",
        "can your staff speak korean?",
        "优の良品买的 eSIM 激活不了",
        "我在東京駅買的 eSIM 沒有訊號",
        "手机没信号 ¯\\_(ツ)_/¯",
        "it draws 5 Ω, costs 3 € and takes 2 µs",
        "第二届展会，在沙家浜，没有网络",
        "NZ10000001 anna@example.com",
        "no internet con la eSIM? sorry, I mean with the esim",
        "ok",
        "la la la",
        "",
    ],
)
def test_ours_and_what_cannot_be_told(text: str) -> None:
    assert other_language(text) is None


@pytest.mark.parametrize("text", ["電波無し", "圏外", "ネットが繋がりません"])
def test_japanese_with_han_is_not_chinese(text: str) -> None:
    assert written(text).language is None


@pytest.mark.parametrize(
    ("text", "voice", "tag"),
    [
        ("我的手机没有信号", Voice("zh", "hans"), "zh-Hans"),
        ("我的手機沒有訊號", Voice("zh", "hant"), "zh-Hant"),
        ("你好", Voice("zh", "hant"), "zh-Hant"),
        ("你好", Voice("zh"), "zh-Hans"),
        ("my eSIM does not work", Voice("en", "hans"), "en"),
        ("ネットが繋がりません", Voice("en"), "ja"),
        ("нет интернета", Voice("en"), "ru"),
        ("NZ10000001 wang@example.com", Voice("zh", "hans"), None),
        ("OK", Voice("zh", "hant"), None),
        ("👍", Voice("en"), None),
        ("", Voice("zh", "hans"), None),
    ],
)
def test_the_language_of_what_was_written(text: str, voice: Voice, tag: str | None) -> None:
    assert language_of(text, voice) == tag
