"""The figures as CSV files that a spreadsheet opens without running anything."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any

from aftercare.desk.review.analytics.figures import Report

TABLES = ("days", "reasons", "times", "intents", "steps", "ratings", "refunds")
# What spreadsheets take for the beginning of a formula (OWASP, CSV injection).
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def rows(report: Report, table: str) -> list[Sequence[Any]]:
    """A table of the report with its head."""
    if table == "days":
        head = ("day", "conversations", "contained", "person", "unanswered", "messages", "fallbacks", "mean_confidence")
        return [head, *((d.day, d.conversations, d.contained, d.person, d.unanswered, d.messages, d.fallbacks,
                         _rounded(d.mean_confidence)) for d in report.days)]  # fmt: skip
    if table == "reasons":
        return [("reason", "conversations"), *report.reasons]
    if table == "times":
        spreads = (("first_reply", report.first_reply), ("resolution", report.resolution))
        return [("time", "conversations", "median_seconds", "p90_seconds"),
                *((name, s.count, _rounded(s.median), _rounded(s.p90)) for name, s in spreads)]  # fmt: skip
    if table == "intents":
        return [("intent", "messages", "mean_confidence"), *((n, m, _rounded(c)) for n, m, c in report.intents)]
    if table == "steps":
        return [("step", "worked", "failed", "unknown"), *report.steps]
    if table == "ratings":
        return [("score", "conversations"), *report.ratings]
    return [("kind", "state", "decision", "requests"), *report.refunds]


def _rounded(value: float | None) -> float | str:
    return "" if value is None else round(value, 4)


def as_csv(lines: Iterable[Sequence[Any]]) -> str:
    """CSV with a byte order mark, so that spreadsheets read Chinese; text that looks like a formula is quoted."""
    out = io.StringIO()
    writer = csv.writer(out)
    for line in lines:
        writer.writerow([_harmless(cell) for cell in line])
    return "\ufeff" + out.getvalue()


def _harmless(cell: Any) -> Any:
    return f"'{cell}" if isinstance(cell, str) and cell.lstrip(" ").startswith(_FORMULA) else cell
