"""What words plainly state of switches, devices and places, and how it corrects what they resemble."""

from __future__ import annotations

import pytest

from aftercare.catalogue.load import load_catalogue
from aftercare.understanding.entities import EntityFinder
from aftercare.understanding.statements import Whereabouts, places, put_right, statements, with_statements
from tests.support.readings import reading

FINDER = EntityFinder(load_catalogue())


def labels(found) -> list[str]:
    return [str(read.command) for read in found.commands]


def said_of_places(text: str) -> Whereabouts:
    return places(text, [entity._asdict() for entity in FINDER.named(text)])


@pytest.mark.parametrize(
    ("text", "fact"),
    [
        ("aeroplane mode is switched off", "airplane_symbol"),
        ("my flight mode isn't on though", "airplane_symbol"),
        ("we are not in plane mode", "airplane_symbol"),
        ("飞行模式是关着的", "airplane_symbol"),
        ("飛行模式沒有開", "airplane_symbol"),
        ("the VPN is not running", "vpn_symbol"),
        ("there is no vpn", "vpn_symbol"),
        ("VPN关掉了", "vpn_symbol"),
        ("low data mode is disabled", "data_saver"),
        ("省流量模式没开", "data_saver"),
    ],
)
def test_what_is_off_shows_no_symbol(text: str, fact: str) -> None:
    said = statements(text)
    assert fact in said.denied
    assert not said.seen
    for situation in ("idle", "step"):
        assert f"observe:{fact}" not in labels(with_statements(reading(f"observe:{fact}", situation=situation), text))


@pytest.mark.parametrize(
    "text",
    [
        "airplane mode is on",
        "is plane mode off?",
        "should the vpn be off",
        "I can't get flight mode off",
        "switched airplane mode on and off",
        "飞行模式开着",
        "飞行模式要不要关",
        "飞行模式关不掉",
        "飞行模式开关过了",
    ],
)
def test_what_is_on_asked_or_only_tried_denies_nothing(text: str) -> None:
    assert statements(text) == (frozenset(), frozenset(), frozenset())


@pytest.mark.parametrize(
    ("text", "fact"),
    [
        ("data roaming had been off, I've put it on", "roaming_off"),
        ("漫游本来没开，我打开了", "roaming_off"),
        ("漫遊之前是關的，現在開了", "roaming_off"),
        ("the phone was in flight mode. it is off now", "airplane_symbol"),
        ("vpn原来开着，已经关了", "vpn_symbol"),
    ],
)
def test_what_was_put_right_waits_for_its_outcome(text: str, fact: str) -> None:
    assert statements(text).undone == {fact}
    asked = reading(f"observe:{fact}", situation="step", asked="data_line")
    assert labels(with_statements(asked, text)) == ["step:done"]
    worked = reading(f"observe:{fact}", "step:works", situation="step", asked="data_line")
    assert labels(with_statements(worked, text)) == ["step:works"]


@pytest.mark.parametrize("text", ["it had been off, now it is on", "之前是关着的，我开了"])
def test_a_switch_of_the_step_needs_no_name(text: str) -> None:
    assert put_right(text)
    assert "step:done" in labels(with_statements(reading("unclear@0.2", situation="step", asked="roaming"), text))


@pytest.mark.parametrize(
    "text", ["it was on all the time", "it was off, should it be on?", "一直是开着的", "之前关了，现在打不开"]
)
def test_a_switch_that_did_not_change_was_not_put_right(text: str) -> None:
    assert not put_right(text)


def test_a_switch_that_is_still_off_is_seen() -> None:
    for text in ("roaming is off here", "漫游没有打开"):
        assert statements(text).seen == {"roaming_off"}
    assert not statements("roaming is off on my home sim").seen


def test_of_the_step_that_switches_it_off_it_is_done() -> None:
    asked = reading("observe:vpn_symbol", situation="step", asked="vpn_off")
    assert labels(with_statements(asked, "the vpn is off")) == ["step:done"]


@pytest.mark.parametrize(
    "text",
    [
        "for mobile data the phone will not decide, always ask is chosen",
        "data is set to ask each time",
        "the phone switches sims automatically",
        "上网那张卡写着总是询问",
        "打开了自动切换数据卡",
    ],
)
def test_a_line_that_the_phone_chooses_is_the_wrong_one(text: str) -> None:
    assert "home_line_data" in statements(text.replace("will not", "does not")).seen


def test_for_calls_it_may_ask() -> None:
    assert not statements("for calls it is set to ask every time").seen
    assert not statements("打电话每次询问用哪张卡").seen


@pytest.mark.parametrize(
    "text",
    [
        "all I've got is my mobile, there is no second screen",
        "just the one phone here",
        "I left my laptop in the hotel",
        "how do I scan it, I only have one device",
        "身边没有别的手机",
        "没带电脑",
        "就一部手机怎么扫呢",
    ],
)
def test_one_device_is_a_fact_of_the_installation(text: str) -> None:
    assert "one_device" in statements(text).seen
    asked = reading("step:not_now", "ask_how@0.4", situation="step", asked="install_qr", units="some.unit@0.9")
    found = with_statements(asked, text)
    assert labels(found) == ["observe:one_device"]
    assert not found.units
    other = reading("step:not_now", situation="step", asked="roaming")
    assert labels(with_statements(other, text)) == ["step:not_now"]


def test_words_of_a_picture_state_nothing() -> None:
    asked = reading("observe:vpn_symbol", situation="step", asked="roaming")
    assert with_statements(asked, "VPN off", typed=False) is asked


@pytest.mark.parametrize(
    ("text", "stated", "denied"),
    [
        ("our apartment in Auckland has no signal", ("location", "Auckland"), ()),
        ("I isnt in Auckland", None, ("Auckland",)),
        ("my data isn't working in Wellington", ("location", "Wellington"), ()),
        ("I can't get any signal in Wanaka", ("location", "Wanaka"), ()),
        ("we're not yet in Australia", None, ("AU",)),
        ("I'm in New Zealand by now", ("destination", "NZ"), ()),
        ("not in Fiji at all, I'm in Wellington", ("location", "Wellington"), ("FJ",)),
        ("we are in Wanaka, not in Brisbane", ("location", "Wanaka"), ("AU",)),
        ("I haven't left New Zealand, we are in New Zealand", ("destination", "NZ"), ()),
        ("we arrived in Australia", ("destination", "AU"), ()),
        ("人已经到新西兰了", ("destination", "NZ"), ()),
        ("我没去过斐济，我在惠灵顿", ("location", "Wellington"), ("FJ",)),
        ("我人在紐西蘭，不在澳洲", ("destination", "NZ"), ("AU",)),
        ("I'll be in New Zealand on Friday", None, ()),
        ("does it work in New Zealand", None, ()),
        ("明天才到新西兰", None, ()),
        ("这卡在新西兰能用吗", None, ()),
    ],
)
def test_where_somebody_is_and_is_not(text: str, stated: tuple[str, str] | None, denied: tuple[str, ...]) -> None:
    assert said_of_places(text)[:2] == (stated, denied)


@pytest.mark.parametrize(
    ("text", "ahead"),
    [
        ("we fly to New Zealand on Friday", ("destination", "NZ")),
        ("I'll be in Queenstown tomorrow", ("location", "Queenstown")),
        ("后天才到新西兰", ("destination", "NZ")),
        ("今晚飛奧克蘭", ("location", "Auckland")),
        ("I'm in New Zealand", None),
        ("when do I fly to New Zealand?", None),
    ],
)
def test_where_the_journey_leads(text: str, ahead: tuple[str, str] | None) -> None:
    assert said_of_places(text).ahead == ahead


@pytest.mark.parametrize(
    "text", ["data roaming is on", "roaming has been on all along", "漫游是开着的", "数据漫游一直是开的"]
)
def test_a_switch_that_is_on_as_it_should_be_is_seen(text: str) -> None:
    told = with_statements(reading("ask@0.3", situation="step", asked="data_line"), text)
    assert labels(told) == ["observe:roaming_on"]
    assert labels(with_statements(reading("ask@0.9", situation="told"), text)) == ["ask"]


@pytest.mark.parametrize(
    ("text", "stated", "left"),
    [
        ("nothing in Haast, in Wanaka it worked fine", ("location", "Haast"), ("Wanaka",)),
        (
            "it was fine in Nelson, we came via Picton and in Kaikoura it is dead",
            None,
            ("Nelson", "Picton"),
        ),
        ("昨天在基督城正常，今天在凯库拉没网", ("location", "Kaikoura"), ("Christchurch",)),
        ("it works in Queenstown but slow", None, ()),
    ],
)
def test_the_place_of_a_fault_is_not_where_it_worked_or_what_was_passed(
    text: str, stated: tuple[str, str] | None, left: tuple[str, ...]
) -> None:
    found = said_of_places(text)
    assert set(left) <= set(found.denied)
    if stated is not None:
        assert found.stated == stated


def test_each_of_several_places_where_people_are() -> None:
    assert said_of_places("他在皇后镇，我在基督城").all_stated == (
        ("location", "Queenstown"),
        ("location", "Christchurch"),
    )
