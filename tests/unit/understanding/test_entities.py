"""Entities are found with exact spans and normalised values, in both languages."""

from timeit import repeat

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aftercare.catalogue.load import load_catalogue
from aftercare.understanding.entities import EntityFinder

ABOUT_THE_MESSAGE = {"language", "script"}


@pytest.fixture(scope="module")
def finder():
    return EntityFinder(load_catalogue())


def found(finder, text):
    return {(e.entity, e.value, text[e.start : e.end]) for e in finder.find(text) if e.entity not in ABOUT_THE_MESSAGE}


@pytest.mark.parametrize(
    ("text", "entity", "value", "span"),
    [
        ("my order is NZ10000001.", "order_number", "NZ10000001", "NZ10000001"),
        ("订单nz 1000 0001谢谢", "order_number", "NZ10000001", "nz 1000 0001"),
        ("單號ＮＺ－１００００００１", "order_number", "NZ10000001", "ＮＺ－１００００００１"),
        ("邮箱Wang@Example.com，谢谢", "email", "wang@example.com", "Wang@Example.com"),
        ("I'm in Queenstown and maps won't load", "location", "Queenstown", "Queenstown"),
        ("我在皇后镇", "location", "Queenstown", "皇后镇"),
        ("going to Australia next", "destination", "AU", "Australia"),
        ("接着去日本玩", "destination", "JP", "日本"),
        ("接著去澳洲", "destination", "AU", "澳洲"),
        ("it shows Vodafone", "operator", "One NZ", "Vodafone"),
        ("a plan for two weeks", "amount_of_time", 14.0, "two weeks"),
        ("14 days", "amount_of_time", 14.0, "14 days"),
        ("等了半天", "amount_of_time", 0.5, "半天"),
        ("待三个半月", "amount_of_time", 105.0, "三个半月"),
        ("十五天的", "amount_of_time", 15.0, "十五天"),
        ("两周左右", "amount_of_time", 14.0, "两周"),
        ("玩五六天", "amount_of_time", 6.0, "五六天"),
        ("住一个多月", "amount_of_time", 30.0, "一个多月"),
        ("20多天", "amount_of_time", 20.0, "20多天"),
        ("NZ.10000004那单", "order_number", "NZ10000004", "NZ.10000004"),
        ("emma@ example.com", "email", "emma@example.com", "emma@ example.com"),
        ("emma@example。com，谢谢", "email", "emma@example.com", "emma@example。com"),
        ("我邮箱emma@example.com。单号稍后", "email", "emma@example.com", "emma@example.com"),
        ("driving through Haast Pass", "location", "Haast", "Haast Pass"),
        ("人在大屏障島", "location", "Great Barrier Island", "大屏障島"),
        ("第卡波湖看星空", "location", "Lake Tekapo", "第卡波湖"),
    ],
)
def test_value_and_span(finder, text, entity, value, span):
    assert (entity, value, span) in found(finder, text)


@pytest.mark.parametrize(
    ("text", "device", "span"),
    [
        ("I have an iPhone 15 Pro Max here", "apple-iphone-15-pro-max", "iPhone 15 Pro Max"),
        ("用的是苹果15", "apple-iphone-15", "苹果15"),
        ("iphone15pro", "apple-iphone-15-pro", "iphone15pro"),
        ("on a Galaxy S24 Ultra", "samsung-galaxy-s24-ultra", "Galaxy S24 Ultra"),
        ("S24 Ultra扫不了", "samsung-galaxy-s24-ultra", "S24 Ultra"),
        ("我是小米14", "xiaomi-14", "小米14"),
        ("苹果15pm", "apple-iphone-15-pro-max", "苹果15pm"),
        ("ip15 pro能用吗", "apple-iphone-15-pro", "ip15 pro"),
        ("愛瘋14", "apple-iphone-14", "愛瘋14"),
        ("S24U", "samsung-galaxy-s24-ultra", "S24U"),
        ("an iPhone SE", "apple-iphone-se", "iPhone SE"),
        ("iPhone SE 2020", "apple-iphone-se-2", "iPhone SE 2020"),
        ("华为P60", "huawei-p60", "华为P60"),
        ("Redmi Note 13", "redmi-note-13", "Redmi Note 13"),
    ],
)
def test_devices_by_the_longest_name(finder, text, device, span):
    assert [(e.value, text[e.start : e.end]) for e in finder.find(text) if e.entity == "device"] == [(device, span)]


@pytest.mark.parametrize("text", ["3月份去", "24年买的", "sparkling water", "unmarked", "iphone150", "xNZ10000001"])
def test_what_only_looks_like_an_entity(finder, text):
    assert not found(finder, text)


def test_iccid_and_eid_by_their_check_digits(finder):
    text = "8964 0500 0000 0000 017 EID 89049032123451234512345678901235 or 89049032123451234512345678901236"
    values = {(e.entity, e.value) for e in finder.find(text)}
    assert ("eid", "89049032123451234512345678901235") in values
    assert not any(value == "89049032123451234512345678901236" for _, value in values)


@pytest.mark.parametrize(
    ("text", "language", "script"),
    [
        ("no signal here", "en", None),
        ("没有信号", "zh", "hans"),
        ("沒有訊號", "zh", "hant"),
        ("NZ10000001", None, None),
        ("😀", None, None),
    ],
)
def test_how_the_message_is_written(finder, text, language, script):
    said = {e.entity: e.value for e in finder.find(text)}
    assert (said.get("language"), said.get("script")) == (language, script)


@pytest.mark.parametrize(
    ("text", "tried"),
    [
        ("I've restarted twice and toggled airplane mode", {"restarted", "airplane_mode"}),
        ("重启过了，飞行模式也开关过了", {"restarted", "airplane_mode"}),
        ("重啟過了，飛行模式也開關過了", {"restarted", "airplane_mode"}),
        ("data roaming is on", {"roaming_on"}),
        ("漫游也开了还是没网", {"roaming_on"}),
        ("it's not working I restarted it", {"restarted"}),
        ("手动选过网络了", {"manual_network"}),
        ("deleted the esim and reinstalled it", {"reinstalled"}),
        ("换了个手机也不行", {"other_phone"}),
        ("reset network settings already", {"network_reset"}),
        ("还原过网络设置", {"network_reset"}),
        ("I haven't restarted yet", set()),
        ("没重启过", set()),
        ("还没重启过", set()),
        ("should I have roaming on?", set()),
        ("漫游要打开吗", set()),
        ("怎么重启手机", set()),
        ("is data roaming on by default?", set()),
        ("do I need to turn on airplane mode", set()),
    ],
)
def test_what_was_tried(finder, text, tried):
    assert {e.value for e in finder.find(text) if e.entity == "tried"} == tried


@given(st.text(st.one_of(st.characters(), st.sampled_from("NZ0１2 @.-苹果14两周没重启過iphone "))))
@settings(max_examples=300, deadline=None)
def test_any_text_gives_spans_inside_it(finder, text):
    for entity in finder.find(text):
        assert 0 <= entity.start < entity.end <= len(text)


@pytest.mark.parametrize("unit", ["1", "nz", "a@", "重启", "tried ", "iphone ", "两", "x", "."])
def test_long_text_without_sense_is_read_in_time(finder, unit):
    text = (unit * 10_000)[:10_000]
    # The fastest of three: a machine that stands still for a moment says nothing about the patterns.
    assert min(repeat(lambda: finder.find(text), number=1, repeat=3)) < 1


@pytest.mark.parametrize(
    ("text", "device"),
    [
        ("国行 iPhone 15", "apple-iphone-mainland-china"),
        ("我的iphone 15 pro是国行的", "apple-iphone-mainland-china"),
        ("國行蘋果15", "apple-iphone-mainland-china"),
        ("iPhone 14，在大陆买的", "apple-iphone-mainland-china"),
        ("iphone 15 (chinese version)", "apple-iphone-mainland-china"),
        ("my iPhone 15 was bought in mainland China", "apple-iphone-mainland-china"),
        ("it's a mainland iphone", "apple-iphone-mainland-china"),
        ("iPhone 15 bought in Japan", "apple-iphone-15"),
        ("港版 iPhone 15", "apple-iphone-15"),
        ("I fly from China with an iPhone 15", "apple-iphone-15"),
        ("在新西兰用 iPhone 15，国内的号码还能用吗", "apple-iphone-15"),
    ],
)
def test_an_iphone_sold_in_mainland_china_is_another_phone(finder, text, device):
    assert [value for entity, value, _ in found(finder, text) if entity == "device"] == [device]


def test_only_iphones_leave_the_esim_out_there(finder):
    devices = [value for entity, value, _ in found(finder, "my Pixel 8 was bought in China") if entity == "device"]
    assert devices == ["google-pixel-8"]


# The commonest English words, those of two and three letters above all: no name may be found in one of them, nor in two
# of them side by side.
LISTED = """
    ai am an as at be by do go he hi if in is it me mr my no of oh ok on or pm so to tv up us we ya yo
    add age ago aim air all and any app are arm art ask ate bad bag ban bar bed bet big bit box boy bug bus but buy bye
    can car cat cut dad day did die dim dip dog dot dry due eat end eye far fee few fit fix fly for fun gap gas get god
    got gun guy had has hat her hey hid him hip his hit hot how ill its jet job joy key kid kit lab lad law led let lid
    lie lit log lot low mad man map may men met mix mom mud mum net new nor not now nut odd off oil old one our out own
    pay pen per pet pin pop put ran raw red rid run sad sat saw say sea see set she sir sit six sky son sum sun tap tax
    tea ten the tie tip toe ton too top toy try two use van via war was wax way web wet who why win won yes yet you zip
    a able about after again airport already also always another around away back been before being better both bought
    bring call came card cell check code come could data does done down each else email even every first found from gave
    give good great group hand have hello help here home hotel hour into just keep kind know land large last late later
    left less life like line link little live long look made mail make many maybe message might mobile money more most
    move much must name need never next nice night note number only open order other over own part phone place plan
    please point question really right said same scan screen send settings should show since slow small smart some
    something sorry still such support sure switch take taxi text than thank that them then there these they thing think
    this though through time today told tonight travel tried turn under until very wait want water weak week well went
    were what when where which while will with without word work works would wrong year your
"""
COMMON_WORDS = LISTED.split()


@pytest.mark.parametrize("change", [str.lower, str.upper, str.title])
def test_no_common_word_is_a_name(finder, change):
    alone = [word for word in COMMON_WORDS if finder.named(change(f"so, {word}."))]
    assert not alone


def test_no_name_is_found_across_two_common_words(finder):
    across = [
        (first, entity)
        for first in COMMON_WORDS
        for half in (COMMON_WORDS[::2], COMMON_WORDS[1::2])
        for entity in finder.named("; ".join(f"{first} {second}" for second in half))
        if entity.entity not in ("amount_of_time", "device")
    ]
    assert not across


@pytest.mark.parametrize(
    ("text", "entity", "value", "span"),
    [
        ("flying on to the US next week", "destination", "US", "US"),
        ("then the u.s. for ten nights", "destination", "US", "u.s"),
        ("下一站US", "destination", "US", "US"),
        ("US", "destination", "US", "US"),
        ("back in nz", "destination", "NZ", "nz"),
        ("an i phone 14 pro", "device", "apple-iphone-14-pro", "i phone 14 pro"),
        ("her i phone has no bars", "device", "apple-iphone", "i phone"),
        ("Hong\u2009Kong first", "destination", "HK", "Hong\u2009Kong"),
    ],
)
def test_a_name_that_looks_like_words_is_found_as_it_is_written(finder, text, entity, value, span):
    assert (entity, value, span) in found(finder, text)


@pytest.mark.parametrize(
    "text",
    [
        "could you tell us why",
        "COULD SOMEBODY TELL US WHY",
        "this gives us a headache",
        "we sat on the bus an age",
        "we go a little further south",
        "I phone the hotel and hear nothing",
        "nothing happens when I phone my sister",
    ],
)
def test_words_are_no_name(finder, text):
    assert not {entity for entity, _, _ in found(finder, text)} & {"destination", "device"}


@pytest.mark.parametrize(
    ("text", "key"),
    [("我一早話重開過機", "restarted"), ("漫遊一早開咗", "roaming_on"), ("关过机再开还是没网", "restarted")],
)
def test_steps_taken_are_found_in_cantonese_too(text: str, key: str) -> None:
    found = [entity for entity in EntityFinder(load_catalogue()).find(text) if entity.entity == "tried"]
    assert [entity.value for entity in found] == [key]
    assert all(entity.end <= len(text) for entity in found)
