"""Which plan on the table is meant by its name, and when another one is."""

from __future__ import annotations

from dataclasses import replace

import pytest

from actions.dialogue.narrowing import at_odds, meant
from aftercare.orders.plans import PlanOffer
from tests.support.turns import turn

HOME = PlanOffer(
    **{
        **dict.fromkeys(PlanOffer.__dataclass_fields__),
        "plan_id": "nz-10", "name_en": "New Zealand 10 GB, 30 days", "name_zh": "新西兰 10 GB 30 天",
        "data_mb": 10240, "days": 30, "countries": frozenset({"NZ"}),
    }
)  # fmt: skip
BOTH = replace(
    HOME,
    plan_id="nzau-10",
    name_en="New Zealand + Australia 10 GB, 30 days",
    name_zh="新西兰和澳大利亚 10 GB 30 天",
    countries=frozenset({"NZ", "AU"}),
)
LONG = replace(BOTH, plan_id="world-180", name_en="World 20 GB, 180 days", data_mb=20480, days=180)


@pytest.mark.parametrize(
    "text",
    ["forget that, I want New Zealand 10 GB, 30 days (NZ$25 back)", "the New Zealand 10GB one", "要新西兰 10 GB 30 天"],
)
def test_a_plan_named_whole_or_by_its_country_is_that_one(text: str) -> None:
    assert [each.plan_id for each in meant(turn(text=text), [BOTH, HOME, LONG])] == ["nz-10"]


@pytest.mark.parametrize("text", ["我不要180天的", "with 30 days?", "recommend another one", "about 10 GB"])
def test_another_plan_is_wanted(text: str) -> None:
    assert at_odds(text, LONG)


@pytest.mark.parametrize("text", ["how do I buy it", "and the 180 days, from when?", "能开热点吗"])
def test_a_question_about_the_plan_itself(text: str) -> None:
    assert not at_odds(text, LONG)


def test_a_plan_of_so_much_a_day_is_not_one_of_that_much_in_all() -> None:
    daily = replace(
        HOME, plan_id="daily", name_en="New Zealand 2 GB a day, 15 days", data_mb=None, fair_use_mb=2048, days=15
    )
    small = replace(HOME, plan_id="small", name_en="New Zealand 5 GB, 15 days", data_mb=5120, days=15)
    assert [each.plan_id for each in meant(turn(text="the 2GB a day one"), [small, daily])] == ["daily"]
    assert [each.plan_id for each in meant(turn(text="每天2GB的那个"), [small, daily])] == ["daily"]
    assert at_odds("no, the 2 GB a day one", small)
    endless = replace(daily, plan_id="endless", name_en="New Zealand unlimited, 15 days", name_zh="新西兰不限量 15 天")
    called = [replace(daily, name_zh="新西兰每天 2 GB 15 天"), endless]
    assert [each.plan_id for each in meant(turn(text="and the 2 GB a day one"), [small, *called])] == ["daily"]
    assert [each.plan_id for each in meant(turn(text="那每天2GB的那个"), [small, *called])] == ["daily"]
    sold = [replace(small, provider_id="kiwiroam"), replace(daily, provider_id="haoxing")]
    assert [each.plan_id for each in meant(turn(text="the one of Haoxing"), sold)] == ["daily"]
