"""Small things a text names of an order."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from aftercare.understanding import order_questions


@pytest.mark.parametrize(
    ("text", "back"),
    [
        ("how much did I use yesterday", 1),
        ("昨天用了多少", 1),
        ("data used today", 0),
        ("今日用了幾多", 0),
        ("it stopped yesterday", None),
        ("how much have I used", None),
    ],
)
def test_the_day_whose_use_is_asked(text: str, back: int | None) -> None:
    assert order_questions.day_asked(text) == back


@pytest.mark.parametrize(
    ("reads", "yes", "no"),
    [
        (order_questions.means_all, ["both please", "两单都要", "全部"], ["the invoice", "发票"]),
        (order_questions.asks_which, ["Spark or One NZ", "选哪个"], ["Spark is down", "坏了"]),
        (order_questions.names_home_line, ["my home SIM", "国内的卡"], ["the eSIM", "这张卡"]),
        (order_questions.goes_back, ["back to the signal", "继续"], ["no", "不用了"]),
        (
            order_questions.asks_for_mailed_code,
            ["send me a code", "new code", "重新发送验证码"],
            ["send me the QR code", "the code does not scan", "二维码"],
        ),
    ],
)
def test_what_is_named(reads: Callable[[str], bool], yes: list[str], no: list[str]) -> None:
    assert [text for text in yes if not reads(text)] == []
    assert [text for text in no if reads(text)] == []
