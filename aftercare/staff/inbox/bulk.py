"""The same action for several conversations at once."""

from __future__ import annotations

import json

from aiohttp import web

from aftercare.base.database import utc_now
from aftercare.conversations import staff_actions
from aftercare.conversations.conversation import NoConversation, NotYours
from aftercare.staff.access.permissions import Permission, Refused, audit, member, needs
from aftercare.staff.inbox.action import ActionRefused, author, require_marking, with_notices
from aftercare.staff.inbox.live import INBOX
from aftercare.staff.ui import pages
from aftercare.web.bodies import read_form
from aftercare.web.context import DESK

MOST_AT_ONCE = 200  # conversations of one bulk action
_REVERSE = {"tag": "untag", "reviewed": "unreviewed", "save": "unsave"}  # bulk actions and what reverses them


@needs(Permission.view_conversations)
@with_notices
async def bulk(request: web.Request) -> web.Response:
    """POST /desk/inbox/bulk {id…, act, name?}: do an action to several conversations; says to how many.

    For an action that can be undone the page gets an event `undo` with what to send.
    """
    require_marking(request)
    form = await read_form(request)
    ids = list(dict.fromkeys(str(each) for each in form.getall("id", [])))[:MOST_AT_ONCE]
    act, own, writes, worker = (
        str(form.get("act") or ""),
        author(request),
        request.app[INBOX].writes,
        request.app[DESK].worker,
    )
    if not ids:
        raise ActionRefused("inbox.none_chosen", 422)
    done, name = len(ids), str(form.get("name") or "")
    changed: list[str] = []
    if act in ("tag", "untag"):
        changed = await worker.run(writes.set_tag, ids, name, own, utc_now(), act == "tag")
    elif act in ("reviewed", "unreviewed"):
        changed = await worker.run(writes.set_reviewed, ids, own, utc_now() if act == "reviewed" else None)
    elif act in ("save", "unsave"):
        changed = await worker.run(writes.set_saved, ids, act == "save")
    elif act in ("claim", "resolve"):
        if not member(request).may(Permission.reply):
            raise Refused(403, "error_403")
        done = sum([await _one_of_many(request, each, act) for each in ids])
    else:
        raise ActionRefused("inbox.action_unknown", 422)
    await audit(request, f"conversations.{act}", f"{len(ids)} conversations", ids=ids)
    for each in ids:
        request.app[INBOX].changed(each)
    pages.flash(request, "inbox.done_some" if done < len(ids) else "inbox.done_all", done=done, all=len(ids))
    response = pages.render(request, "empty.html")
    if changed and (back := _REVERSE.get(act)):
        undo = {"undo": {"act": back, "ids": changed, "name": name}}
        response.headers["HX-Trigger-After-Settle"] = json.dumps(undo)
    return response


async def _one_of_many(request: web.Request, conversation_id: str, act: str) -> bool:
    desk, own = request.app[DESK], author(request)
    try:
        if act == "claim":
            if not await staff_actions.claim(desk, conversation_id, own.id, own.name, expected=None):
                return False
        else:
            await staff_actions.close(desk, conversation_id, own.id)
    except (NotYours, NoConversation):
        return False
    await staff_actions.set_tickets(desk, conversation_id, "claimed" if act == "claim" else "closed")
    return True
