"""The plan somebody has, told from one to buy."""

from __future__ import annotations

import pytest

from aftercare.understanding.own_plan import asks_for_plans, asks_of_own_plan


@pytest.mark.parametrize(
    "text",
    [
        "can I use my sim in Fiji too?",
        "will the eSIM work during my stop in Singapore",
        "I bought New Zealand 5 GB, does it work in Sydney",
        "we have a NZ plan and fly via Hong Kong",
        "我买的新西兰卡在澳洲能用吗",
        "這張卡去日本用得嗎",
        "我張卡喺香港用唔用到",
    ],
)
def test_the_plan_is_there(text: str) -> None:
    assert asks_of_own_plan(text)


@pytest.mark.parametrize(
    "text",
    [
        "which plan works in Fiji?",
        "I'm looking for an eSIM for Japan and New Zealand",
        "do you sell a plan for Bali",
        "去日本和新西兰买哪个套餐",
        "我想買一張澳洲能用的",
        "Australia coverage",
    ],
)
def test_one_to_buy(text: str) -> None:
    assert not asks_of_own_plan(text)


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("no order yet. which plan covers both nz and australia", True),
        ("I asked for a plan that works in both", True),
        ("有没有新西兰和澳大利亚两国都能用的套餐", True),
        ("does my plan work in Australia", False),
        ("我买的套餐在澳洲能用吗", False),
    ],
)
def test_plans_are_asked_for_rather_than_ones_own(text: str, asked: bool) -> None:
    assert asks_for_plans(text) is asked
