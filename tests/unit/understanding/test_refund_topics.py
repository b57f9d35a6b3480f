"""What a text about money back or a swap names."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from aftercare.understanding import refund_topics
from aftercare.understanding.refund_topics import Topic, named_topic


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        ("is there a fee for a refund", "fee"),
        ("退款要扣多少手续费", "fee"),
        ("until when can I ask for it", "until"),
        ("几天之内可以退", "until"),
        ("where will my refund be sent", "payout"),
        ("退到哪张卡", "payout"),
        ("when will the refund come", "payout"),
        ("the signal is weak", None),
        ("今天没有信号", None),
    ],
)
def test_a_topic_is_named_in_words_of_its_own(text: str, topic: Topic | None) -> None:
    assert named_topic(text, of_request=False) == topic


@pytest.mark.parametrize(
    ("text", "topic"),
    [("does the code still work", "code"), ("那张卡还能用吗", "code"), ("how long", "payout"), ("多久", "payout")],
)
def test_some_are_only_meant_of_a_request(text: str, topic: Topic) -> None:
    assert named_topic(text, of_request=True) == topic
    assert named_topic(text, of_request=False) is None


@pytest.mark.parametrize(
    ("reads", "yes", "no"),
    [
        (
            refund_topics.asks_condition,
            ["if I scan it, can it be refunded?", "如果装了还能退吗"],
            ["can it be refunded?", "if I scan it, what happens", "装好了"],
        ),
        (refund_topics.asks_amount, ["how much comes back", "能退全额吗"], ["thanks", "好的"]),
        (refund_topics.names_place_of_money, ["to my card?", "退到微信？"], ["when", "什么时候"]),
        (refund_topics.names_money, ["so I pay less?", "差多少钱"], ["why that plan", "为什么是这个"]),
        (refund_topics.wants_back, ["can we swap it back", "我后悔了"], ["is it done", "换好了吗"]),
        (
            refund_topics.asks_when_new_code,
            ["when does the new QR come", "新的码发到哪里", "where is the code"],
            ["when does the old code stop", "is there a new plan", "旧的码什么时候停"],
        ),
        (refund_topics.names_old_code, ["does the old one still work", "原来的码"], ["the new code", "新的码"]),
        (refund_topics.asks_what_is_paid, ["what do I pay", "要补多少"], ["when does it come", "什么时候到"]),
    ],
)
def test_what_is_said_of_it(reads: Callable[[str], bool], yes: list[str], no: list[str]) -> None:
    assert [text for text in yes if not reads(text)] == []
    assert [text for text in no if reads(text)] == []
