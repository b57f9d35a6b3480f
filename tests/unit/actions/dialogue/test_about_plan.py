"""What is asked of the plans shown: buying, the reason, the difference, what comes after the data."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from actions.dialogue import about_plan
from actions.dialogue.narrowing import description_of
from actions.plans.needs import mb_a_day
from actions.turn import Turn
from aftercare.understanding.trip import people
from tests.support.order_rows import add_plan
from tests.support.turns import said, slots, told, turn

CARDS = told(
    "utter_text",
    custom={"cards": [{"title": each} for each in ("New Zealand 5 GB", "New Zealand 20 GB", "Kiwi Unlimited")]},
)


@pytest.fixture(autouse=True)
def plans(orders: Engine) -> None:
    with Session(orders, future=True) as session, session.begin():
        add_plan(session)
        add_plan(session, "nz-20", name_en="New Zealand 20 GB", name_zh="新西兰 20 GB", data_mb=20480, price_minor=4900)
        add_plan(
            session,
            "nz-all",
            name_en="Kiwi Unlimited",
            name_zh="奇异不限量",
            data_mb=None,
            fair_use_mb=2048,
            throttle_kbps=512,
            price_minor=5900,
        )


def listed(text: str, *labels: str, **more: Any) -> Turn:
    return turn(*(labels or ("ask", "refer")), **{"situation": "plan_list", "before": [CARDS], **more}, text=text)


@pytest.mark.parametrize(
    "text", ["I'll have the second, how do I order", "第二个怎么买", "take the 20 GB one, where do I buy it"]
)
def test_the_plan_taken_is_sold_with_its_link(text: str) -> None:
    here = listed(text)
    events = about_plan.answer(here) or []
    assert said(here)[0].startswith("utter_plan_buy")
    assert here.dispatcher.messages[0]["plan"] == "New Zealand 20 GB"
    assert slots(events)["focus"]["plan"] == "nz-20"


def test_another_answer_between_does_not_lose_the_list() -> None:
    here = listed("so the second, where can I buy it", "unclear", situation="told", asked="article")
    about_plan.answer(here)
    assert here.dispatcher.messages[0]["plan"] == "New Zealand 20 GB"


def test_why_is_answered_with_true_figures() -> None:
    here = listed("why the first, isn't it too little for two weeks of youtube", "ask_why", "refer")
    about_plan.answer(here)
    assert said(here) == ["utter_plan_why"]
    message = here.dispatcher.messages[0]
    assert message["a_day"] == "357 MB"  # 5000 MB over 14 days
    assert "700 MB" in message["enough"]


def test_what_comes_after_the_daily_amount() -> None:
    here = listed("and after the 2 GB on the unlimited one?")
    about_plan.answer(here)
    assert said(here) == ["utter_plan_after_daily"]
    assert "512" in here.dispatcher.messages[0]["speed"]


def test_two_plans_are_set_side_by_side() -> None:
    here = listed("difference between the first and the third?")
    about_plan.answer(here)
    assert said(here) == ["utter_plan_compared"]
    assert here.dispatcher.messages[0]["body"].count("•") == 2


def test_a_number_is_asked_of_the_plan_talked_about() -> None:
    here = listed("does it come with a number", "ask", situation="told", focus={"plan": "nz-20"})
    about_plan.answer(here)
    assert said(here) == ["utter_plan_detail"]


def test_what_says_nothing_of_plans_is_left_alone() -> None:
    assert about_plan.answer(listed("is the airport wifi free", "ask")) is None
    assert about_plan.answer(turn("ask", text="where do I buy stamps")) is None


@pytest.mark.parametrize(
    ("text", "home_only", "days", "data_mb"),
    [
        ("just New Zealand, not Australia, for 10 days", True, 10, None),
        ("只去新西兰，12天", True, 12, None),
        ("the one with Australia", False, None, None),
        ("10GB 30天的", False, 30, 10240),
    ],
)
def test_what_a_text_says_of_the_plan_it_means(
    text: str, home_only: bool, days: int | None, data_mb: int | None
) -> None:
    wish = description_of(text)
    assert (wish.home_only, wish.days, wish.data_mb) == (home_only, days, data_mb)


def test_people_and_videos_of_a_trip_count() -> None:
    assert people(["two adults and one kid"]) >= 2
    assert people(["一家三口去自驾"]) == 3
    assert mb_a_day(["maps and mail only"]) == 0
    assert mb_a_day(["lots of tiktok"]) == 700
    assert mb_a_day(["我和老婆", "要看视频"]) == 1400
