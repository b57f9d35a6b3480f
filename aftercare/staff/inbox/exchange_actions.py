"""Staff write down the new eSIM of an exchange or of a ticket for one, the same for the inbox's pages and the API."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aiohttp import web
from pydantic import ValidationError
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from aftercare.base.database import utc_now
from aftercare.base.language import Language
from aftercare.conversations.context import Desk
from aftercare.conversations.conversation import NoConversation
from aftercare.orders import exchanges, reissues
from aftercare.orders.intake import ShopEsim
from aftercare.orders.order_messages import ORDER_MESSAGE
from aftercare.orders.tables import RefundRequest
from aftercare.staff.access.permissions import audit_later
from aftercare.staff.inbox.action import ActionRefused
from aftercare.staff.inbox.live import INBOX
from aftercare.web.context import DESK


async def carry_out(
    request: web.Request, request_id: int, here: str, iccid: str, activation_code: str, paid_otherwise: bool
) -> str | None:
    """Write down that an exchange is carried out, and tell the traveller in the chat in which they asked, else `here`.

    `iccid` and `activation_code` are those of the new eSIM, both empty where the plan came onto the one there was. What
    became of the message: done, dead or waiting; None where the traveller has deleted the chat.

    Raises:
        ActionRefused: it is none that waits for this, its difference is not paid yet, or the new eSIM is not right.
    """
    desk = request.app[DESK]
    profile = _profile(iccid.strip(), activation_code.strip())
    asked_in = await desk.orders_worker.run(_asked_in, desk, request_id)
    tell_in, language = await _chat(desk, asked_in, here)
    try:
        keys = await desk.orders_worker.run(_carry_out, request, request_id, tell_in, profile, paid_otherwise, language)
    except exchanges.NotPaidYet:
        raise ActionRefused("inbox.exchange_unpaid") from None
    except exchanges.NoEsimYet:
        raise ActionRefused("inbox.exchange_which_esim", 422) from None
    except exchanges.NotToCarryOut:
        raise ActionRefused("inbox.exchange_over") from None
    except IntegrityError:
        raise ActionRefused("inbox.exchange_esim_taken", 422) from None
    states: Mapping[str, str] = await desk.outbox.deliver(*keys)
    for shown in filter(None, {asked_in, here}):
        await request.app[INBOX].redraw(shown)
    return states[keys[-1]] if tell_in else None


async def replace_esim(request: web.Request, ticket_id: int, iccid: str, activation_code: str) -> str:
    """Write down the eSIM that was made for a ticket; what became of the message to the traveller, as in `carry_out`.

    Raises:
        ActionRefused: the ticket asks for none (any more), or the eSIM is not right.
    """
    desk = request.app[DESK]
    profile = _profile(iccid.strip(), activation_code.strip())
    if profile is None:
        raise ActionRefused("inbox.exchange_esim", 422)
    try:
        conversation_id, keys = await desk.orders_worker.run(_replace, request, ticket_id, profile)
    except IntegrityError:
        raise ActionRefused("inbox.exchange_esim_taken", 422) from None
    states: Mapping[str, str] = await desk.outbox.deliver(*keys)
    await request.app[INBOX].redraw(conversation_id)
    return states[keys[-1]]


def _replace(request: web.Request, ticket_id: int, profile: Mapping[str, Any]) -> tuple[str, list[str]]:
    with Session(request.app[DESK].orders, future=True) as session:
        ticket = reissues.replaced_by_staff(session, ticket_id, profile, utc_now())
        if ticket is None:
            raise ActionRefused("inbox.new_esim_over")
        conversation_id = ticket.conversation_id
        audit_key = audit_later(request, session, "esim.replaced", conversation_id, ticket=ticket_id)
        session.commit()
    return conversation_id, [audit_key, f"{ORDER_MESSAGE}:{reissues.staff_key(ticket_id)}:done"]


def _profile(iccid: str, activation_code: str) -> dict[str, Any] | None:
    """The new eSIM as columns of `esim`; None where none is named."""
    if not iccid and not activation_code:
        return None
    try:
        esim = ShopEsim.model_validate({"iccid": iccid, "activation_code": activation_code})
    except ValidationError:
        raise ActionRefused("inbox.exchange_esim", 422) from None
    if not esim.matching_id:
        raise ActionRefused("inbox.exchange_esim", 422)
    return {
        "iccid": esim.iccid,
        "smdp_address": esim.smdp_address,
        "matching_id": esim.matching_id,
        "provider_reference": None,
    }


def _asked_in(desk: Desk, request_id: int) -> str | None:
    with Session(desk.orders, future=True) as session:
        found = session.get(RefundRequest, request_id)
        return found.conversation_id if found else None


async def _chat(desk: Desk, *asked_in: str | None) -> tuple[str | None, Language | None]:
    """The first of these chats that is not deleted, and its language."""
    for conversation_id in filter(None, asked_in):
        try:
            conversation = await desk.worker.run(desk.store.conversation, conversation_id)
        except NoConversation:
            continue
        return conversation_id, conversation.voice.language
    return None, None


def _carry_out(
    request: web.Request,
    request_id: int,
    tell_in: str | None,
    profile: Mapping[str, Any] | None,
    paid_otherwise: bool,
    language: Language | None,
) -> list[str]:
    """Write it down with the entry of the audit log and the message to the traveller; their keys in the outbox."""
    with Session(request.app[DESK].orders, future=True) as session:
        found = session.get(RefundRequest, request_id)
        spoken = language or (found.purchase.customer.language if found else "en")
        done = exchanges.carried_out(session, request_id, profile, paid_otherwise, tell_in, spoken, utc_now())
        about = {"request": request_id, "new_esim": profile is not None, "paid_otherwise": paid_otherwise}
        subject = done.conversation_id or tell_in or f"refund:{request_id}"
        keys = [audit_later(request, session, "exchange.carried_out", subject, **about)]
        session.commit()
        return [*keys, f"{ORDER_MESSAGE}:{exchanges.message_key(request_id)}"]
