"""The usage records of an order as a table for spreadsheets."""

from __future__ import annotations

import csv
import io

from aftercare.documents.locales import Locale, country, write
from aftercare.orders.usage import UsageSummary

# A cell that starts with one of these is a formula to a spreadsheet, whatever the file says (OWASP, CSV injection).
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_HEADER = (
    ("Date (UTC)", "日期（UTC）"),
    ("Country", "国家/地区"),
    ("Network", "网络"),
    ("MB", "MB"),
    ("Note", "备注"),
)


def usage_csv(usage: UsageSummary, locale: Locale) -> bytes:
    """One line per UTC day and network, MB as whole numbers; days without a record say so.

    UTF-8 with a byte order mark, without which Excel shows Chinese as gibberish.
    """
    rows: list[tuple[str, ...]] = [
        (str(record.day), country(record.country, locale), record.operator, str(record.used_mb), "")
        for record in usage.records
    ]
    gap = write(locale, "no record for this day", "这一天没有记录")
    rows += [(str(day), "", "", "", gap) for day in usage.missing_days]
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(write(locale, en, zh) for en, zh in _HEADER)
    writer.writerows([_plain(cell) for cell in row] for row in sorted(rows))
    return buffer.getvalue().encode("utf-8-sig")


def _plain(cell: str) -> str:
    """The cell as text that no spreadsheet calculates."""
    return f"'{cell}" if cell.lstrip(" ").startswith(_FORMULA_STARTS) else cell
