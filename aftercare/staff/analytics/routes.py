"""The page of the figures and its CSV files."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from aiohttp import web

from aftercare.articles.index import article
from aftercare.base.database import utc_now
from aftercare.base.language import LANGUAGES, Language
from aftercare.staff.access.permissions import Permission, audit, member, needs
from aftercare.staff.analytics import figures
from aftercare.staff.analytics.export import TABLES, as_csv, rows
from aftercare.staff.analytics.figures import LONGEST, Chosen, Group, Report
from aftercare.staff.jobs import BACKGROUND
from aftercare.staff.ui.names import readable
from aftercare.staff.ui.pages import render
from aftercare.staff.ui.texts import texts
from aftercare.web.context import DESK

_USUAL = 30  # days
_CHARTS = (
    # name, and for each line: text and what of a day
    ("conversations", (("conversations", "conversations"), ("with_person", "person"), ("unanswered", "unanswered"))),
    ("containment", (("containment", "containment"),)),
    ("understanding", (("mean_confidence", "mean_confidence"), ("fallback_rate", "fallback_rate"))),
)


def add_routes(app: web.Application) -> None:
    """The page and the files."""
    app.router.add_get("/desk/analytics", page)
    app.router.add_get("/desk/analytics/csv", download)


def chosen(request: web.Request, today: date) -> Chosen:
    """What the query asks for; what makes no sense is put right: a month until today, two years at most."""
    query = request.query
    last = _day(query.get("to", "")) or today
    first = _day(query.get("from", "")) or last - timedelta(days=_USUAL - 1)
    first, last = min(first, last), max(first, last)
    first = max(first, last - timedelta(days=LONGEST - 1))
    language = query.get("language", "")
    return Chosen(
        first, last, language if language in LANGUAGES else "", query.get("channel", ""), query.get("provider", "")
    )


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


async def _report(request: web.Request) -> tuple[Chosen, Report]:
    desk, run = request.app[DESK], request.app[BACKGROUND].worker.run
    zone = ZoneInfo(desk.settings.support_timezone)
    wanted = chosen(request, utc_now().astimezone(zone).date())
    return wanted, await run(figures.report, desk.store.engine, desk.orders, wanted, zone)


@needs(Permission.view_analytics)
async def page(request: web.Request) -> web.Response:
    """GET /desk/analytics: the figures of `from` to `to`, by `language`, `channel` and `provider`."""
    wanted, found = await _report(request)
    desk, run = request.app[DESK], request.app[BACKGROUND].worker.run
    language = member(request).language
    return render(
        request,
        "analytics/page.html",
        {
            "chosen": wanted,
            "report": found,
            **await run(figures.choices, desk.store.engine, desk.orders),
            "charts": [(name, _series(found, lines, language)) for name, lines in _CHARTS],
            "tables": TABLES,
            "query": request.query_string,
            "readable": lambda name: _said(f"reason_{name}", language) or readable(name, language),
            "decided": lambda name: _said(f"decision_{name}", language) or name,
            "answer_name": lambda name: _answer(name, language),
            "group_name": lambda group: _group(group, language),
            "span": lambda seconds: _span(seconds, language),
        },
    )


def _series(found: Report, lines: tuple[tuple[str, str], ...], language: str) -> str:
    """What the chart draws: days as seconds since 1970, then a line each."""
    days = [datetime(d.day.year, d.day.month, d.day.day, tzinfo=ZoneInfo("UTC")).timestamp() for d in found.days]
    drawn: dict[str, Any] = {"x": days, "lines": []}
    for text, what in lines:
        label = texts()[f"analytics.{text}"][language]  # type: ignore[index]
        drawn["lines"].append({"label": label, "y": [getattr(d, what) for d in found.days]})
    return json.dumps(drawn, ensure_ascii=False)


def _said(key: str, language: Language) -> str | None:
    sides = texts().get(f"analytics.{key}")
    return None if sides is None else sides[language]


def _answer(name: str, language: Language) -> str:
    """The title of an article; other answers have only their name."""
    found = article(name.removeprefix("article."), language) if name.startswith("article.") else None
    return found.title if found else name.removeprefix("utter_")


def _group(group: Group, language: Language) -> str:
    if group.by == "language":
        return "中文" if group.name == "zh" else "English"
    return group.name or _said("no_order", language) or ""


def _span(seconds: float | None, language: str) -> str:
    """A time as people say it, in its largest fitting unit."""
    if seconds is None:
        return "–"
    for size, en, zh in ((86400, "d", "天"), (3600, "h", "小时"), (60, "min", "分钟")):
        if seconds >= size:
            return f"{seconds / size:.1f} {zh if language == 'zh' else en}"
    return f"{seconds:.0f} {'秒' if language == 'zh' else 's'}"


@needs(Permission.export)
async def download(request: web.Request) -> web.Response:
    """GET /desk/analytics/csv: one `table` of the same choice."""
    table = request.query.get("table", "days")
    if table not in TABLES:
        raise web.HTTPBadRequest
    wanted, found = await _report(request)
    await audit(request, "figures.exported", table, first=str(wanted.first), last=str(wanted.last))
    name = f"{table}-{wanted.first}-{wanted.last}.csv"
    return web.Response(
        text=as_csv(rows(found, table)),
        content_type="text/csv",
        charset="utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
