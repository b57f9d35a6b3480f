"""Words have exact offsets, whatever is written, and identifiers stay whole."""

from timeit import repeat

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aftercare.understanding.segmentation import aligned, segmenter

mixed = st.text(st.one_of(st.characters(), st.sampled_from("激活不了訊號設定NZ１２３ abc@.-_/:+'()😀\u3000\u200b\n$")))


@given(mixed)
@settings(max_examples=400, deadline=None)
def test_words_reproduce_the_text(text):
    words = segmenter().words(text)
    at = 0
    for word in words:
        assert text[word.start : word.end] == word.text
        assert word.text.strip()
        assert word.start >= at
        at = word.end
    written = "".join(word.text for word in words)
    assert [c for c in text if c.isalnum()] == [c for c in written if c.isalnum()]


def test_tags_of_a_page_are_no_words():
    words = [word.text for word in segmenter().words('<b>hi</b>, <a href="x">no signal</a><br/> <iPhone 15>')]
    assert words == ["hi", ",", "no", "signal", "<", "iPhone", "15", ">"]


@pytest.mark.parametrize("text", ["\ud800", "没信号\udc00", "ok\ud83dok"])
def test_half_a_surrogate_pair_is_no_word(text):
    assert all(c < "\ud800" or c > "\udfff" for word in segmenter().words(text) for c in word.text)


@given(mixed)
@settings(max_examples=300, deadline=None)
def test_the_compared_form_keeps_every_place(text):
    assert len(aligned(text)) == len(text)


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("order:NZ10000001,thanks", "NZ10000001"),
        ("单号NZ10000001谢谢", "NZ10000001"),
        ("我的邮箱wang@example.com谢谢", "wang@example.com"),
        ("(li.na+nz@example.com)", "li.na+nz@example.com"),
        ("code LPA:1$smdp.example.com$AB-12", "LPA:1$smdp.example.com$AB-12"),
        ("有5G吗", "5G"),
        ("S24 Ultra", "S24"),
        ("no wi-fi here", "wi-fi"),
        ("send the e-mail again", "e-mail"),
    ],
)
def test_stays_whole(text, whole):
    assert whole in [word.text for word in segmenter().words(text)]


def test_both_languages_in_one_message():
    words = [word.text for word in segmenter().words("eSIM 没 signal 了，can't 激活")]
    assert words == ["eSIM", "没", "signal", "了", "，", "ca", "n't", "激活"]


def test_traditional_is_cut_like_simplified():
    simplified = [word.norm for word in segmenter().words("数据漫游打开了还是没有网络")]
    traditional = segmenter().words("數據漫遊打開了還是沒有網絡")
    assert [word.norm for word in traditional] == simplified
    assert traditional[0].text == "數據漫遊"


@pytest.mark.parametrize("unit", ["(", "a", "a.", "a@", "1", "😀", "http://", "激活不了", "LPA:", "nz", "' "])
def test_long_text_without_sense_is_cut_in_time(unit):
    text = (unit * 10_000)[:10_000]
    words = segmenter().words(text)
    # The fastest of three, as a machine may stand still for a moment; each is another text, as words are remembered.
    others = iter([text[1:], text[2:], text[3:]])
    assert min(repeat(lambda: segmenter().words(next(others)), number=1, repeat=3)) < 2
    assert all(text[word.start : word.end] == word.text for word in words)
