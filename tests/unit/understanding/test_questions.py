"""The questions of a message, told apart from what it says beside them."""

from __future__ import annotations

import pytest

from aftercare.understanding.questions import only_question, split


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("we fly to Queenstown on friday. does it run on an iphone 12?", "does it run on an iphone 12"),
        ("孩子在哭，行李也没到。这个卡能不能打电话", "这个卡能不能打电话"),
        ("no data at all. my phone is new?", "my phone is new"),
        ("does it run on an iphone 12?", None),  # nothing else is said
        ("no data at all. the phone is new", None),
        ("how long is it valid? and can I share it?", None),  # several
    ],
)
def test_the_one_question_of_a_story(text: str, asked: str | None) -> None:
    found = only_question(text)
    assert (found.rstrip("?？") if found else found) == asked


@pytest.mark.parametrize(
    ("text", "asked", "told"),
    [
        ("能开热点吗 最多几台手机", ["能开热点吗", "最多几台手机"], ""),
        ("我女儿生日 能当礼物送吗 写谁的名字好呢", ["能当礼物送吗", "写谁的名字好呢"], "我女儿生日"),
        ("写我的还是写她的 能改不", ["写我的还是写她的", "能改不"], ""),
        ("现在能装吗 还是要等到落地才行", [], "现在能装吗 还是要等到落地才行"),  # one question with its alternative
        (
            "can i do it now, or only after landing? and is wifi needed",
            ["can i do it now, or only after landing", "is wifi needed"],
            "",
        ),
        ("iPhone 13 能用吗", [], "iPhone 13 能用吗"),  # a name that is set apart is no clause
        ("邮箱里什么都没有 怎么回事", [], "邮箱里什么都没有 怎么回事"),  # one question, and what happened
        (
            "it was refunded. when does it arrive and is there a fee",
            ["when does it arrive", "is there a fee"],
            "it was refunded",
        ),
    ],
)
def test_several_questions_and_what_is_told_besides(text: str, asked: list[str], told: str) -> None:
    found = split(text)
    assert [part.rstrip("?？") for part in found.questions] == asked
    assert found.besides == told
