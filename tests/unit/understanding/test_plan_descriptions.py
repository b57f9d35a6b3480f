"""What a text says of the plan it wants."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from aftercare.understanding import plan_descriptions


@pytest.mark.parametrize(
    ("text", "days"), [("the 10 day one", 10), ("30天的", 30), ("5日", 5), ("20 GB", None), ("3日本", None), ("", None)]
)
def test_days(text: str, days: int | None) -> None:
    assert plan_descriptions.days_of_plan(text) == days


@pytest.mark.parametrize(
    ("reads", "yes", "no"),
    [
        (
            plan_descriptions.only_new_zealand,
            ["only going to NZ", "without Australia", "只去新西兰", "不去澳洲"],
            ["NZ and Australia", "新西兰和澳洲"],
        ),
        (plan_descriptions.also_australia, ["and Sydney", "还去澳洲"], ["not Australia", "不去澳洲", "Auckland"]),
        (plan_descriptions.points_at_smallest, ["the smallest one", "最小那个"], ["the biggest one", "最大那个"]),
        (plan_descriptions.wants_other_plan, ["something else", "换一个", "别的"], ["this one", "就这个"]),
        (plan_descriptions.refuses_this_one, ["not that one", "换一个"], ["I want no swap", "算了"]),
        (plan_descriptions.wants_longer, ["can I extend it", "多用两天"], ["more data", "多点流量"]),
        (plan_descriptions.asks_to_buy, ["where do I pay", "怎么付款"], ["how much is left", "还剩多少"]),
    ],
)
def test_what_is_wanted(reads: Callable[[str], bool], yes: list[str], no: list[str]) -> None:
    assert [text for text in yes if not reads(text)] == []
    assert [text for text in no if reads(text)] == []
