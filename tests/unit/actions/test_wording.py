"""Amounts, dates and states as travellers read them, in both languages."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actions.wording import Wording
from aftercare.base.language import LANGUAGES

EN, ZH = Wording("en", "Pacific/Auckland"), Wording("zh", "Pacific/Auckland")
MOMENT = datetime(2026, 11, 22, 14, 30, tzinfo=UTC)  # 03:30 of the next day in Auckland


@pytest.mark.parametrize(
    ("minor", "currency", "text"),
    [
        (2900, "NZD", "NZ$29.00"),
        (5, "NZD", "NZ$0.05"),
        (0, "AUD", "A$0.00"),
        (-1250, "NZD", "-NZ$12.50"),
        (123456789, "USD", "US$1,234,567.89"),
        (1500, "JPY", "JPY 1,500"),
        (999, "CHF", "CHF 9.99"),
    ],
)
def test_money_is_written_in_its_currency(minor: int, currency: str, text: str) -> None:
    assert EN.money(minor, currency) == ZH.money(minor, currency) == text


@given(st.integers(-(10**12), 10**12), st.sampled_from(["NZD", "AUD", "CNY", "JPY", "KRW", "CHF"]))
def test_no_cent_is_lost_in_writing(minor: int, currency: str) -> None:
    written = EN.money(minor, currency)
    assert int(re.sub(r"[^\d]", "", written)) == abs(minor)
    assert written.startswith("-") == (minor < 0)


@pytest.mark.parametrize(
    ("mb", "text"),
    [(0, "0 MB"), (500, "500 MB"), (999, "999 MB"), (1024, "1 GB"), (2458, "2.4 GB"), (5120, "5 GB"), (10240, "10 GB")],
)
def test_data_is_written_as_plans_are_sold(mb: int, text: str) -> None:
    assert EN.data(mb) == text


@given(st.integers(0, 10**6))
def test_data_is_exact_to_a_twentieth_of_a_gigabyte(mb: int) -> None:
    number, unit = EN.data(mb).split(" ")
    assert abs(float(number) * {"MB": 1, "GB": 1024}[unit] - mb) <= (0 if unit == "MB" else 1024 / 20 + 1e-9)


def test_dates_are_those_of_new_zealand() -> None:
    assert EN.day(MOMENT) == "23 Nov 2026"
    assert ZH.day(MOMENT) == "2026年11月23日"
    assert EN.time(MOMENT) == "23 Nov, 03:30"
    assert ZH.time(MOMENT) == "11月23日 03:30"
    assert EN.clock(MOMENT) == "03:30"
    assert EN.day(date(2026, 11, 22)) == "22 Nov 2026"  # a date is a date everywhere


@given(st.datetimes(datetime(2000, 1, 1), datetime(2080, 1, 1), timezones=st.just(UTC)))
def test_a_date_is_the_same_day_in_both_languages(moment: datetime) -> None:
    year, month, day = map(int, re.findall(r"\d+", ZH.day(moment)))
    assert EN.day(moment) == f"{day} {date(year, month, day):%b %Y}"


@pytest.mark.parametrize(("count", "en", "zh"), [(0, "0 days", "0 天"), (1, "1 day", "1 天"), (7, "7 days", "7 天")])
def test_days_are_counted(count: int, en: str, zh: str) -> None:
    assert EN.days(count) == en
    assert ZH.days(count) == zh


def test_lists_are_joined_as_the_language_does() -> None:
    assert EN.listing(["Spark", "One NZ"]) == "Spark, One NZ"
    assert ZH.listing(["Spark", "One NZ"]) == "Spark、One NZ"
    assert ZH.listing([]) == ""


def test_a_ticket_has_a_number_to_quote() -> None:
    assert EN.ticket(42) == "T000042"


@pytest.mark.parametrize(
    ("state", "en", "zh"),
    [
        ("released", "not used yet", "尚未使用"),
        ("disabled", "installed but switched off", "已安装但未启用"),
        ("card", "card", "原付款卡"),
        ("first_use", "when the phone first connects in a covered country", "在覆盖国家首次联网时"),
    ],
)
def test_a_state_is_told_in_words(state: str, en: str, zh: str) -> None:
    assert EN.word(state) == en
    assert ZH.word(state) == zh


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_unknown_state_is_no_error(language: str) -> None:
    words = Wording("zh" if language == "zh" else "en", "Pacific/Auckland")
    assert words.word("brand_new_state") == "brand_new_state"
    assert words.word(None) in ("unknown", "未知")
