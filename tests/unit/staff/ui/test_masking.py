"""Nothing that names a person is left in a training sentence, and what stays is still well annotated."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aftercare.base.identifiers import luhn_digit, valid_eid, valid_iccid, valid_imei
from aftercare.staff.ui import masking
from aftercare.staff.ui.masking import Span, mask

DIGITS = st.text("0123456789", min_size=1, max_size=1)


def digits(number: int) -> st.SearchStrategy[str]:
    return st.text("0123456789", min_size=number, max_size=number)


def with_luhn(body: str) -> str:
    return body + luhn_digit(body)


def eid(body: str) -> str:
    return next(f"{body}{end:02d}" for end in range(98) if int(f"{body}{end:02d}") % 97 == 1)


def spaced(number: str, joint: str, every: int) -> str:
    return joint.join(number[at : at + every] for at in range(0, len(number), every))


SEPARATED = st.tuples(st.sampled_from(["", " ", "-", ".", " - "]), st.integers(2, 5))
NUMBERS = st.one_of(
    digits(8).map(lambda d: f"NZ{d}"),
    digits(16).map(lambda d: with_luhn("89" + d)),
    digits(17).map(lambda d: with_luhn("89" + d)),
    digits(26).map(lambda d: eid("8904" + d)),
    digits(14).map(with_luhn),
    digits(15).map(lambda d: with_luhn("4" + d)),
    digits(8).map(lambda d: f"+6421{d}"),
    digits(9).map(lambda d: f"13{d}"),
    digits(7),
)
FILLERS = st.sampled_from(
    ["", "my esim does not work ", "请帮我查一下", "訂單", "order: ", "我的号码是", "help! ", "（", "iPhone 15 "]
)
LOCAL = st.from_regex(r"[a-z][a-z0-9._+-]{0,20}[a-z0-9]", fullmatch=True)
DOMAIN = st.from_regex(r"[a-z][a-z0-9-]{1,10}\.(com|co\.nz|cn|org)", fullmatch=True)
NAMES = st.sampled_from(["Emma", "wiremu", "Zoë", "O'Brien", "Anne-Marie", "Smith", "Ngaio", "chen"])
CHINESE_NAMES = st.sampled_from(["王小明", "李雷", "韩梅梅", "欧阳娜娜", "张伟", "陳美玲"])
ENGLISH_NAMING = st.sampled_from(["my name is ", "My Name's ", "name: ", "I am called ", "Mr. "])
CHINESE_NAMING = st.sampled_from(["我叫", "我的名字是", "姓名：", "我的姓名是", "联系人：", "乘客人是"])


@given(FILLERS, NUMBERS, SEPARATED, FILLERS)
def test_no_long_number_survives(before: str, number: str, joint: tuple[str, int], after: str) -> None:
    written = spaced(number, *joint) if not number.startswith(("NZ", "+")) else number
    masked = mask(f"{before}{written} {after}").text
    left = re.sub(r"\D", "", masked)
    neutral = {re.sub(r"\D", "", value) for value in NEUTRAL}
    assert re.sub(r"\D", "", number) not in left or re.sub(r"\D", "", number) in neutral
    for run in re.findall(r"\d(?:[ .-]{0,3}\d){6,}", masked.replace("15 ", "")):
        assert re.sub(r"\D", "", run) in neutral


NEUTRAL = (masking.neutral_order_number(), masking.ICCID, masking.EID, masking.IMEI, masking.CARD, masking.PHONE)


@given(
    FILLERS, LOCAL, st.sampled_from(["@", "＠", " @ ", " at "]), DOMAIN, st.sampled_from(["", "谢谢", ", thanks", "。"])
)
def test_no_address_survives(before: str, local: str, sign: str, domain: str, after: str) -> None:
    written = domain.replace(".", " dot ") if sign == " at " else domain
    masked = mask(f"{before}{local}{sign}{written}{after}")
    assert local not in masked.text.replace(masking.EMAIL, "").replace(before, "") or len(local) < 4
    assert [masked.text[s.start : s.end] for s in masked.spans if s.entity == "email"] == [masking.EMAIL]
    assert domain.split(".")[0] not in masked.text.replace(masking.EMAIL, "").replace(before, "").split()


@given(
    ENGLISH_NAMING, st.lists(NAMES, min_size=1, max_size=3), st.sampled_from([".", ", my esim fails", " and I wait"])
)
def test_no_name_survives_its_announcement(naming: str, names: list[str], after: str) -> None:
    masked = mask(f"hello. {naming}{' '.join(names)}{after}").text
    assert not any(name in masked for name in names)
    assert after.strip(" .") in masked


@given(CHINESE_NAMING, CHINESE_NAMES, st.sampled_from(["", "，卡用不了", "。想退款", " 在奥克兰", "我的卡没信号"]))
def test_no_chinese_name_survives_its_announcement(naming: str, name: str, after: str) -> None:
    masked = mask(f"你好，{naming}{name}{after}").text
    assert name not in masked
    assert masked.endswith(after.strip())


@settings(max_examples=300)
@given(st.text(max_size=200))
def test_any_text_becomes_one_line(text: str) -> None:
    once = mask(text)
    assert len(once.text.splitlines()) <= 1
    for span in once.spans:
        assert 0 <= span.start < span.end <= len(once.text)


PARTS = [
    ("iPhone 15", "device"),
    ("皇后镇", "destination"),
    ("7天", "amount_of_time"),
    ("NZ 4321-8765", "order_number"),
    ("a@b.co", "email"),
    ("没信号", None),
    ("my name is Bob.", None),
    ("call 0211234567", None),
]


@given(st.lists(st.sampled_from(PARTS), min_size=1, max_size=6))
def test_entities_keep_their_words(parts: list[tuple[str, Any]]) -> None:
    text, entities = "  ", []
    for words, entity in parts:
        if entity:
            entities.append({"entity": entity, "start": len(text), "end": len(text) + len(words), "value": words})
        text += words + ", "
    masked = mask(text, entities)
    said = [(span.entity, masked.text[span.start : span.end]) for span in masked.spans]
    instead = {"order_number": masking.neutral_order_number(), "email": masking.EMAIL}
    assert said == [(entity, instead.get(entity, words)) for words, entity in parts if entity]


def test_neutral_values_are_what_they_stand_for() -> None:
    assert valid_iccid(masking.ICCID)
    assert valid_eid(masking.EID)
    assert valid_imei(masking.IMEI)
    card = masking.CARD.replace(" ", "")
    assert luhn_digit(card[:-1]) == card[-1]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("nz 1000 0003 不能激活", "NZ10000001 不能激活"),
        ("手机号１３８ 1234 5678", "手机号021 555 0100"),
        ("手机一三八一二三四五六七八", "手机021 555 0100"),
        ("邮箱wang@qq.com谢谢", "邮箱traveller@example.com谢谢"),
        ("passport E12345678", "passport A0000"),
        ("LPA:1$smdp.plus.com$ABC-DEF 扫不了", "LPA:1$smdp.example.com$A1B2 扫不了"),
        ("I'm Emma Wilson, no signal", "I'm Alex, no signal"),
        ("Cheers, Tom", "Cheers, Alex"),
        ("王先生您好", "小王先生您好"),
        ("see https://shop.example/orders?mail=me", "see https://example.com"),
    ],
)
def test_replaces(text: str, expected: str) -> None:
    assert mask(text).text == expected


@pytest.mark.parametrize(
    "text",
    [
        "paid NZ$44.90 for 10 GB, 30 days",
        "bought on 2026-11-20, flying 3/12/2026",
        "iPhone 15 Pro Max 没有信号",
        "I'm not happy",
        "Hi I can't connect",
        "error 5000 on SM-S928B",
        "三天后到皇后镇",
        "我是要退款",
    ],
)
def test_leaves_what_names_nobody(text: str) -> None:
    assert mask(text) == (text, ())


def test_a_known_phone_is_no_name() -> None:
    text = "This is Samsung S24"
    device = {"entity": "device", "start": 8, "end": 19}
    assert mask(text, [device]) == (text, (Span("device", 8, 19),))


def test_what_the_assistant_knows_of_the_message_is_no_annotation() -> None:
    whole = {"entity": "language", "start": 0, "end": 2, "value": "en"}
    assert mask("no", [whole]).spans == ()


@pytest.mark.parametrize(
    ("written", "left"),
    [
        ("I live at 12 Queen Street, Auckland 1010", "I live at 1 Example Street"),
        ("I'm at 5/23 Ponsonby Rd", "I'm at 1 Example Street"),
        ("我住在上海市浦东新区世纪大道100号", "我住在示例路1号"),
        ("地址 北京市朝阳区建国路88号3号楼502室", "地址 示例路1号"),
        ("passport LM 482193 please", "passport A0000 please"),
        ("护照号码是E12345678", "护照号码是A0000"),
        ("booking ref XK7P2Q", "booking ref A0000"),
        ("see shop.nz/o/abc?token=9fj3k2", "see https://example.com"),
        ("https://shop.nz/reset?token=abc123 broken", "https://example.com broken"),
        ("it says eyJhbGciOiJIUzI1NiJ9.eyJzdWIi.abc", "it says A0000"),
        ("my wechat is jane_1990", "my wechat is A0000"),
        ("微信号 wxid_abc123", "微信号 A0000"),
        ("telegram: @jane_doe", "telegram: @traveller"),
        ("the PIN is 4821", "the PIN is A0000"),
    ],
)
def test_addresses_accounts_and_secrets_are_replaced(written: str, left: str) -> None:
    assert mask(written).text == left


@pytest.mark.parametrize(
    "written",
    [
        "10 GB plan for 2 weeks on the road", "地铁2号线没信号", "想要5号套餐", "my iPhone 15 pro max",
        "account for 2 devices", "酒店预订了3晚", "apn is internet.telco.com", "is 5G confirmed",
    ],
)  # fmt: skip
def test_ordinary_words_stay(written: str) -> None:
    assert mask(written).text == written
