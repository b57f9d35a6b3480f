"""The audit page: who did what and when, filtered, and as a file."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from aiohttp import web
from sqlalchemy.engine import Engine, Row

from aftercare.documents.csv_file import csv_file
from aftercare.staff.access.permissions import Permission, audit, needs
from aftercare.staff.access.tables import audit_entry
from aftercare.staff.people.accounts import everybody
from aftercare.staff.ui.pages import View, local_time, render
from aftercare.web.context import DESK

PER_PAGE = 50
MOST_ENTRIES = 50_000  # of a file; the newest


@dataclass(frozen=True)
class AuditFilter:
    """Which entries are asked for; empty means all. Days are days of the support's timezone, both included."""

    actor: str = ""
    action: str = ""
    subject: str = ""
    first: date | None = None
    last: date | None = None

    def conditions(self, zone: ZoneInfo) -> list[sa.sql.ColumnElement[Any]]:
        """The filter as SQL conditions."""
        found = []
        for column, wanted in ((audit_entry.c.actor, self.actor), (audit_entry.c.action, self.action)):
            if wanted:
                found.append(column.startswith(wanted, autoescape=True))
        if self.subject:
            found.append(audit_entry.c.subject == self.subject)
        if self.first:
            found.append(audit_entry.c.at >= _midnight(self.first, zone))
        if self.last:
            found.append(audit_entry.c.at < _midnight(self.last + timedelta(days=1), zone))
        return found

    def query(self) -> dict[str, str]:
        """The filter as the query of an address."""
        first, last = (day.isoformat() if day else "" for day in (self.first, self.last))
        return {"actor": self.actor, "action": self.action, "subject": self.subject, "first": first, "last": last}


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone)


def read_filter(request: web.Request) -> AuditFilter:
    """The filter of an address; a day that is no date between 2000 and 2999 is left out."""

    def day(name: str) -> date | None:
        try:
            found = date.fromisoformat(request.query.get(name, ""))
        except ValueError:
            return None
        return found if 2000 <= found.year < 3000 else None

    texts = {name: request.query.get(name, "").strip() for name in ("actor", "action", "subject")}
    return AuditFilter(**texts, first=day("first"), last=day("last"))


def entries(
    engine: Engine, wanted: AuditFilter, zone: ZoneInfo, limit: int, before: int | None = None
) -> list[Row[Any]]:
    """The newest entries first, beginning before the entry number `before`."""
    found = sa.select(audit_entry).where(*wanted.conditions(zone)).order_by(audit_entry.c.id.desc()).limit(limit)
    if before is not None:
        found = found.where(audit_entry.c.id < before)
    with engine.connect() as connection:
        return list(connection.execute(found))


@dataclass(frozen=True)
class AuditPage(View):
    """A page of the audit log."""

    entries: Sequence[Row[Any]]
    """The entries shown, the newest first."""
    names: Mapping[str, str]
    """E-mail addresses by the subject that names a member of staff."""
    wanted: Mapping[str, str]
    """The filter, as it stands in the page's address."""
    older: int | None
    """Number of the last entry shown when there are older ones."""
    newest: bool
    """Whether this is the first page."""


@needs(Permission.view_audit)
async def audit_page(request: web.Request) -> web.Response:
    """GET /desk/audit."""
    desk, wanted = request.app[DESK], read_filter(request)
    zone = ZoneInfo(desk.settings.support_timezone)
    before = request.query.get("before", "")
    number = int(before) if before.isascii() and before.isdigit() and len(before) < 19 else None
    found = await desk.worker.run(entries, desk.store.engine, wanted, zone, PER_PAGE + 1, number)
    older = found[PER_PAGE - 1].id if len(found) > PER_PAGE else None
    people = await desk.worker.run(everybody, desk.store.engine)
    page = AuditPage(
        entries=found[:PER_PAGE],
        names={f"staff:{person.id}": person.email for person in people},
        wanted=wanted.query(),
        older=older,
        newest=number is None,
    )
    return render(request, "people/audit.html", page)


@needs(Permission.view_audit)
async def audit_file(request: web.Request) -> web.Response:
    """GET /desk/audit.csv: the filtered entries as a file, which is recorded too."""
    desk, wanted = request.app[DESK], read_filter(request)
    zone = ZoneInfo(desk.settings.support_timezone)
    await audit(request, "audit.exported", "audit", **{k: v for k, v in wanted.query().items() if v})
    found = await desk.worker.run(entries, desk.store.engine, wanted, zone, MOST_ENTRIES)
    rows = (
        (str(e.id), local_time(zone, e.at), e.actor, e.action, e.subject, _details(e.details), e.address) for e in found
    )
    header = ("number", f"time ({zone.key})", "actor", "action", "subject", "details", "address")
    return web.Response(
        body=csv_file(header, rows),
        content_type="text/csv",
        charset="utf-8",
        headers={"Content-Disposition": 'attachment; filename="audit.csv"'},
    )


def _details(details: dict[str, object]) -> str:
    return json.dumps(details, ensure_ascii=False, sort_keys=True) if details else ""
