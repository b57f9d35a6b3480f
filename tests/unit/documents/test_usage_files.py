"""Usage records as a table and as a chart."""

from __future__ import annotations

import csv
import io
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from aftercare.documents.locales import LOCALES, Locale
from aftercare.documents.usage_chart import MOST_DAYS, _round_up, usage_chart
from aftercare.documents.usage_csv import usage_csv
from aftercare.orders.usage import DayRecord, UsageSummary

FIRST = date(2026, 11, 1)
BAR = (11, 110, 143)


def usage(*records: DayRecord, missing: tuple[date, ...] = ()) -> UsageSummary:
    return UsageSummary("NZ10000002", 5120, 0, None, None, None, records, missing)


def record(ahead: int, used_mb: int, operator: str = "One NZ", country: str = "NZ") -> DayRecord:
    return DayRecord(FIRST + timedelta(days=ahead), country, operator, used_mb)


def rows(content: bytes) -> list[list[str]]:
    assert content.startswith(b"\xef\xbb\xbf")  # Excel reads UTF-8 only with it
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def test_each_record_is_a_line_and_missing_days_say_so() -> None:
    gap = FIRST + timedelta(days=1)
    table = rows(usage_csv(usage(record(0, 120), record(2, 2048, "Optus", "AU"), missing=(gap,)), "en"))
    assert table == [
        ["Date", "Country", "Network", "MB", "Note"],
        ["2026-11-01", "New Zealand", "One NZ", "120", ""],
        ["2026-11-02", "", "", "", "no record for this day"],
        ["2026-11-03", "Australia", "Optus", "2048", ""],
    ]


@pytest.mark.parametrize(("locale", "country"), [("zh-Hans", "新西兰"), ("zh-Hant", "紐西蘭")])
def test_the_table_speaks_the_language_of_the_chat(locale: Locale, country: str) -> None:
    table = rows(usage_csv(usage(record(0, 120)), locale))
    assert table[0][0] == "日期"
    assert table[1][1] == country


@given(st.text(max_size=40).filter(lambda text: "\0" not in text and text.isprintable()))
def test_no_network_name_becomes_a_formula(name: str) -> None:
    cell = rows(usage_csv(usage(record(0, 1, operator=name)), "en"))[1][2]
    assert cell.lstrip(" ")[:1] not in tuple("=+-@＝＋－＠")
    assert cell.removeprefix("'") == name or cell == name


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "  =1", "＝1", '=HYPERLINK("http://x","y")'])
def test_formulas_are_text(name: str) -> None:
    assert rows(usage_csv(usage(record(0, 1, operator=name)), "en"))[1][2] == f"'{name}"


def bars(png: bytes) -> int:
    """How many bars stand on the base line of a chart."""
    with Image.open(io.BytesIO(png)) as opened:
        picture = opened.convert("RGB")
    y = next(y for y in range(picture.height - 1, 0, -1) if any(picture.getpixel((x, y)) == BAR for x in range(720)))
    line = [picture.getpixel((x, y)) == BAR for x in range(picture.width)]
    return sum(now and not before for before, now in zip([False, *line], line, strict=False))


@pytest.mark.parametrize("locale", LOCALES)
def test_every_day_with_use_has_a_bar(locale: Locale) -> None:
    days = [record(0, 100), record(1, 0), record(3, 700), record(3, 90, "Spark"), record(4, 1)]
    assert bars(usage_chart(usage(*days, missing=(FIRST + timedelta(days=2),)), locale)) == 3


def test_a_chart_shows_the_latest_month() -> None:
    png = usage_chart(usage(*(record(ahead, 500) for ahead in range(60))), "en")
    assert bars(png) == MOST_DAYS
    assert len(png) < 40_000  # it travels inside the message


def test_a_chart_of_nothing_is_refused_and_of_zeros_is_not() -> None:
    with pytest.raises(ValueError, match="no records"):
        usage_chart(usage(), "en")
    assert usage_chart(usage(record(0, 0)), "en").startswith(b"\x89PNG")


@given(st.integers(0, 10**7))
def test_the_scale_holds_the_highest_bar_and_has_whole_quarters(mb: int) -> None:
    top = _round_up(mb)
    assert top >= max(mb, 1)
    assert top % 4 == 0
    assert top <= 20 or top <= 4 * mb + 4096
