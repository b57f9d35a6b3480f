"""What staff do in a conversation: claim, reply, release, close; published to all streams and channels."""

from __future__ import annotations

from aftercare.base.database import utc_now
from aftercare.conversations.context import Desk
from aftercare.conversations.conversation import Accepted, Claim
from aftercare.conversations.hub import LiveEvent
from aftercare.conversations.messages import Message


async def claim(desk: Desk, conversation_id: str, staff_id: str, name: str, *, expected: str | None) -> Claim | None:
    """`Store.claim`, published."""
    done = await desk.worker.run(desk.store.claim, conversation_id, staff_id, name, utc_now(), expected=expected)
    if done is not None:
        desk.hub.publish_stored(conversation_id, done.stored)
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
    """`Store.reply`, published. A picture comes as `pictures.reencode` gives it."""
    done = await desk.worker.run(
        desk.store.reply, conversation_id, staff_id, text, utc_now(), picture=picture, client_id=client_id
    )
    desk.hub.publish_stored(conversation_id, done.stored)
    return done


async def release(desk: Desk, conversation_id: str, staff_id: str, *, to: str = "assistant") -> list[Message]:
    """`Store.release`, published."""
    stored = await desk.worker.run(desk.store.release, conversation_id, staff_id, utc_now(), to=to)
    desk.hub.publish_stored(conversation_id, stored)
    return stored


async def close(desk: Desk, conversation_id: str, staff_id: str | None) -> list[Message]:
    """`Store.close`, published."""
    stored = await desk.worker.run(desk.store.close, conversation_id, staff_id, utc_now())
    desk.hub.publish_stored(conversation_id, stored)
    return stored


def typing(desk: Desk, conversation_id: str, name: str) -> None:
    """Show the traveller that `name` is writing; holds for some seconds, so repeat it while they write."""
    desk.hub.publish_live(conversation_id, LiveEvent("typing", "agent", agent=name))
