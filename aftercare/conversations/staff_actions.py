"""What staff do in a conversation: claim, reply, release, close; published to all streams and channels."""

from __future__ import annotations

import logging

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from aftercare.base.database import utc_now
from aftercare.conversations.context import Desk
from aftercare.conversations.conversation import Accepted, Claim, NoConversation, NotYours
from aftercare.conversations.hub import LiveEvent
from aftercare.conversations.messages import Message
from aftercare.orders import mails, tickets

log = logging.getLogger(__name__)


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
    """`Store.reply`, published, and mailed when the traveller stays away.

    A picture comes as `pictures.reencode` gives it.
    """
    if desk.settings.mails and text:
        await _mail_later(desk, conversation_id, client_id)
    done = await desk.worker.run(
        desk.store.reply, conversation_id, staff_id, text, utc_now(), picture=picture, client_id=client_id
    )
    desk.hub.publish_stored(conversation_id, done.stored)
    return done


async def _mail_later(desk: Desk, conversation_id: str, client_id: str) -> None:
    """Put the mail of an answer before the answer: so it is not lost, and is not sent without it."""
    try:
        await desk.orders_worker.run(_put_answer, desk, conversation_id, client_id)
    except SQLAlchemyError as error:
        log.warning("An answer will not be mailed: %s", type(error).__name__)


def _put_answer(desk: Desk, conversation_id: str, client_id: str) -> None:
    with Session(desk.orders, future=True) as session, session.begin():
        mails.put_answer(session, conversation_id, client_id, utc_now())


async def release(desk: Desk, conversation_id: str, staff_id: str, *, to: str = "assistant") -> list[Message]:
    """`Store.release`, published."""
    stored = await desk.worker.run(desk.store.release, conversation_id, staff_id, utc_now(), to=to)
    desk.hub.publish_stored(conversation_id, stored)
    return stored


async def release_all(desk: Desk, staff_id: str) -> int:
    """Put all conversations of somebody who can write no more back into the queue, with their tickets; how many."""
    held = await desk.worker.run(desk.store.held_by, staff_id)
    for conversation_id in held:
        try:
            await release(desk, conversation_id, staff_id, to="waiting")
        except (NoConversation, NotYours):  # deleted or taken over in this moment
            continue
        await set_tickets(desk, conversation_id, "open")
    return len(held)


async def set_tickets(desk: Desk, conversation_id: str, state: str) -> None:
    """Set the state of a conversation's tickets; where that fails, the action itself stands."""
    try:
        await desk.orders_worker.run(_set_tickets, desk, conversation_id, state)
    except SQLAlchemyError as error:
        log.warning("The tickets of a conversation could not follow it: %s", type(error).__name__)


def _set_tickets(desk: Desk, conversation_id: str, state: str) -> None:
    with Session(desk.orders, future=True) as session:
        tickets.set_state(session, conversation_id, state)
        session.commit()


async def close(desk: Desk, conversation_id: str, staff_id: str | None) -> list[Message]:
    """`Store.close`, published."""
    stored = await desk.worker.run(desk.store.close, conversation_id, staff_id, utc_now())
    desk.hub.publish_stored(conversation_id, stored)
    return stored


def typing(desk: Desk, conversation_id: str, name: str) -> None:
    """Show the traveller that `name` is writing; holds for some seconds, so repeat it while they write."""
    desk.hub.publish_live(conversation_id, LiveEvent("typing", "agent", agent=name))
