"""Serves a traveller's own files to whoever holds a signed link that has not expired."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from zoneinfo import ZoneInfo

from aiohttp import web
from sqlalchemy.orm import Session

from aftercare.base.database import utc_now
from aftercare.base.language import LANGUAGES
from aftercare.base.responses import phrase
from aftercare.conversations.context import Desk
from aftercare.documents import links
from aftercare.documents.invoice import invoice_of, invoice_pdf
from aftercare.documents.links import FileLink, FileLinkExpired, FileLinkInvalid
from aftercare.documents.usage_csv import usage_csv
from aftercare.orders import usage
from aftercare.web.chat.requests import enforce_rate
from aftercare.web.context import DESK, network_of

_PRIVATE = {"Cache-Control": "private, no-store", "X-Robots-Tag": "noindex"}
_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title_en} · {title_zh}</title>
<h1>{title_en}</h1>
<p>{text_en}</p>
<div lang="zh">
<h1>{title_zh}</h1>
<p>{text_zh}</p>
</div>
</html>
"""
# What is left to do once the database has answered; drawing a page takes longer than a query.
Draw = Callable[[], bytes]


def add_routes(app: web.Application) -> None:
    """Add GET /media/… for signed links; their dot tells them from the pictures travellers send."""
    app.router.add_get(r"/media/{link:[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+}", show)


@dataclass(frozen=True)
class File:
    """A traveller's own file."""

    name: str
    media_type: str
    content: bytes


async def show(request: web.Request) -> web.Response:
    """GET /media/…: the file, 410 when the link's hour is over, 404 when we never made it."""
    desk = request.app[DESK]
    enforce_rate(desk.address_rate, network_of(request))
    try:
        file = await file_of(desk, request.match_info["link"])
    except FileLinkExpired:
        return _page(410, "expired")
    except FileLinkInvalid:
        return _page(404, "missing")
    return web.Response(
        body=file.content,
        content_type=file.media_type,
        charset="utf-8" if file.media_type == "text/csv" else None,
        headers={"Content-Disposition": f'attachment; filename="{file.name}"', **_PRIVATE},
    )


async def file_of(desk: Desk, token: str) -> File:
    """The file a signed link leads to.

    Raises:
        FileLinkExpired: the link's hour is over.
        FileLinkInvalid: we never made it, or the order has no such file (any more).
    """
    now = utc_now()
    link = links.read(token, desk.settings.secret("media"), now)
    draw = await desk.orders_worker.run(_load, desk, link, now)
    if draw is None:
        raise FileLinkInvalid
    suffix, media_type = {"invoice": ("pdf", "application/pdf"), "usage": ("csv", "text/csv")}[link.kind]
    return File(f"{link.kind}-{link.number}.{suffix}", media_type, await asyncio.to_thread(draw))


def _load(desk: Desk, link: FileLink, now: datetime) -> Draw | None:
    """Read what the file needs; None when the order has no such file (any more)."""
    with Session(desk.orders, future=True) as session:
        if link.kind == "invoice":
            invoice = invoice_of(session, link.number, now)
            zone = ZoneInfo(desk.settings.support_timezone)
            return None if invoice is None else partial(invoice_pdf, invoice, link.locale, zone)
        summary = usage.summary(session, link.number, now)
        return None if summary is None else partial(usage_csv, summary, link.locale)


def _page(status: int, name: str) -> web.Response:
    """A page in both languages: whoever opens a link has not told theirs."""
    texts = {
        f"{part}_{language}": phrase(f"file_{name}_{part}", language)
        for part in ("title", "text")
        for language in LANGUAGES
    }
    return web.Response(status=status, text=_PAGE.format(**texts), content_type="text/html", headers=_PRIVATE)
