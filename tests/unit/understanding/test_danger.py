"""What is said around an emergency."""

from __future__ import annotations

import pytest

from aftercare.understanding.danger import asks_cost, comes_from, out_of_danger


@pytest.mark.parametrize(
    "text",
    [
        "the paramedics are here",
        "The rangers have arrived, thank you",
        "we're all safe now",
        "it was a false alarm",
        "he's in hospital. Now I need internet to call his wife",
        "could you just fix my esim?",
        "救护车到了",
        "救護隊已經來了，他沒事了",
        "啲警察嚟緊，冇事喇",
        "人没事，先帮我弄好上网",
    ],
)
def test_help_is_there(text: str) -> None:
    assert out_of_danger(text)


@pytest.mark.parametrize(
    "text",
    [
        "nobody is here to help",
        "when will the ambulance be here?",
        "is the helicopter coming?",
        "she isn't fine",
        "I'm ok but he is unconscious",
        "no signal, I can't call",
        "救护车什么时候来",
        "警察来了吗",
        "还没有人来",
        "他流血，我没事",
        "打不通",
    ],
)
def test_nothing_says_that_it_is_over(text: str) -> None:
    assert not out_of_danger(text)


def test_cost_and_origin() -> None:
    assert all(map(asks_cost, ["what does a helicopter cost", "直升機幾多錢", "叫救护车要钱吗"]))
    assert not any(map(asks_cost, ["he can't breathe", "他摔下去了"]))
    assert all(map(comes_from, ["I'm from ", "我来自", "我從"]))
    assert not any(map(comes_from, ["we're in ", "我们在"]))
