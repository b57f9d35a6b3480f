"""The usage records of an order as a table for spreadsheets."""

from __future__ import annotations

from aftercare.documents.csv_file import csv_file
from aftercare.documents.locales import Locale, country, write
from aftercare.orders.usage import UsageSummary

_HEADER = (
    ("Date", "日期"),
    ("Country", "国家/地区"),
    ("Network", "网络"),
    ("MB", "MB"),
    ("Note", "备注"),
)


def usage_csv(usage: UsageSummary, locale: Locale) -> bytes:
    """One line per day (of where support is) and network, MB as whole numbers; days without a record say so."""
    rows: list[tuple[str, ...]] = [
        (str(record.day), country(record.country, locale), record.operator, str(record.used_mb), "")
        for record in usage.records
    ]
    gap = write(locale, "no record for this day", "这一天没有记录")
    rows += [(str(day), "", "", "", gap) for day in usage.missing_days]
    return csv_file((write(locale, en, zh) for en, zh in _HEADER), sorted(rows))
