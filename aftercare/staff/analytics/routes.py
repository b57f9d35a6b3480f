"""The page of the figures and its CSV files."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from aiohttp import web

from aftercare.articles.files import article
from aftercare.base.database import utc_now
from aftercare.base.language import LANGUAGES, Language
from aftercare.staff.access.permissions import Permission, audit, member, needs
from aftercare.staff.analytics import figures
from aftercare.staff.analytics.conversations import KINDS, PAGE, CountedConversation, counted_conversations
from aftercare.staff.analytics.export import TABLES, as_csv, rows
from aftercare.staff.analytics.figures import LONGEST
from aftercare.staff.analytics.report import GroupFigures, Report, Selection
from aftercare.staff.analytics.tables import FLAGS
from aftercare.staff.ui.names import channel_name, provider_name, readable
from aftercare.staff.ui.pages import View, render
from aftercare.staff.ui.reading_words import step_words
from aftercare.staff.ui.texts import texts, translate
from aftercare.staff.ui.workers import SLOW_WORKER
from aftercare.troubleshooting.playbooks import load_playbooks
from aftercare.web.context import DESK

_USUAL = 30  # days
_CHARTS = (
    # name, and for each line: text and what of a day
    (
        "conversations",
        (("figure_conversations", "conversations"), ("figure_person", "person"), ("figure_unanswered", "unanswered")),
    ),
    ("containment", (("containment", "containment"),)),
    ("understanding", (("mean_confidence", "mean_confidence"), ("fallback_rate", "fallback_rate"))),
)


def add_routes(app: web.Application) -> None:
    """Add the page and the files."""
    app.router.add_get("/desk/analytics", page)
    app.router.add_get("/desk/analytics/csv", download)
    app.router.add_get("/desk/analytics/conversations", conversations_page)


def selection(request: web.Request, today: date) -> Selection:
    """What the query asks for; missing or impossible days become a month until today, two years at most."""
    query = request.query
    last = _day(query.get("to", "")) or today
    first = _day(query.get("from", "")) or last - timedelta(days=_USUAL - 1)
    first, last = min(first, last), max(first, last)
    first = max(first, last - timedelta(days=LONGEST - 1))
    language = query.get("language", "")
    return Selection(
        first, last, language if language in LANGUAGES else "", query.get("channel", ""), query.get("provider", "")
    )


def _day(text: str) -> date | None:
    """An ISO date of 1971 to 2200: near the calendar's ends a day more or less is none."""
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    return found if 1971 <= found.year <= 2200 else None


async def _report(request: web.Request) -> tuple[Selection, Report]:
    desk, run = request.app[DESK], request.app[SLOW_WORKER].run
    zone = ZoneInfo(desk.settings.support_timezone)
    wanted = selection(request, utc_now().astimezone(zone).date())
    return wanted, await run(figures.report, desk.store.engine, desk.orders, wanted, zone)


@dataclass(frozen=True)
class AnalyticsPage(View):
    """The page with all figures of a selection."""

    selection: Selection
    """The days and filters asked for."""
    report: Report
    """The figures."""
    figures: Sequence[str]
    """The figures that count conversations, beside their number."""
    link_to: Callable[[str, object], str]
    """The address of the conversations behind a figure, from its kind and value."""
    channels: Sequence[tuple[str, str]]
    """Channel and its name of the channels to filter by."""
    providers: Sequence[tuple[str, str]]
    """Id and name of the providers to filter by."""
    charts: Sequence[tuple[str, str]]
    """Name and data of each chart; the data is JSON for the page's script."""
    tables: Sequence[str]
    """Names of the tables that can be downloaded as CSV."""
    query: str
    """The query of the page's address, for the downloads."""
    readable: Callable[[str], str]
    """The name of an intent or of a reason for a hand-off."""
    decided: Callable[[str, str], str]
    """The name of what the rules decided, of a kind of request."""
    step_name: Callable[[str], str]
    """What the traveller is asked to do in a step."""
    answer_name: Callable[[str], str]
    """The title of an answer that got feedback."""
    cause_name: Callable[[str], str]
    """The name of a cause of a fault."""
    group_name: Callable[[GroupFigures], str]
    """The name of a language, channel or provider."""
    duration: Callable[[float | None], str]
    """Seconds in the largest unit that fits."""


@needs(Permission.view_analytics)
async def page(request: web.Request) -> web.Response:
    """GET /desk/analytics: the figures of `from` to `to`, by `language`, `channel` and `provider`."""
    wanted, found = await _report(request)
    desk, run = request.app[DESK], request.app[SLOW_WORKER].run
    language = member(request).language
    values = await run(figures.filter_values, desk.store.engine, desk.orders)
    shown = AnalyticsPage(
        selection=wanted,
        report=found,
        figures=("contained", *FLAGS[:3], "reopened", "person", "unanswered"),
        link_to=partial(_link_to, wanted),
        channels=[(each, channel_name(each, language)) for each in values["channels"]],
        providers=[(each, provider_name(each, language)) for each in values["providers"]],
        charts=[(name, _series(found, lines, language)) for name, lines in _CHARTS],
        tables=TABLES,
        query=request.query_string,
        readable=lambda name: _text(f"reason_{name}", language) or readable(name, language),
        decided=lambda kind, name: (
            _text(f"decision_{kind}_{name}", language) or _text(f"decision_{name}", language) or name
        ),
        step_name=partial(step_words, language=language),
        answer_name=partial(_answer_name, language=language),
        cause_name=partial(_cause_name, language=language),
        group_name=partial(_group_name, language=language),
        duration=partial(_duration, language=language),
    )
    return render(request, "analytics/page.html", shown)


def _link_to(wanted: Selection, kind: str, value: object) -> str:
    """The address of the conversations behind a figure."""
    asked = {"from": str(wanted.first), "to": str(wanted.last), kind: str(value)}
    filters = {"language": wanted.language, "channel": wanted.channel, "provider": wanted.provider}
    return "/desk/analytics/conversations?" + urlencode({**asked, **{k: v for k, v in filters.items() if v}})


@dataclass(frozen=True)
class ConversationsPage(View):
    """The page with the conversations that a figure counts."""

    selection: Selection
    """The days and filters asked for."""
    title: str
    """The figure in words."""
    definition: str
    """What it counts."""
    rows: Sequence[CountedConversation]
    """A page of conversations, the latest first."""
    page: int
    """Its number, from 0."""
    more: bool
    """Whether there are further ones."""
    query: str
    """The query of the figures' page."""
    here: str
    """The query of this page, without its number."""
    channel_name: Callable[[str], str]
    """A channel in words."""


@needs(Permission.view_analytics)
async def conversations_page(request: web.Request) -> web.Response:
    """GET /desk/analytics/conversations: those that a `figure`, `reason`, `rating`, `intent` or `step` counts."""
    desk, language = request.app[DESK], member(request).language
    wanted = selection(request, utc_now().astimezone(ZoneInfo(desk.settings.support_timezone)).date())
    kind = next((each for each in KINDS if request.query.get(each)), "figure")
    value = request.query.get(kind, "conversations")
    number = request.query.get("page", "")
    page = min(int(number), 1000) if number.isascii() and number.isdigit() and len(number) < 5 else 0
    found = await request.app[SLOW_WORKER].run(counted_conversations, desk.store.engine, wanted, kind, value, page)
    kept = urlencode([(key, each) for key, each in request.query.items() if key != "page"])
    filters = urlencode([(key, each) for key, each in request.query.items() if key not in (*KINDS, "page")])
    shown = ConversationsPage(
        selection=wanted,
        title=_figure_name(kind, value, language),
        definition=(_text(f"what_figure_{value}", language) or "") if kind == "figure" else "",
        rows=found[:PAGE],
        page=page,
        more=len(found) > PAGE,
        query=filters,
        here=kept,
        channel_name=partial(channel_name, language=language),
    )
    return render(request, "analytics/conversations.html", shown)


def _figure_name(kind: str, value: str, language: Language) -> str:
    if kind == "figure":
        return _text(f"figure_{value}", language) or translate(language, "analytics.conversations")
    if kind == "step":
        step, _, outcome = value.partition(":")
        step_named = step_words(step, language)
        return f"{step_named} · {_text(outcome, language) or ''}" if outcome else step_named
    about = {"reason": "reason", "rating": "rating", "intent": "intent"}[kind]
    words = _text(f"reason_{value}", language) if kind == "reason" else None
    return f"{translate(language, f'analytics.{about}')}: {words or readable(value, language)}"


def _series(found: Report, lines: tuple[tuple[str, str], ...], language: str) -> str:
    """What the chart draws: days as seconds since 1970, then a line each."""
    days = [datetime(d.day.year, d.day.month, d.day.day, tzinfo=ZoneInfo("UTC")).timestamp() for d in found.days]
    drawn: dict[str, Any] = {"x": days, "lines": []}
    for text, what in lines:
        label = texts()[f"analytics.{text}"][language]  # type: ignore[index]
        drawn["lines"].append({"label": label, "y": [getattr(d, what) for d in found.days]})
    return json.dumps(drawn, ensure_ascii=False)


def _text(key: str, language: Language) -> str | None:
    sides = texts().get(f"analytics.{key}")
    return None if sides is None else sides[language]


def _answer_name(name: str, language: Language) -> str:
    """The title of an article; other answers have only their name."""
    found = article(name.removeprefix("article."), language) if name.startswith("article.") else None
    return found.title if found else name.removeprefix("utter_")


def _cause_name(cause: str, language: Language) -> str:
    """As data/playbooks/causes.yml names it; a cause that is gone from there keeps its id."""
    known = load_playbooks().causes.get(cause)
    return getattr(known.name, language) if known else cause or _text("no_cause", language) or ""


def _group_name(group: GroupFigures, language: Language) -> str:
    if group.by == "language":
        return "中文" if group.name == "zh" else "English"
    if group.by == "channel":
        return channel_name(group.name or "", language)
    return provider_name(group.name, language) if group.name else _text("no_order", language) or ""


def _duration(seconds: float | None, language: str) -> str:
    """Seconds in the largest unit that fits."""
    if seconds is None:
        return "–"
    for size, en, zh in ((86400, "d", "天"), (3600, "h", "小时"), (60, "min", "分钟")):
        if seconds >= size:
            return f"{seconds / size:.1f} {zh if language == 'zh' else en}"
    return f"{seconds:.0f} {'秒' if language == 'zh' else 's'}"


@needs(Permission.export)
async def download(request: web.Request) -> web.Response:
    """GET /desk/analytics/csv: one `table` of the same selection."""
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
