"""What is told on of a screen: what is known, and nothing of the rest."""

from __future__ import annotations

from pathlib import Path

import pytest

from aftercare.catalogue.yaml_file import CatalogueError
from aftercare.screenshots.selection import ScreenText, select
from aftercare.screenshots.signs import ScreenSigns, screen_signs
from tests.support.screens import boxes


def read(*rows: str | tuple[str, ...], status: tuple[str, ...] = (), qr: bool = False) -> ScreenText:
    return select(boxes(*rows, status=status), qr, screen_signs())


@pytest.mark.parametrize(
    ("rows", "text", "shown"),
    [
        (("Cannot Add eSIM", "Please try again.", "OK"), "Cannot Add eSIM", "Cannot Add eSIM"),
        (
            ("Cellular Plans From This", "Carrier Cannot Be Added", "OK"),
            "Cellular Plans From This\nCarrier Cannot Be Added",
            "Cellular Plans From This Carrier Cannot Be Added",
        ),
        (
            ("Unable to Add eSIM", "Cellular plans from this carrier", "cannot be added.", "OK"),
            "Unable to Add eSIM\nCellular plans from this carrier\ncannot be added.",
            "Unable to Add eSIM · Cellular plans from this carrier cannot be added.",
        ),
        (("无法添加 eSIM", "请稍后再试。", "好"), "无法添加 eSIM", "无法添加 eSIM"),
        (("無法加入 eSIM", "請稍後再試。", "好"), "無法加入 eSIM", "無法加入 eSIM"),
        (("无法添加", "eSIM", "好"), "无法添加\neSIM", "无法添加 eSIM"),
        (("无法完成蜂窝套", "餐更改", "好"), "无法完成蜂窝套\n餐更改", "无法完成蜂窝套餐更改"),
        (("啟用失敗", "啟用碼已使用過"), "啟用失敗\n啟用碼已使用過", "啟用失敗 · 啟用碼已使用過"),
        (("此代码已失效，请联系运营商。",), "此代码已失效，请联系运营商。", "此代码已失效，请联系运营商。"),
    ],
)
def test_error_messages_also_over_two_lines(rows: tuple[str, ...], text: str, shown: str) -> None:
    found = read(*rows, status=("9:41", "5G"))
    assert (found.text, found.facts, found.shown) == (text, (), shown)


@pytest.mark.parametrize(
    ("status", "fact"),
    [
        ("SOS", "emergency_only"),
        ("sOS", "emergency_only"),
        ("VPN", "vpn_symbol"),
        ("3G", "old_network"),
        ("No Service", "no_service"),
        ("无服务", "no_service"),
        ("無服務", "no_service"),
        ("正在搜尋…", "searching"),
        ("無 SIM 卡", "no_sim"),
        ("仅限紧急呼叫", "emergency_only"),
        ("只限緊急電話", "emergency_only"),
    ],
)
def test_words_of_the_status_bar(status: str, fact: str) -> None:
    found = read("Settings", "Wi-Fi", status=("9:41", status))
    assert (found.text, found.facts) == (status, (fact,))


def test_words_that_stand_together_in_the_status_bar() -> None:
    found = read("Settings", status=("9:41", "3G VPN ."))
    assert (found.text, found.facts) == ("3G VPN", ("old_network", "vpn_symbol"))
    assert read("Settings", status=("9:41", "5G VPN")).text == "VPN"


@pytest.mark.parametrize(
    "rows",
    [
        ("VPN", "Emergency SOS", "Cellular", "3G"),
        (("VPN", "Not Connected"), ("Data Roaming",), ("Airplane Mode",)),
        ("Voice & Data", "5G On", "LTE", "3G"),
        ("Turn on mobile data or use Wi-Fi.",),
        ("Tips before activating your eSIM at home",),
        ("设置", "飞行模式", "蜂窝网络", "个人热点", "VPN"),
        (("运营商锁",), ("Carrier Lock",)),
    ],
    ids=["menus", "a switch is no text", "network modes", "advice", "prose", "Chinese menus", "names of menus"],
)
def test_what_is_no_sign(rows: tuple[str, ...]) -> None:
    found = read(*rows, status=("9:41", "5G"))
    assert (found.text, found.facts) == ("", ())
    assert found.shown


def test_the_longest_words_count() -> None:
    found = read(("Carrier Lock", "No SIM restrictions"))
    assert (found.text, found.facts) == ("No SIM restrictions", ("unlocked",))
    assert read("No SIM").facts == ("no_sim",)


def test_values_of_settings_are_text() -> None:
    for row in (("Cellular Data Options", "Roaming Off"), ("蜂窝数据选项", "漫游关闭"), ("行動數據選項", "漫遊關閉")):
        found = read(("Personal Hotspot", "Off"), row)
        assert (found.text, found.facts) == (row[1], ("roaming_off",))


def test_of_an_order_mail_number_and_buyer() -> None:
    found = read(
        ("From", "orders@shop.example"),
        ("To", "Wang@Example.com"),
        ("Order number", "NZ 1000-0001"),
        "Card 4111 1111 1111 1111",
        "Questions? help@shop.example",
    )
    assert found.text == "wang@example.com\nNZ10000001"
    assert read("Order NZ10000001", "one@example.com", "two@example.com").text == "NZ10000001"
    assert read("Order NZ10000001 for wang@example.com").text == "NZ10000001 wang@example.com"


def test_a_long_page_that_only_mentions_errors_is_not_told_on() -> None:
    article = [f"Paragraph {n} explains at length what travellers do at the airport." for n in range(20)]
    found = read(*article, "Some phones say cannot add eSIM when the connection is weak, so use Wi-Fi.")
    assert found.text == ""
    assert found.shown.startswith("Paragraph 0")
    assert len(found.shown) <= 140


def test_codes_and_long_numbers_are_neither_told_on_nor_shown() -> None:
    found = read("LPA:1$rsp.example.com$ABC-123", "ICCID 8964 0500 0000 0000 008", "Cannot add eSIM")
    assert found.code
    assert found.text == found.shown == "Cannot add eSIM"
    unknown = read("LPA:1$rsp.example.com$ABC-123", "ICCID 8964 0500 0000 0000 008", "+64 21 555 01000")
    assert (unknown.text, unknown.shown) == ("", "ICCID …")
    assert read("Your plan", qr=True).code


def test_nothing_was_read() -> None:
    assert select([], False, screen_signs()) == ScreenText("", (), "", False)
    assert read("9:41", status=("9:41", "87%")).shown == ""


def test_texts_are_cut() -> None:
    many = [f"Cannot add eSIM {'x' * 9} {number}" for number in range(40)]
    found = select(boxes(*many), False, screen_signs())
    assert len(found.text) <= 400
    assert len(found.shown) <= 140


@pytest.mark.parametrize(
    ("entry", "fault"),
    [
        ("- {fact: sunshine, words: [Sun]}", "no fact of"),
        ("- {fact: no_sim, words: ['']}", "words"),
        ("- {fact: no_sim}", "words"),
    ],
)
def test_a_fault_in_the_file_is_named_with_its_line(tmp_path: Path, entry: str, fault: str) -> None:
    file = tmp_path / "screenshots.yml"
    file.write_text(f"menus: []\nstatus_bar: []\nanywhere:\n  {entry}\n", encoding="utf-8")
    with pytest.raises(CatalogueError, match=rf"screenshots.yml:4: .*{fault}"):
        ScreenSigns(file)
