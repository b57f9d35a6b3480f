"""CSV files for spreadsheets, with cells that are never evaluated as formulas."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

# A cell that starts with one of these is a formula to a spreadsheet, whatever the file says (OWASP, CSV injection).
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def csv_file(header: Iterable[str], rows: Iterable[Iterable[str]]) -> bytes:
    """The table as CSV in UTF-8 with a byte order mark, without which Excel misreads Chinese."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(header)
    writer.writerows([_plain(cell) for cell in row] for row in rows)
    return buffer.getvalue().encode("utf-8-sig")


def _plain(cell: str) -> str:
    """The cell, with an apostrophe before what a spreadsheet would evaluate as a formula."""
    return f"'{cell}" if cell.lstrip(" ").startswith(_FORMULA_STARTS) else cell
