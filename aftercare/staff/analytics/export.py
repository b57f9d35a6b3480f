"""The figures as CSV files that a spreadsheet opens without running anything."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any

from aftercare.staff.analytics.report import Report
from aftercare.staff.analytics.tables import FLAGS, OUTCOMES

TABLES = ("days", "groups", "reasons", "times", "intents", "steps", "causes", "helpful", "ratings", "refunds")
# What spreadsheets take for the beginning of a formula (OWASP, CSV injection).
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def rows(report: Report, table: str) -> list[Sequence[Any]]:
    """The rows of a table of the report, its header first."""
    head: tuple[str, ...]
    if table == "days":
        head = ("day", "conversations", *OUTCOMES, "messages", "fallbacks", "mean_confidence", *FLAGS)
        return [head, *((d.day, d.conversations, d.contained, d.person, d.unanswered, d.messages, d.fallbacks,
                         _rounded(d.mean_confidence), d.deflected, d.resolved, d.abandoned, d.reopened)
                        for d in report.days)]  # fmt: skip
    if table == "groups":
        head = ("by", "name", "conversations", "contained", "person", "mean_rating")
        return [head, *((g.by, g.name, g.conversations, g.contained, g.person, _rounded(g.mean_rating))
                        for g in report.groups)]  # fmt: skip
    if table == "reasons":
        return [("reason", "conversations"), *report.reasons]
    if table == "times":
        spreads = (("first_reply", report.first_reply), ("resolution", report.resolution))
        return [("time", "conversations", "median_seconds", "p90_seconds"),
                *((name, s.count, _rounded(s.median), _rounded(s.p90)) for name, s in spreads)]  # fmt: skip
    if table == "intents":
        head = ("intent", "messages", "mean_confidence", "mean_confidence_before")
        return [head, *((i.name, i.messages, _rounded(i.confidence), _rounded(i.earlier)) for i in report.intents)]
    if table == "steps":
        head = ("step", "worked", "failed", "unknown", "success")
        return [head, *((s.name, s.worked, s.failed, s.unknown, _rounded(s.success)) for s in report.steps)]
    if table == "causes":
        head = ("outcome", "cause", "phone", "operator", "country", "cases")
        return [head, *((c.outcome, c.cause, c.device_family, c.operator, c.country, c.cases) for c in report.causes)]
    if table == "helpful":
        head = ("answer", "language", "helpful", "not_helpful", "share")
        return [head, *((h.about, h.language, h.helpful, h.not_helpful, _rounded(h.share)) for h in report.helpful)]
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
