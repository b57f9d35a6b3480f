"""What staff add to conversations: notes, tags, flags, reviewed or saved; and their saved views."""

from __future__ import annotations

import uuid
from urllib.parse import parse_qsl

from aiohttp import web

from aftercare.base.database import utc_now
from aftercare.staff.access.permissions import Permission, audit, needs
from aftercare.staff.inbox import conversation_actions
from aftercare.staff.inbox.action import author, done, finish, require_marking, with_notices
from aftercare.staff.inbox.filters import Filters, number
from aftercare.staff.inbox.live import INBOX
from aftercare.staff.ui import pages
from aftercare.web.bodies import read_form
from aftercare.web.context import DESK


@needs(Permission.view_conversations)
@with_notices
async def note(request: web.Request) -> web.Response:
    """POST …/note {text, client_id}: keep a note for colleagues."""
    require_marking(request)
    service, conversation_id = request.app[INBOX], request.match_info["id"]
    form = await read_form(request)
    client_id = str(form.get("client_id") or uuid.uuid4().hex)
    own = author(request)
    stored = await request.app[DESK].worker.run(
        service.writes.write_note, conversation_id, own, str(form.get("text") or ""), client_id, utc_now()
    )
    service.watchers.notify_thread(conversation_id)
    service.watchers.notify_mentioned(stored.mentioned, conversation_id, own.name)
    await audit(request, "conversation.noted", conversation_id, note=stored.id)
    if stored.unknown:
        pages.flash(request, "inbox.note_unknown", "warning", names=", ".join(f"@{each}" for each in stored.unknown))
    return pages.render(request, "empty.html")


@needs(Permission.view_conversations)
@with_notices
async def tag(request: web.Request) -> web.Response:
    """POST …/tag {name, off?}: put a tag on, or take it off."""
    require_marking(request)
    form = await read_form(request)
    await conversation_actions.set_tag(
        request, request.match_info["id"], str(form.get("name") or ""), not form.get("off")
    )
    return done(request)


@needs(Permission.view_conversations)
@with_notices
async def flag(request: web.Request) -> web.Response:
    """POST …/flag {seq, reason}: flag a message; without a reason remove its flag."""
    require_marking(request)
    form = await read_form(request)
    seq, conversation_id = number(str(form.get("seq") or ""), 2**31 - 1) or 0, request.match_info["id"]
    reason = str(form.get("reason") or "")
    writes = request.app[INBOX].writes
    await request.app[DESK].worker.run(writes.set_flag, conversation_id, seq, reason, author(request), utc_now())
    return await finish(request, "message.flagged", seq=seq, reason=reason)


@needs(Permission.view_conversations)
@with_notices
async def set_reviewed(request: web.Request) -> web.Response:
    """POST …/review {reviewed?|saved?}: mark it reviewed or saved, or not."""
    require_marking(request)
    form = await read_form(request)
    writes, worker, ids = request.app[INBOX].writes, request.app[DESK].worker, [request.match_info["id"]]
    if "saved" in form:
        await worker.run(writes.set_saved, ids, form["saved"] == "yes")
    if "reviewed" in form:
        await worker.run(writes.set_reviewed, ids, author(request), utc_now() if form["reviewed"] == "yes" else None)
    return await finish(request, "conversation.reviewed")


@needs(Permission.view_conversations)
@with_notices
async def save_view(request: web.Request) -> web.Response:
    """POST /desk/inbox/views {name, query}: keep the present filters under a name."""
    form = await read_form(request)
    query = Filters.read(dict(parse_qsl(str(form.get("query") or "")))).query()
    name = str(form.get("name") or "")
    await request.app[DESK].worker.run(request.app[INBOX].writes.save_view, author(request).id, name, query)
    raise web.HTTPSeeOther(f"/desk/inbox?{query}")


@needs(Permission.view_conversations)
async def delete_view(request: web.Request) -> web.Response:
    """POST /desk/inbox/views/{view}/delete."""
    view = number(request.match_info["view"], 2**31 - 1) or 0
    await request.app[DESK].worker.run(request.app[INBOX].writes.delete_view, author(request).id, view)
    raise web.HTTPSeeOther("/desk/inbox")
