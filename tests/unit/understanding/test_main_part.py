"""What a message is about, without what it corrects and what it drops."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aftercare.understanding.main_part import corrects, main_part, main_span


@pytest.mark.parametrize(
    ("text", "main"),
    [
        ("no i mean the price for my sister", "the price for my sister"),
        ("Wait, I meant reception in the huts, not the weather", "reception in the huts"),
        ("that's not what I asked, how long is the queue", "how long is the queue"),
        ("I didn't ask about refunds, which plan has calls?", "which plan has calls?"),
        ("you didn't say if I keep the rest", "I keep the rest"),
        ("我问的是二维码几点发", "二维码几点发"),
        ("我不是问退款，我问套餐有几天", "套餐有几天"),
        ("不是重装 是切换网络", "切换网络"),
        ("我係話我部iPhone", "我部iPhone"),
    ],
)
def test_a_correction_is_about_what_is_meant(text: str, main: str) -> None:
    assert main_part(text) == main
    assert corrects(text)


@pytest.mark.parametrize(
    ("text", "main"),
    [
        ("forget the Nokia. which plan for three weeks?", "which plan for three weeks?"),
        ("never mind the swap, can I add data", "can I add data"),
        ("skip this step and tell me the apn", "tell me the apn"),
        ("算了先不换了 流量还剩多少", "流量还剩多少"),
    ],
)
def test_what_is_dropped_is_not_what_it_is_about(text: str, main: str) -> None:
    assert main_part(text) == main
    assert not corrects(text)


@pytest.mark.parametrize(
    "text",
    [
        "no", "never mind", "forget it", "I said yes", "I meant it", "算了", "算了 不用了", "先不退", "不要 我要退款",
        "我问过了", "I asked for a refund yesterday", "I'm asking for a refund", "no, I said no", "不是这个",
        "the refund has not come", "  the refund has not come ", "",
    ],
)  # fmt: skip
def test_other_texts_stay_whole(text: str) -> None:
    assert main_part(text) == text
    assert not corrects(text)


@given(st.text(max_size=80))
def test_the_main_part_stands_in_the_text(text: str) -> None:
    start, end = main_span(text)
    assert text[start:end] == main_part(text)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("TOP UP. not refund", "TOP UP."),
        ("No, I do not want the qr code. Get me a person please", "Get me a person please"),
        ("I'm NOT asking for a refund. does the Reno take an esim", "does the Reno take an esim"),
        ("no no not the 3 GB. leave the swap. what does more data cost", "what does more data cost"),
        ("不是选网络 我问新的卡寄到哪", "新的卡寄到哪"),
        ("我问嘅係张卡几时到期 唔係退款", "张卡几时到期"),
    ],
)
def test_a_matter_that_is_ruled_out_is_left(text: str, meant: str) -> None:
    assert main_part(text) == meant


@pytest.mark.parametrize("text", ["not refund", "no qr code. it's not working", "我不要退款", "不用二维码能装吗"])
def test_what_says_nothing_else_stays(text: str) -> None:
    assert main_part(text) == text
