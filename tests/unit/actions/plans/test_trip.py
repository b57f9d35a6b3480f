"""What a trip needs by the people, days and use that were told; which plans hold it, and what they cost together."""

from __future__ import annotations

from contextlib import nullcontext

import pytest
from rasa_sdk.events import UserUttered

from actions.plans import recommend
from actions.plans.needs import HEAVY, SHARED, Need, need_of
from actions.plans.offers import fitting
from actions.plans.trip import fits, tell_need
from actions.turn import Turn
from aftercare.understanding.plan_requirements import count_named
from aftercare.understanding.trip import people, tells_of_trip
from tests.support.plan_offers import cards, offer
from tests.support.turns import turn

TEN = offer(plan_id="ten", name_en="Ten", data_mb=10240, price_minor=3490)
SIXTY = offer(plan_id="sixty", name_en="Sixty", data_mb=61440, price_minor=13900)
ENDLESS_ONE = offer(plan_id="endless", data_mb=None, fair_use_mb=2048, hotspot=False, price_minor=5990)


def told(*texts: str, language: str = "en") -> Turn:
    """A turn whose last message is the last text."""
    return turn(text=texts[-1], before=[dict(UserUttered(text)) for text in texts[:-1]], language=language)


@pytest.mark.parametrize(
    ("texts", "count"),
    [
        (["family of four, two weeks"], 4),
        (["two teenagers on tiktok", "we're a family of four"], 4),  # latest first: two of them are the teenagers
        (["2 adults, one 15yo and a 9 yo with an ipad"], 4),
        (["一家四口去十二天"], 4),
        (["两个孩子爱看动画", "一家四口"], 4),
        (["两大一小"], 3),
        (["我和老公两个人"], 2),
        (["我老公的手机是安卓"], 1),
        (["only me"], 1),
        (["two of us post reels all day, the other two just look at maps", "we are four people"], 4),
        (["one of us streams a lot", "hi, two people for ten days"], 2),
        (["3 of us watch films", "family of five"], 5),
        (["two of us need a lot, the other two don't"], 4),
        (["three of us are going now", "four people"], 3),
        (["其中两个人刷视频", "我们四个人"], 4),
        (["两个人追剧，另外两个人只看地图"], 4),
        (["two of us stream, the other two people don't"], 4),
        (["有一个人要开会", "我们三个人"], 3),
        (["我们两个人去", "四个人"], 2),
    ],
)
def test_people_are_counted_over_several_messages(texts: list[str], count: int) -> None:
    assert people(texts) == count


def test_what_was_told_in_several_messages_is_one_trip() -> None:
    need = need_of(told("4 people, 12 days in nz", "the kids watch netflix", "how much is that all together"))
    assert need == Need(4, 12.0, HEAVY)
    assert (need.a_day, need.each, need.total) == (2800, 8400, 33600)
    assert need_of(told("我们三个人玩十天", language="zh")) == Need(3, 10.0, SHARED)


def test_how_often_something_happens_is_no_length_of_a_trip() -> None:
    assert need_of(told("12 days", "one zoom call a day")).days == 12.0


@pytest.mark.parametrize(
    ("texts", "days", "each"),
    [
        (["14 days left of my trip, i use like 3gb a day"], 14.0, 3072),
        (["two weeks in nz", "I need 2 gigs per day for work"], 14.0, 2048),
        (["5gb for 14 days at 3 a day?? thats less than two days"], 14.0, 3072),
        (["玩10天，我一天3个G"], 10.0, 3072),
        (["去12天", "每天大概要用2g"], 12.0, 2048),
    ],
)
def test_what_is_used_each_day_replaces_the_rule_of_thumb(texts: list[str], days: float, each: int) -> None:
    need = need_of(told(*texts))
    assert (need.days, need.each_a_day, need.total) == (days, each, each * days)
    assert tells_of_trip(texts[-1])


@pytest.mark.parametrize(
    "text", ["is the 2GB/day one ok in haast?", "2 GB a day plan", "is 2gb a day enough", "每天2GB的那个"]
)
def test_the_data_of_a_plan_is_not_what_somebody_uses(text: str) -> None:
    assert need_of(told("12 days", text)).total == 0


def test_a_plan_of_a_smaller_part_each_day_does_not_hold_what_is_used() -> None:
    here = told("10 days, I use 3 GB a day")
    five = offer(plan_id="five", name_en="Five", data_mb=5120)
    assert [each.plan_id for each in fitting(here, [five, SIXTY, ENDLESS_ONE])] == ["sixty"]


def test_an_hour_of_calls_is_no_length_of_a_trip() -> None:
    assert need_of(turn(text="one call every evening, an hour", amount_of_time=0.042)).days is None
    assert tells_of_trip("and one video call home every evening")
    assert not tells_of_trip("where is the airport")


@pytest.mark.parametrize(
    "stop",
    ["and if we stop over in sydney for 2 days?", "3 days in Fiji on the way", "要是在悉尼转机停留两天呢"],
)
def test_a_stop_on_the_way_is_not_the_length_of_the_trip(stop: str) -> None:
    assert need_of(told("4 people, 16 days in nz", stop, "which plan covers both")).days == 16.0
    assert need_of(told(stop)).days in (2.0, 3.0)


def test_several_people_are_shown_what_holds_their_need() -> None:
    need = Need(4, 12.0, HEAVY)
    found = fits(need, [TEN, SIXTY, ENDLESS_ONE])
    # 34 GB: ten gigabytes to share are too little; each for itself needs 8.4 GB
    assert [(fit.offer.plan_id, fit.count) for fit in found] == [("sixty", 1), ("ten", 4), ("endless", 4)]
    assert fits(need, [offer(data_mb=1024)]) == []


def test_an_endless_plan_holds_what_its_part_of_a_day_holds() -> None:
    shared = offer(plan_id="shared", data_mb=None, fair_use_mb=2048, hotspot=True)
    assert [fit.count for fit in fits(Need(2, 10.0, HEAVY), [shared])] == [1]
    assert [fit.count for fit in fits(Need(4, 10.0, HEAVY), [shared])] == [4]


def test_the_need_is_said_before_the_plans_that_hold_it(monkeypatch: pytest.MonkeyPatch) -> None:
    here = told("4 people, 12 days, lots of netflix")
    monkeypatch.setattr(here, "orders", lambda: nullcontext())
    monkeypatch.setattr("actions.plans.offers.currency_of", lambda *_: "NZD")
    monkeypatch.setattr("actions.plans.recommend.currency_of", lambda *_: "NZD")
    recommend.recommend(here, (TEN,), (TEN, SIXTY))
    first = here.dispatcher.messages[0]
    assert (first["response"], first["total"], first["people"]) == ("utter_trip_need_group", "32.8 GB", 4)
    assert [card["reason"] for card in cards(here)] == [
        "enough for all 4 by one phone's hotspot",
        "one for each phone: 4 cost NZ$139.60",
    ]


def test_nothing_is_reckoned_that_was_not_told() -> None:
    assert not tell_need(told("which plans are there"), Need(1, 12.0, 0))
    assert not tell_need(told("a family of four"), Need(4, None, SHARED))


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("and two of them?", 2),
        ("what do 3 plans cost", 3),
        ("买两个多少钱", 2),
        ("第二个多少钱", 0),
        ("两个人", 0),
        ("the 20 GB one", 0),
        ("take three 5gb", 3),
    ],
)
def test_a_number_of_plans_is_named(text: str, count: int) -> None:
    assert count_named(text) == count
