"""Whether somebody asks how a network is chosen by hand."""

from __future__ import annotations

import pytest

from aftercare.understanding.network_choice import asks_back_to_automatic, asks_by_hand, misses_list


@pytest.mark.parametrize(
    "text",
    [
        "how do we pick the second network on a Pixel",
        "she only needs the menu path to select a carrier by hand",
        "not install again, I want to switch the network",
        "不是重新安装，是要换网路",
        "怎麼手動選網路",
        "小米在哪里换运营商",
        "點樣揀網絡",
    ],
)
def test_asked_how(text):
    assert asks_by_hand(text)


@pytest.mark.parametrize("text", ["I can't switch to it", "切换不到那家", "where do I change to that one"])
def test_asked_of_an_operator_that_is_named(text):
    assert asks_by_hand(text, names_operator=True)
    assert not asks_by_hand(text)


@pytest.mark.parametrize(
    "text",
    [
        "can I have another network instead",
        "how do I change the network mode to 4G",
        "how do I reset the network settings",
        "how do I choose the best network",
        "how do I switch networks to my home SIM",
        "I can't connect to the network",
        "怎么还原网络设置",
        "怎么换套餐",
        "找不到运营商锁这一栏",
        "i picked every network by hand already",
    ],
)
def test_something_else_asked(text):
    assert not asks_by_hand(text)
    assert not misses_list(text)


@pytest.mark.parametrize("text", ["I can't find network operators", "找不到電信業者這一項", "没看到网络选择"])
def test_the_menu_is_missed(text):
    assert misses_list(text)


@pytest.mark.parametrize(
    ("text", "back"),
    [
        ("spark worked. must I do this again once they've repaired it", True),
        ("do I set it back to automatic afterwards", True),
        ("修好以后要不要换回自动", True),
        ("which network do I choose", False),
    ],
)
def test_whether_the_choice_is_taken_back_later(text: str, back: bool) -> None:
    assert asks_back_to_automatic(text) is back
