"""Who has a conversation: claim, release, resolve, assign and snooze it."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta

from aiohttp import web

from aftercare.base.database import utc_now
from aftercare.conversations import staff_actions
from aftercare.conversations.messages import clean_text
from aftercare.orders.support_hours import next_open
from aftercare.staff.access.permissions import Permission, needs
from aftercare.staff.inbox import conversation_actions
from aftercare.staff.inbox.action import ActionRefused, author, done, finish, with_notices
from aftercare.staff.inbox.filters import number
from aftercare.staff.inbox.live import INBOX
from aftercare.web.bodies import read_form
from aftercare.web.context import DESK


@needs(Permission.reply)
@with_notices
async def claim(request: web.Request) -> web.Response:
    """POST …/claim {expected}: claim it, from the member the page showed to have it or from nobody."""
    form = await read_form(request)
    await conversation_actions.claim(request, request.match_info["id"], str(form.get("expected") or "") or None)
    return done(request)


@needs(Permission.reply)
@with_notices
async def release(request: web.Request) -> web.Response:
    """POST …/hand-back {to, text?}: release it to the assistant or into the queue, after a last reply if any."""
    desk, own, conversation_id = request.app[DESK], author(request), request.match_info["id"]
    form = await read_form(request)
    if text := clean_text(str(form.get("text") or ""))[: conversation_actions.LONGEST_REPLY]:
        client_id = str(form.get("client_id") or uuid.uuid4().hex)[:63]
        await staff_actions.reply(desk, conversation_id, own.id, text, client_id=client_id)
    await conversation_actions.release(
        request, conversation_id, "waiting" if form.get("to") == "waiting" else "assistant"
    )
    return done(request)


@needs(Permission.reply)
@with_notices
async def resolve(request: web.Request) -> web.Response:
    """POST …/resolve: resolve it; the traveller's next message opens it again."""
    await conversation_actions.resolve(request, request.match_info["id"])
    return done(request)


@needs(Permission.reply)
@with_notices
async def assign(request: web.Request) -> web.Response:
    """POST …/reassign {to, expected}: assign the conversation to a colleague."""
    service, desk = request.app[INBOX], request.app[DESK]
    form = await read_form(request)
    colleagues = {each.id: each for each in await service.reads.run(service.writes.assignable_staff)}
    to = colleagues.get(str(form.get("to")))
    if to is None:
        raise ActionRefused("inbox.nobody_chosen", 422)
    expected = str(form.get("expected") or "") or None
    given = await staff_actions.claim(desk, request.match_info["id"], to.id, to.name, expected=expected)
    if given is None:
        raise ActionRefused("inbox.claimed_by_other")
    service.watchers.notify_holder("given", to.id, request.match_info["id"], author(request).name)
    conversation_actions.tell_former_holder(request, request.match_info["id"], expected, to.id)
    await staff_actions.set_tickets(desk, request.match_info["id"], "claimed")
    return await finish(request, "conversation.reassigned", to=to.id)


@needs(Permission.reply)
@with_notices
async def snooze(request: web.Request) -> web.Response:
    """POST …/snooze {for}: keep it out of the tabs of work for minutes, until the next opening (`open`), or not."""
    form = await read_form(request)
    wanted, now = str(form.get("for") or ""), utc_now()
    until: datetime | None = None
    if wanted == "open":
        until = next_open(now + timedelta(hours=8)).astimezone(UTC)
    elif minutes := number(wanted, 60 * 24 * 30):
        until = now + timedelta(minutes=minutes)
    await request.app[DESK].worker.run(request.app[INBOX].writes.snooze, request.match_info["id"], until)
    return await finish(request, "conversation.snoozed")


@needs(Permission.reply)
@with_notices
async def ticket_done(request: web.Request) -> web.Response:
    """POST …/ticket-done: close the tickets, whose work is done; the conversation stays as it is."""
    await staff_actions.set_tickets(request.app[DESK], request.match_info["id"], "closed")
    return await finish(request, "ticket.closed")
