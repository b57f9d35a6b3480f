"""What staff do in a conversation: take it, write, give it back, close it; all streams and channels hear of it."""

from __future__ import annotations

from aftercare.base.database import utc_now
from aftercare.conversations.context import Desk
from aftercare.conversations.hub import live_event
from aftercare.conversations.store import Accepted, Claim, Event


async def claim(desk: Desk, conversation_id: str, staff_id: str, name: str, *, expected: str | None) -> Claim | None:
    """`Store.claim`, told to everybody who listens."""
    done = await desk.worker.run(desk.store.claim, conversation_id, staff_id, name, utc_now(), expected=expected)
    if done is not None:
        desk.hub.stored(conversation_id, done.stored)
    return done


async def reply(
    desk: Desk,
    conversation_id: str,
    staff_id: str,
    text: str,
    *,
    picture: tuple[str, bytes] | None = None,
    client_id: str,
) -> Accepted:
    """`Store.reply`, told to everybody who listens. A picture comes as `pictures.reencode` gives it."""
    done = await desk.worker.run(
        desk.store.reply, conversation_id, staff_id, text, utc_now(), picture=picture, client_id=client_id
    )
    desk.hub.stored(conversation_id, done.stored)
    return done


async def hand_back(desk: Desk, conversation_id: str, staff_id: str, *, to: str = "assistant") -> list[Event]:
    """`Store.hand_back`, told to everybody who listens."""
    stored = await desk.worker.run(desk.store.hand_back, conversation_id, staff_id, utc_now(), to=to)
    desk.hub.stored(conversation_id, stored)
    return stored


async def close(desk: Desk, conversation_id: str, staff_id: str | None) -> list[Event]:
    """`Store.close`, told to everybody who listens."""
    stored = await desk.worker.run(desk.store.close, conversation_id, staff_id, utc_now())
    desk.hub.stored(conversation_id, stored)
    return stored


def typing(desk: Desk, conversation_id: str, name: str) -> None:
    """Show the traveller that `name` is writing; holds for some seconds, so repeat it while they write."""
    desk.hub.happens(conversation_id, live_event("typing", "agent", agent=name))
