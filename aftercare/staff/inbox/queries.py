"""Reads the inbox: a page of conversations that fit the filters, how many wait in each tab, and one conversation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine, Row

from aftercare.base.database import UtcDateTime
from aftercare.base.identifiers import normalise_order_number
from aftercare.conversations.line import places_in_line
from aftercare.staff.inbox.filters import Cursor, Filters, number
from aftercare.staff.inbox.search_words import SearchWord, search_words
from aftercare.staff.inbox.tables import mention, note, posting, reading, saved_view, summary, tag, term

PAGE = 40
MOST_COUNTED = 99
# A term of fewer conversations than this is where the search starts; others are looked up row by row.
_RARE = 3000
_END = "\U0010ffff"
_FILTER_KINDS = ("intent", "entity", "action", "tag")


@dataclass(frozen=True)
class SummaryPage:
    """Rows of the inbox's list and where the next page goes on; None when this is the last."""

    rows: Sequence[Row[Any]]
    after: Cursor | None


@dataclass(frozen=True)
class InboxListing:
    """The list with everything shown around it."""

    page: SummaryPage
    tags: Mapping[str, Sequence[str]]  # by conversation
    counts: Mapping[str, int]  # by tab
    views: Sequence[Row[Any]]
    mentions: Sequence[Row[Any]]  # notes that name the member of staff, not seen yet
    choices: Mapping[str, Sequence[str]]  # what the filters can be set to, by kind
    places: Mapping[str, int]  # in the line, by conversation


class InboxQueries:
    """The inbox's reads. They block: call it from a worker thread."""

    def __init__(self, engine: Engine, zone: ZoneInfo) -> None:
        self._engine = engine
        self._zone = zone

    def listing(
        self, filters: Filters, staff_id: str, now: datetime, after: Cursor | None = None, size: int = PAGE
    ) -> InboxListing:
        """A page of the list with everything around it."""
        with self._engine.connect() as connection:
            page = self._page(connection, filters, staff_id, now, after, size)
            return InboxListing(
                page,
                _tags(connection, [row.conversation_id for row in page.rows]),
                _counts(connection, staff_id, now),
                _views(connection, staff_id),
                list(connection.execute(_MENTIONS, {"staff_id": staff_id})),
                _filter_values(connection),
                _places(connection, page),
            )

    def more(
        self, filters: Filters, staff_id: str, now: datetime, after: Cursor | None, size: int = PAGE
    ) -> tuple[SummaryPage, Mapping[str, Sequence[str]], Mapping[str, int]]:
        """A page with the tags of its conversations and their places in the line, and nothing around it."""
        with self._engine.connect() as connection:
            page = self._page(connection, filters, staff_id, now, after, size)
            tags = _tags(connection, [row.conversation_id for row in page.rows])
            return page, tags, _places(connection, page)

    def page(
        self, filters: Filters, staff_id: str, now: datetime, after: Cursor | None = None, size: int = PAGE
    ) -> SummaryPage:
        """A page of conversations: the longest wait first in tabs of waiting ones, else the latest change first."""
        with self._engine.connect() as connection:
            return self._page(connection, filters, staff_id, now, after, size)

    def _page(
        self,
        connection: Connection,
        filters: Filters,
        staff_id: str,
        now: datetime,
        after: Cursor | None,
        size: int,
    ) -> SummaryPage:
        conditions = self._conditions(connection, filters)
        if conditions is None:
            return SummaryPage([], None)
        oldest_first = filters.tab in ("person", "unassigned")
        sort_key = summary.c.waiting_since if oldest_first else summary.c.last_at
        if oldest_first:
            order = (sort_key.asc(), summary.c.number.asc())
            conditions.append(sort_key.is_not(None))
        else:
            order = (sort_key.desc(), summary.c.number.desc())
        if after is not None:
            place = sa.tuple_(sort_key, summary.c.number)
            cursor = sa.tuple_(
                sa.bindparam("at", after.at, type_=summary.c.last_at.type), sa.bindparam("id", after.number)
            )
            conditions.append(place > cursor if oldest_first else place < cursor)
        unread = sa.func.coalesce(reading.c.seq, 0) < summary.c.last_seq
        found = connection.execute(
            sa.select(summary, unread.label("unread"))
            .outerjoin(
                reading,
                sa.and_(
                    reading.c.conversation_id == summary.c.conversation_id,
                    reading.c.staff_id == sa.bindparam("staff_id"),
                ),
            )
            .where(*conditions)
            .order_by(*order)
            .limit(size + 1),
            {"staff_id": staff_id, "now": now},
        ).all()
        rows = found[:size]
        more = len(found) > size
        last = rows[-1] if rows else None
        key = None if last is None else last.waiting_since if oldest_first else last.last_at
        return SummaryPage(rows, Cursor(key, last.number) if more and last is not None and key is not None else None)

    def counts(self, staff_id: str, now: datetime) -> dict[str, int]:
        """How many conversations the tabs of work hold, counted to one hundred."""
        with self._engine.connect() as connection:
            return _counts(connection, staff_id, now)

    def views(self, staff_id: str) -> list[Row[Any]]:
        """The views a member of staff saved, by name."""
        with self._engine.connect() as connection:
            return _views(connection, staff_id)

    def summary_of(self, conversation_id: str) -> Row[Any] | None:
        """The summary of one conversation."""
        with self._engine.connect() as connection:
            return connection.execute(
                sa.select(summary).where(summary.c.conversation_id == conversation_id)
            ).one_or_none()

    def _conditions(self, connection: Connection, filters: Filters) -> list[Any] | None:
        """The conditions of the filters; None when no conversation can fulfil them."""
        conditions = _tab(filters.tab)
        conditions += _columns(filters, self._zone)
        groups: list[list[int]] = []
        for kind, value in (
            ("entity", filters.entity),
            ("action", filters.action),
            ("tag", filters.tag),
            ("flag", filters.flag),
        ):
            if value:
                groups.append(_terms(connection, kind, [value]))
        tenths = filters.tenths()
        if filters.intent and tenths is not None:
            groups.append(_terms(connection, "understood", [f"{filters.intent}@{tenth}" for tenth in tenths]))
        elif filters.intent:
            groups.append(_terms(connection, "intent", [filters.intent]))
        elif tenths is not None:
            groups.append(_terms(connection, "confidence", [str(tenth) for tenth in tenths]))
        wanted = search_words(filters.q)
        if filters.q and not wanted:
            return None  # nothing in it that a conversation could be found by
        groups += [_words(connection, word) for word in wanted]
        if not all(groups):
            return None
        conditions += _postings(connection, groups)
        return conditions


def _tags(connection: Connection, conversation_ids: Sequence[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for row in connection.execute(_TAGS, {"ids": conversation_ids}):
        found.setdefault(row.conversation_id, []).append(row.name)
    return found


def _places(connection: Connection, page: SummaryPage) -> dict[str, int]:
    return places_in_line(connection) if any(row.state == "waiting" for row in page.rows) else {}


def _counts(connection: Connection, staff_id: str, now: datetime) -> dict[str, int]:
    return dict(connection.execute(_COUNTS, {"staff_id": staff_id, "now": now}).one()._mapping)


def _views(connection: Connection, staff_id: str) -> list[Row[Any]]:
    mine = sa.select(saved_view).where(saved_view.c.staff_id == staff_id)
    return list(connection.execute(mine.order_by(saved_view.c.name)))


def _filter_values(connection: Connection) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {kind: [] for kind in _FILTER_KINDS}
    for row in connection.execute(_VALUES):
        found[row.kind].append(row.value)
    return found


# built once: building a statement takes SQLAlchemy longer than SQLite takes to run it
_TAGS = (
    sa.select(tag.c.conversation_id, tag.c.name)
    .where(tag.c.conversation_id.in_(sa.bindparam("ids", expanding=True)))
    .order_by(tag.c.name)
)
_MENTIONS = (
    sa.select(note)
    .join(mention, mention.c.note_id == note.c.id)
    .where(mention.c.staff_id == sa.bindparam("staff_id"), mention.c.read_at.is_(None))
    .order_by(note.c.id.desc())
    .limit(20)
)
_VALUES = sa.union_all(
    *(
        sa.select(
            sa.select(term.c.kind, term.c.value).where(term.c.kind == kind).order_by(term.c.value).limit(200).subquery()
        )
        for kind in _FILTER_KINDS
    )
)


def _tab(tab: str) -> list[Any]:
    """The conditions for a conversation to be in a tab; the parameters are `staff_id` and `now`."""
    awake = sa.or_(summary.c.snoozed_until.is_(None), summary.c.snoozed_until <= sa.bindparam("now", type_=UtcDateTime))
    conditions: dict[str, list[Any]] = {
        "person": [summary.c.waiting_since.is_not(None), awake],
        "mine": [summary.c.agent_id == sa.bindparam("staff_id"), summary.c.state == "agent"],
        "unassigned": [summary.c.waiting_since.is_not(None), summary.c.agent_id.is_(None), awake],
        # worded as the indexes of these two are: SQLite takes `low = 1` for another condition than `low`
        "low": [sa.literal_column("summary.low"), summary.c.reviewed_at.is_(None)],
        "unhappy": [sa.literal_column("summary.unhappy"), summary.c.reviewed_at.is_(None)],
    }
    return conditions.get(tab, [])


_COUNTS = sa.select(
    *(
        sa.select(sa.func.count())
        .select_from(sa.select(summary.c.number).where(*_tab(tab)).limit(MOST_COUNTED + 1).subquery())
        .scalar_subquery()
        .label(tab)
        for tab in ("person", "mine", "unassigned", "low", "unhappy")
    )
)


def _columns(filters: Filters, zone: ZoneInfo) -> list[Any]:
    conditions: list[Any] = []
    if filters.channel:
        conditions.append(summary.c.channel == filters.channel)
    if filters.language == "hant":
        conditions += [summary.c.language == "zh", summary.c.script == "hant"]
    elif filters.language:
        conditions.append(summary.c.language == filters.language)
    first, end = filters.days(zone)
    if first is not None:
        conditions.append(summary.c.last_at >= first)
    if end is not None:
        conditions.append(summary.c.started_at < end)
    minutes = filters.minutes()
    if minutes is not None:
        low, high = summary.c.minute >= minutes[0], summary.c.minute < minutes[1]
        conditions.append(sa.and_(low, high) if minutes[0] < minutes[1] else sa.or_(low, high))
    for column, least, most in (
        (summary.c.last_seq, filters.length_from, filters.length_to),
        (summary.c.rating, filters.rating_from, filters.rating_to),
    ):
        if (bound := number(least)) is not None:
            conditions.append(column >= bound)
        if (bound := number(most)) is not None:
            conditions.append(column <= bound)
    if filters.reviewed == "saved":
        conditions.append(summary.c.saved)
    elif filters.reviewed in ("yes", "no"):
        reviewed = summary.c.reviewed_at
        conditions.append(reviewed.is_not(None) if filters.reviewed == "yes" else reviewed.is_(None))
    if filters.provider:
        conditions.append(summary.c.provider == filters.provider)
    if filters.order:
        conditions.append(summary.c.order_number == (normalise_order_number(filters.order) or filters.order))
    if (customer := number(filters.customer, 2**31 - 1)) is not None:
        conditions.append(summary.c.customer_id == customer)
    return conditions


def _terms(connection: Connection, kind: str, values: Sequence[str]) -> list[int]:
    found = sa.select(term.c.id).where(term.c.kind == kind, term.c.value.in_(values))
    return list(connection.execute(found).scalars())


def _words(connection: Connection, word: SearchWord) -> list[int]:
    """The terms that match a word: the word itself, and with `prefix` those that begin with it."""
    if not word.prefix:
        return _terms(connection, "word", [word.word])
    found = (
        sa.select(term.c.id)
        .where(term.c.kind == "word", term.c.value >= word.word, term.c.value < word.word + _END)
        .order_by(term.c.value)
        .limit(50)
    )
    return list(connection.execute(found).scalars())


def _postings(connection: Connection, groups: Sequence[Sequence[int]]) -> list[Any]:
    """A condition per group: the conversation has one of its terms.

    The rarest group, if it is rare, is a list to start from. Others are looked up row by row: where most rows fit,
    a page is soon full, and a list of nearly all conversations would have to be made first.
    """
    sizes = []
    for group in groups:
        some = sa.select(posting.c.number).where(posting.c.term_id.in_(group)).limit(_RARE).subquery()
        sizes.append(int(connection.execute(sa.select(sa.func.count()).select_from(some)).scalar_one()))
    conditions: list[Any] = []
    rarest = min(range(len(groups)), key=sizes.__getitem__, default=None)
    for index, group in enumerate(groups):
        listed = sa.select(posting.c.number).where(posting.c.term_id.in_(group))
        if index == rarest and sizes[index] < _RARE:
            conditions.append(summary.c.number.in_(listed))
        else:
            conditions.append(sa.exists(listed.where(posting.c.number == summary.c.number).correlate(summary)))
    return conditions
