"""What is asked of plans that were shown."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from aftercare.understanding import plan_questions


@pytest.mark.parametrize(
    ("asks", "yes", "no"),
    [
        (plan_questions.asks_for_difference, ["what's the difference", "哪个好"], ["the first one", "第一个"]),
        (plan_questions.takes_or_buys, ["I'll take it", "怎么买"], ["is it fast", "快不快"]),
        (plan_questions.takes_named, ["we will take three 5 GB", "5GB的在哪买"], ["5 GB plans please", "有5GB的吗"]),
        (plan_questions.asks_plan_reason, ["why this one", "够吗"], ["the cheap one", "便宜的那个"]),
        (
            plan_questions.asks_what_comes_after,
            ["what happens after 5 GB", "用完了会怎样"],
            ["does it work in Australia", "澳洲能用吗"],
        ),
        (plan_questions.asks_for_number, ["does it come with a phone number", "有号码吗"], ["which is first", "哪个"]),
    ],
)
def test_each_kind_of_question_is_told_from_others(asks: Callable[[str], bool], yes: list[str], no: list[str]) -> None:
    assert all(map(asks, yes))
    assert not any(map(asks, no))


def test_a_country_of_a_plan_and_the_start_of_its_days() -> None:
    assert plan_questions.asks_if_included("does the second one include Samoa")
    assert plan_questions.asks_if_included("第二個包唔包薩摩亞")
    assert not plan_questions.asks_if_included("can I get a refund if it doesn't work there")
    assert plan_questions.asks_start_rule("do its days start at installation or at first use")
    assert plan_questions.asks_start_rule("天数是从安装开始算吗")
    assert not plan_questions.asks_start_rule("how many days has it")
