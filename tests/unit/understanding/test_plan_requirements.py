"""Data, hotspot and calls that a text asks for."""

import pytest

from aftercare.understanding.plan_questions import asks_for_any
from aftercare.understanding.plan_requirements import (
    ENDLESS,
    data_each_day,
    data_wanted,
    plan_attribute,
    wants_calls,
    wants_hotspot,
)


@pytest.mark.parametrize(
    ("text", "mb"),
    [
        ("15GB", 15360),
        ("500 mb", 500),
        ("要20个G的", 20480),
        ("unlimited", ENDLESS),
        ("is it 5G?", 0),
        ("1 or 2 GB", 2048),
    ],
)
def test_data(text: str, mb: int) -> None:
    assert data_wanted(text) == mb


def test_hotspot_and_calls() -> None:
    assert wants_hotspot("tether my laptop")
    assert not wants_hotspot("for my phone")
    assert wants_calls("能打电话的")
    assert not wants_calls("data only")


@pytest.mark.parametrize(
    ("text", "attribute"),
    [
        ("can I share it with my laptop", "hotspot"), ("能开热点吗", "hotspot"), ("可以分享給平板嗎", "hotspot"),
        ("does it have a local number", "calls"), ("能打电话吗", "calls"),
        ("does it work in Australia", "countries"), ("覆盖哪些国家", "countries"), ("where can I use it", "countries"),
        ("how much is it", "price"), ("幾多錢", "price"), ("贵不贵", "price"),
        ("how long is it valid", "days"), ("能用几天", "days"), ("有效期多久", "days"),
        ("how many gigs", "data"), ("多少流量", "data"), ("几个g", "data"),
        ("how much data for how long", "days"),  # the order in which they are looked for
        ("is it any good", None), ("好用吗", None), ("", None),
    ],
)  # fmt: skip
def test_what_is_asked_of_a_plan(text: str, attribute: str | None) -> None:
    assert plan_attribute(text) == attribute


@pytest.mark.parametrize(
    ("text", "data"),
    [("the 5GB one", 5120), ("3GB的", 3072), ("4gb or so", 4096), ("is it 5G", 0), ("3G网络", 0), ("5G流量", 5120)],
)
def test_gigabytes_are_no_generation_of_networks(text: str, data: int) -> None:
    assert data_wanted(text) == data


@pytest.mark.parametrize(
    ("text", "attribute"),
    [
        ("which network does the 2 GB a day one use", "networks"), ("它走哪家网络", "networks"),
        ("I mean the 2 GB a day, 15 days one", "data"), ("is the 10 day one any good", None),
        ("how many days", "days"),
    ],
)  # fmt: skip
def test_days_in_the_name_of_a_plan_ask_for_nothing(text: str, attribute: str | None) -> None:
    assert plan_attribute(text) == attribute


@pytest.mark.parametrize(
    ("text", "mb"),
    [("the 2 GB a day one", 2048), ("3gb per day", 3072), ("每天2GB的那个", 2048), ("10 GB for 15 days", 0)],
)
def test_data_of_each_day(text: str, mb: int) -> None:
    assert data_each_day(text) == mb


@pytest.mark.parametrize(
    ("text", "any_"),
    [
        ("are there any with phone calls included?", True), ("list plans with calls please", True),
        ("有没有能打电话的套餐", True), ("哪个能打电话", True),
        ("does it have calls", False), ("does that one have any calls", False), ("这几个能打电话吗", False),
        ("第一个有没有热点", False),
    ],
)  # fmt: skip
def test_what_there_is_rather_than_this_one(text: str, any_: bool) -> None:
    assert asks_for_any(text) is any_
