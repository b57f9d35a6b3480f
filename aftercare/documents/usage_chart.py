"""A bar chart of data used per day, drawn so that it is still readable at the width of a phone."""

from __future__ import annotations

import io
import math
from datetime import date, timedelta
from functools import lru_cache

from PIL import Image, ImageDraw, ImageFont

from aftercare.base import money_and_dates
from aftercare.documents.fonts import FONT
from aftercare.documents.locales import Locale, write
from aftercare.orders.usage import UsageSummary

MOST_DAYS = 31
_WIDTH, _HEIGHT = 720, 440  # pixels; shown at about half of it
_LEFT, _TOP, _RIGHT, _BOTTOM = 104, 84, 20, 64  # margins around the bars
_INK, _GREY, _LINE, _BAR = "#1f2933", "#52606d", "#d9e2ec", "#0b6e8f"
_LABELS = 7  # dates under the bars that fit beside each other
_QUARTERS = (5, 10, 25, 50, 100, 200, 256, 512, 1024, 2048, 5120, 10240)  # MB; from 256 on quarters of whole GB


def usage_chart(usage: UsageSummary, locale: Locale) -> bytes:
    """PNG with a bar for each of the latest 31 days up to the last record; a day without a record has a "?".

    Raises:
        ValueError: there are no records.
    """
    if not usage.records:
        raise ValueError("no records to draw")
    used: dict[date, int] = {}
    for record in usage.records:
        used[record.day] = used.get(record.day, 0) + record.used_mb
    last = max([*used, *usage.missing_days])
    first = max(min(used), last - timedelta(days=MOST_DAYS - 1))
    days = [first + timedelta(days=ahead) for ahead in range((last - first).days + 1)]
    top = _round_up(max((used.get(day, 0) for day in days), default=0))

    picture = Image.new("RGB", (_WIDTH, _HEIGHT), "white")
    draw = ImageDraw.Draw(picture)
    title = write(locale, "Data used per day", "每日用量")
    draw.text((24, 22), f"{usage.number}  {title}", font=_font(30), fill=_INK)
    base, height = _HEIGHT - _BOTTOM, _HEIGHT - _BOTTOM - _TOP
    for part in range(5):
        y = base - height * part // 4
        draw.line((_LEFT, y, _WIDTH - _RIGHT, y), fill=_LINE, width=2)
        draw.text((_LEFT - 12, y), money_and_dates.data(top * part // 4), font=_font(22), fill=_GREY, anchor="rm")

    slot = (_WIDTH - _LEFT - _RIGHT) / len(days)
    bar = min(slot * 0.7, 64)
    every = math.ceil(len(days) / _LABELS)
    for place, day in enumerate(days):
        middle = _LEFT + slot * (place + 0.5)
        if day not in used and day in usage.missing_days:
            draw.text((middle, base - 6), "?", font=_font(26), fill=_GREY, anchor="mb")
        elif mb := used.get(day, 0):
            peak = base - max(2, height * mb / top)
            draw.rectangle((middle - bar / 2, peak, middle + bar / 2, base - 1), fill=_BAR)
        if place % every == 0:
            text = _date(day, locale)
            rightmost = _WIDTH - 8 - _font(22).getlength(text) / 2
            draw.text((min(middle, rightmost), base + 12), text, font=_font(22), fill=_GREY, anchor="mt")

    buffer = io.BytesIO()
    picture.quantize(32).save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


@lru_cache(maxsize=8)
def _font(size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(FONT), size)


def _date(day: date, locale: Locale) -> str:
    return write(locale, f"{day.day} {day:%b}", f"{day.month}月{day.day}日")


def _round_up(mb: int) -> int:
    """The top of the scale in MB, so that each quarter of it is a round figure."""
    return 4 * next((quarter for quarter in _QUARTERS if mb <= 4 * quarter), 1024 * math.ceil(mb / 4096))
