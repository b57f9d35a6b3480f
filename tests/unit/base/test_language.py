"""Language and script of a message, and what conversion between scripts may and may not change."""

from __future__ import annotations

import re
from timeit import repeat

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aftercare.base.language import LANGUAGES, DetectedLanguage, normalise, to_simplified, to_traditional, written
from aftercare.base.responses import all_responses, as_domain
from aftercare.catalogue.load import load_catalogue
from aftercare.catalogue.models import Device

HAN_TEXT = st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF))
MIXED_TEXT = st.lists(
    st.one_of(st.text(max_size=8), HAN_TEXT, st.sampled_from(["eSIM ", "NZ10000001 ", "no data ", "訊號"]))
)


@given(MIXED_TEXT.map("".join))
def test_simplifying_keeps_every_offset(text: str) -> None:
    assert len(to_simplified(text)) == len(text)


@given(MIXED_TEXT.map("".join))
def test_any_text_can_be_judged(text: str) -> None:
    language, script = written(text)
    assert language in (*LANGUAGES, None)
    assert script in ("hans", "hant", None)
    assert script is None or language == "zh"


@given(st.text(st.characters(max_codepoint=0x2FF)))
def test_conversion_leaves_latin_text_alone(text: str) -> None:
    assert to_traditional(text) == to_simplified(text) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("我的eSIM激活不了", DetectedLanguage("zh", None)),  # written alike in both scripts
        ("我的eSIM無法啟用", DetectedLanguage("zh", "hant")),
        ("你好", DetectedLanguage("zh", None)),
        ("我的eSIM没信号", DetectedLanguage("zh", "hans")),
        ("eSIM 没 signal", DetectedLanguage("zh", "hans")),
        ("开热点可以吗？", DetectedLanguage("zh", "hans")),
        ("有訊號但上不了網", DetectedLanguage("zh", "hant")),
        ("my eSIM 激活不了 what should I do", DetectedLanguage("en", None)),
        ("I want a refund", DetectedLanguage("en", None)),
        ("no data", DetectedLanguage("en", None)),
        ("What's an eSIM?", DetectedLanguage("en", None)),
    ],
)
def test_a_message_is_judged_by_its_words(text: str, expected: DetectedLanguage) -> None:
    assert written(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "OK",
        "ok!",
        "NZ10000001",
        "nz 1000 0001",
        "wang@example.com",
        "NZ10000001 wang@example.com",
        "LPA:1$smdp.kiwiroam.example.com$KA0E6-A16A3-B39F6",
        "8988300000000000013",
        "https://example.com/help/my-order",
        "iPhone 15 Pro Max",
        "iPhone SE",
        "Nothing Phone 2",
        "redmi note 12",
        "Motorola Edge 40, Spark",
        "Milford Sound",
        "one nz",
        "5G",
        "😀👍",
        "???",
    ],
)
def test_identifiers_and_shared_words_say_nothing(text: str) -> None:
    assert written(text) == DetectedLanguage(None, None)


@pytest.mark.parametrize("neutral", ["OK", "NZ10000001", "wang@example.com", "iPhone 15"])
@pytest.mark.parametrize(("words", "language"), [("激活不了", "zh"), ("I have no signal here", "en")])
def test_identifiers_change_nothing(neutral: str, words: str, language: str) -> None:
    assert written(f"{words} {neutral}").language == written(f"{neutral} {words}").language == language


@pytest.mark.parametrize("device", load_catalogue().devices, ids=lambda device: device.id)
def test_no_phone_tells_a_language(device: Device) -> None:
    for name in (device.model, f"{device.brand} {device.model}"):
        assert written(name).language in (None, "zh"), name


@pytest.mark.parametrize("name", ["三星", "三星的手機", "小米手机", "蘋果手機", "奧克蘭", "韩国"])
def test_a_name_in_chinese_tells_no_script(name: str) -> None:
    assert written(name) == DetectedLanguage("zh", None)


def test_words_beside_a_name_tell_the_script() -> None:
    assert written("我是用三星的手機上網").script == "hant"
    assert written("我用三星手机上网").script == "hans"
    assert written("三星手機，没信号").script == "hans"


@pytest.mark.parametrize("odd", ["\0", "\ud83d", "\udc00\0"])
def test_characters_that_json_can_carry_break_nothing(odd: str) -> None:
    assert to_simplified(f"{odd}訊號{odd}") == f"{odd}讯号{odd}"
    assert to_traditional(f"{odd}信号{odd}") == f"{odd}訊號{odd}"
    assert written(f"{odd}信号不好{odd}") == DetectedLanguage("zh", "hans")


def test_a_pasted_book_is_judged_at_once() -> None:
    book = "a1@" * 300_000 + "激活"
    # The fastest of three: a machine that stands still for a moment says nothing about the judging.
    assert min(repeat(lambda: written(book), number=1, repeat=3)) < 1


@pytest.mark.parametrize(
    ("simplified", "traditional"),
    [
        ("没有信号，请重启手机", "沒有訊號，請重新啟動手機"),
        ("点“打开照片”，再看‘设置’", "點「開啟照片」，再看『設定』"),
        ("在安卓手机的谷歌地图里", "在 Android 手機的 Google 地圖裡"),
        ("用中国移动的卡，套餐里扣", "用中國移動的卡，方案裡扣"),
        ("设置 > 通用 > 详细信息", "設定 > 一般 > 詳細資訊"),
        ("智能助手支持转人工", "智慧助理支援轉真人客服"),
        ("账单发到邮箱，联系人工客服", "帳單發到電子郵件信箱，聯絡真人客服"),
        ("打开设置 > 蜂窝网络", "開啟設定 > 行動服務"),
        ("移动网络和数据漫游", "行動網路和數據漫遊"),
        ("打开移动数据", "開啟行動數據"),
        ("去新西兰和澳大利亚", "去紐西蘭和澳洲"),
        ("添加 eSIM", "加入 eSIM"),
        ("扫描二维码", "掃描 QR 碼"),
        ("二维码还没用过", "QR 碼還沒用過"),
        ("请扫 QR 码", "請掃 QR 碼"),
        ("换一根数据线", "換一根數據線"),  # a cable, not a network
        ("正在排队等待人工客服，转人工审核", "正在排隊等待真人客服，轉人工審核"),
        ("和家人视频通话，看腾讯视频和别的视频", "和家人視訊通話，看騰訊視頻和別的影片"),
        ("后台 App 刷新，在后台更新", "背景 App 重新整理，在背景更新"),
        ("读屏软件和折叠屏", "螢幕報讀軟體和摺疊螢幕"),
    ],
)
def test_traditional_uses_the_words_of_taiwans_phones(simplified: str, traditional: str) -> None:
    assert to_traditional(simplified) == traditional


def said() -> list[str]:
    texts = [variation["text"] for variations in as_domain(all_responses()).values() for variation in variations]
    assert len(texts) > 100
    return texts + list(all_responses()["zh"].phrases.values())


def test_no_word_is_replaced_within_another_that_is_longer() -> None:
    doubled = re.compile(r"([\u4e00-\u9fff]{2})\1")
    for text in said():
        assert len(doubled.findall(to_traditional(text))) == len(doubled.findall(text)), text


def test_converting_what_is_converted_changes_nothing() -> None:
    texts = said()
    once = [to_traditional(text) for text in texts]
    assert [to_traditional(text) for text in once] == once
    assert once != texts


@pytest.mark.parametrize(
    ("text", "plain"),
    [("ＮＺ１０００００００１", "NZ100000001"), ("請問這張卡", "请问这张卡"), ("５Ｇ 訊號", "5G 讯号")],
)
def test_normalised_text_can_be_compared(text: str, plain: str) -> None:
    assert normalise(text) == plain
