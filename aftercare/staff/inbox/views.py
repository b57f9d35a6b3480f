"""The pages of the inbox: the list, one conversation beside it, and the parts of both that are drawn anew."""

from __future__ import annotations

from aiohttp import web

from aftercare.base.database import utc_now
from aftercare.staff.access.permissions import Permission, audit, member, needs
from aftercare.staff.export.script import as_script, read_conversation
from aftercare.staff.inbox.conversation_view import conversation_view
from aftercare.staff.inbox.filters import Cursor, Filters, number
from aftercare.staff.inbox.list_view import list_views, rows_view
from aftercare.staff.inbox.live import INBOX
from aftercare.staff.ui import pages
from aftercare.web.context import DESK


@needs(Permission.view_conversations)
async def inbox(request: web.Request) -> web.Response:
    """GET /desk/inbox: the list, and beside it nothing yet."""
    return pages.render(request, "inbox/page.html", *await list_views(request))


@needs(Permission.view_conversations)
async def rows(request: web.Request) -> web.Response:
    """GET /desk/inbox/lines: the list anew (`size` rows of it), or with `after` its next page."""
    service, now = request.app[INBOX], utc_now()
    after = Cursor.read(request.query.get("after", ""))
    if after is None:
        return pages.render(request, "inbox/list.html", *await list_views(request))
    filters = Filters.read(request.query)
    found = await service.reads.run(service.queries.more, filters, member(request).agent_id, now, after)
    return pages.render(request, "inbox/rows.html", rows_view(request, filters, *found, now))


@needs(Permission.view_conversations)
async def conversation(request: web.Request) -> web.Response:
    """GET /desk/inbox/c/{id}: a conversation; with `m` at a message of it."""
    view = await conversation_view(request)
    await audit(request, "conversation.viewed", request.match_info["id"])
    if pages.is_fragment(request):
        return pages.render(request, "inbox/pane.html", view)
    return pages.render(request, "inbox/page.html", *await list_views(request), view)


@needs(Permission.view_conversations)
async def items(request: web.Request) -> web.Response:
    """GET /desk/inbox/c/{id}/items?from=…: the events from one on, with the head and the state of the reply.

    With `before`, the part that ends before an event.
    """
    if before := number(request.query.get("before", ""), 2**31 - 1):
        return pages.render(request, "inbox/part.html", await conversation_view(request, before=before))
    first = number(request.query.get("from", ""), 2**31 - 1) or 1
    return pages.render(request, "inbox/fresh.html", await conversation_view(request, first=first))


@needs(Permission.view_conversations)
async def marked(request: web.Request) -> web.Response:
    """GET /desk/inbox/c/{id}/marked: numbers of the messages that are flagged or were understood badly, as JSON."""
    service = request.app[INBOX]
    return web.json_response(await service.reads.run(service.threads.marked, request.match_info["id"]))


@needs(Permission.view_conversations)
async def context(request: web.Request) -> web.Response:
    """GET /desk/inbox/c/{id}/context: the order and the rest beside the conversation, masked."""
    return pages.render(request, "inbox/context.html", await conversation_view(request))


@needs(Permission.reveal_personal)
async def reveal(request: web.Request) -> web.Response:
    """POST /desk/inbox/c/{id}/reveal: the same unmasked; who asked is recorded in the audit log."""
    await audit(request, "personal.revealed", request.match_info["id"])
    return pages.render(request, "inbox/context.html", await conversation_view(request, revealed=True))


@needs(Permission.view_conversations)
async def script(request: web.Request) -> web.Response:
    """GET /desk/inbox/c/{id}/script: the whole conversation as a test script, masked."""
    service, desk, conversation_id = request.app[INBOX], request.app[DESK], request.match_info["id"]
    recorded = await service.reads.run(read_conversation, desk.store.engine, desk.orders, conversation_id)
    if recorded is None:
        raise web.HTTPNotFound
    await audit(request, "conversation.exported", conversation_id, as_="script")
    text = as_script(recorded, f"conversation {conversation_id[:8]}")
    return web.Response(text=text, content_type="text/yaml", charset="utf-8")
