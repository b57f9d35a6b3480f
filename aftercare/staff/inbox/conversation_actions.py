"""What staff do in a conversation, the same for the inbox's pages and for the API: what follows, what is recorded."""

from __future__ import annotations

from aiohttp import web

from aftercare.base.database import utc_now
from aftercare.conversations import staff_actions
from aftercare.conversations.conversation import Accepted
from aftercare.staff.access.permissions import audit
from aftercare.staff.inbox.action import ActionRefused, author, record
from aftercare.staff.inbox.live import INBOX
from aftercare.web.context import DESK

LONGEST_REPLY = 4000


async def claim(request: web.Request, conversation_id: str, expected: str | None) -> None:
    """Have the conversation, which `expected` (None: nobody) has.

    Raises:
        ActionRefused: somebody else has it.
        NoConversation: it does not exist, or no longer.
    """
    desk, own = request.app[DESK], author(request)
    done = await staff_actions.claim(desk, conversation_id, own.id, own.name, expected=expected)
    if done is None:
        raise ActionRefused("inbox.claimed_by_other")
    await staff_actions.set_tickets(desk, conversation_id, "claimed")
    tell_former_holder(request, conversation_id, expected, own.id)
    await record(request, "conversation.claimed", conversation_id)


def tell_former_holder(request: web.Request, conversation_id: str, former: str | None, now: str) -> None:
    """Tell who had the conversation, on their open pages, that `now` has it."""
    own = author(request)
    if former is not None and former not in (now, own.id):
        request.app[INBOX].watchers.notify_holder("taken", former, conversation_id, own.name)


async def release(request: web.Request, conversation_id: str, to: str) -> None:
    """Give the conversation to the assistant, or into the queue (`waiting`).

    Raises:
        NotYours: somebody else has it, or nobody.
        NoConversation: it does not exist, or no longer.
    """
    desk = request.app[DESK]
    await staff_actions.release(desk, conversation_id, author(request).id, to=to)
    await staff_actions.set_tickets(desk, conversation_id, "open" if to == "waiting" else "closed")
    await record(request, "conversation.handed_back", conversation_id, to=to)


async def resolve(request: web.Request, conversation_id: str) -> None:
    """End the conversation; the traveller's next message opens it again.

    Raises:
        NotYours: somebody else has it.
        NoConversation: it does not exist, or no longer.
    """
    desk = request.app[DESK]
    await staff_actions.close(desk, conversation_id, author(request).id)
    await staff_actions.set_tickets(desk, conversation_id, "closed")
    await record(request, "conversation.resolved", conversation_id)


async def write(
    request: web.Request,
    conversation_id: str,
    text: str,
    client_id: str,
    picture: tuple[str, bytes] | None = None,
) -> Accepted:
    """Write to the traveller, once for each `client_id` of 1 to 63 characters.

    Raises:
        ActionRefused: there is nothing to send, or too much.
        NotYours: somebody else has the conversation, or nobody.
        NoConversation: it does not exist, or no longer.
    """
    if not text and picture is None:
        raise ActionRefused("inbox.reply_empty", 422)
    if len(text) > LONGEST_REPLY:
        raise ActionRefused("inbox.reply_long", 422, limit=LONGEST_REPLY)
    done = await staff_actions.reply(
        request.app[DESK], conversation_id, author(request).id, text, picture=picture, client_id=client_id
    )
    await audit(request, "conversation.replied", conversation_id, seq=done.seq)
    return done


async def set_tag(request: web.Request, conversation_id: str, name: str, on: bool) -> None:
    """Put a tag on a conversation, or take it off.

    Raises:
        NotPossible: it is empty or too long.
    """
    writes = request.app[INBOX].writes
    await request.app[DESK].worker.run(writes.set_tag, [conversation_id], name, author(request), utc_now(), on)
    await record(request, "conversation.tagged" if on else "conversation.untagged", conversation_id)
