"""What the templates of the inbox's list show: the rows, and the tabs and filters around them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from aiohttp import web
from sqlalchemy.engine import Row

from aftercare.base import masking
from aftercare.base.database import utc_now
from aftercare.base.language import Language
from aftercare.staff.access.permissions import Member, Permission, member
from aftercare.staff.inbox import labels
from aftercare.staff.inbox.filters import TABS, Cursor, Filters, number
from aftercare.staff.inbox.live import INBOX
from aftercare.staff.inbox.queries import PAGE, SummaryPage
from aftercare.staff.inbox.waiting_times import WaitingTime, waiting_time
from aftercare.staff.inbox.writes import FLAGS
from aftercare.staff.ui.names import entity_name, providers, readable
from aftercare.staff.ui.pages import View, language_of
from aftercare.staff.ui.texts import translate

_MOST_ROWS = 400


@dataclass(frozen=True)
class RowsView(View):
    """A page of rows of the list."""

    filters: Filters
    """The filters in use."""
    rows: Sequence[Row[Any]]
    """Summaries of the conversations."""
    tags_of: Mapping[str, Sequence[str]]
    """Tags by conversation."""
    after: Cursor | None
    """Where the next page begins; None on the last."""
    waits: Mapping[int, WaitingTime]
    """How long the travellers wait, by number of the summary."""
    places: Mapping[str, int]
    """The place in the line that the travellers were told, by conversation."""
    open_id: str | None
    """The conversation that is open beside the list."""
    readable: Callable[[object], str]
    """A text as this member may read it."""
    ago: Callable[[datetime], tuple[str, int]]
    """Key and number of the text that says how long ago a time was."""


@dataclass(frozen=True)
class ListView(View):
    """The tabs, filters and saved views around the rows."""

    chips: Sequence[tuple[str, str]]
    """Each filter in use, and the query without it."""
    tabs: Sequence[str]
    """All tabs."""
    counts: Mapping[str, int]
    """Number of conversations by tab, counted to one hundred."""
    views: Sequence[Row[Any]]
    """The views this member saved."""
    mentions: Sequence[Row[Any]]
    """Unread notes that name this member."""
    choices: Mapping[str, Sequence[tuple[str, str]]]
    """Value and title of what the filters can be set to, by kind."""
    providers: Sequence[tuple[str, str]]
    """Id and name of each provider."""
    flag_names: Sequence[tuple[str, str]]
    """Each flag and its name."""
    fragment: bool
    """Whether only the list is drawn, which then brings the tabs along."""


async def list_views(request: web.Request) -> tuple[ListView, RowsView]:
    """The list as the address of the page asks for it."""
    service, who, now = request.app[INBOX], member(request), utc_now()
    filters, language = Filters.read(request.query), language_of(request)
    size = min(_MOST_ROWS, number(request.query.get("size", "")) or PAGE)
    found = await service.reads.run(service.queries.listing, filters, who.agent_id, now, None, size)
    around = ListView(
        chips=labels.filters_in_use(filters, language),
        tabs=TABS,
        counts=found.counts,
        views=found.views,
        mentions=found.mentions,
        choices={
            kind: sorted(
                ((value, _titled(kind, value, language)) for value in values), key=lambda each: each[1].lower()
            )
            for kind, values in found.choices.items()
        },
        providers=providers(language),
        flag_names=[(flag, translate(language, f"inbox.flag_{flag}")) for flag in FLAGS],
        fragment=request.path.endswith("/lines"),
    )
    return around, rows_view(request, filters, found.page, found.tags, found.places, now)


def _titled(kind: str, value: str, language: Language) -> str:
    """A value of a filter in words, with its name behind them."""
    words = {"intent": readable, "entity": entity_name}.get(kind)
    title = words(value, language) if words is not None else value
    return title if title == value else f"{title} ({value})"


def rows_view(
    request: web.Request,
    filters: Filters,
    page: SummaryPage,
    tags: Mapping[str, Sequence[str]],
    places: Mapping[str, int],
    now: datetime,
) -> RowsView:
    """A page of rows at the aware time `now`."""
    return RowsView(
        filters=filters,
        rows=page.rows,
        tags_of=tags,
        after=page.after,
        waits={row.number: waiting_time(row.waiting_since, now) for row in page.rows if row.waiting_since},
        places=places,
        open_id=request.match_info.get("id"),
        readable=readable_by(member(request)),
        ago=partial(ago, now=now),
    )


def readable_by(who: Member) -> Callable[[object], str]:
    """What turns a text into what this member may read of it."""
    if who.may(Permission.reveal_personal):
        return str
    return lambda value: masking.mask_text(str(value))


def ago(at: datetime, now: datetime) -> tuple[str, int]:
    """Key and number of the text that says how long ago `at` was."""
    minutes = max(0, int((now - at).total_seconds() // 60))
    if minutes < 60:
        return "inbox.minutes" if minutes else "inbox.now", minutes
    return ("inbox.hours", minutes // 60) if minutes < 48 * 60 else ("inbox.days", minutes // (24 * 60))
