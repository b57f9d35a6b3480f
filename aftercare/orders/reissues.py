"""A new eSIM in place of one whose code is spent, made by the issuer from the outbox and told in the chat."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from aftercare.orders import payouts, tickets
from aftercare.orders.order_messages import put_message
from aftercare.orders.outbox import put
from aftercare.orders.tables import OPEN_REQUEST_STATES, Esim, Purchase, RefundRequest, Ticket

REISSUE = "esim_reissue"  # its kind in the outbox
TICKET = "reissue"  # the reason of the ticket that asks staff for one
# in which nothing can be lost any more, as the issuer says: never connected, or gone from the phone
_SPENT = ("downloaded", "installed", "disabled", "deleted")
# columns of an eSIM that nobody has used
FRESH: dict[str, Any] = {
    "profile_state": "released", "eid": None, "imei": None, "installed_at": None, "registered": False,
    "carrier_locked": False, "refreshed_at": None, "revoked_at": None,
}  # fmt: skip


def ask(session: Session, number: str, conversation_id: str, language: str, now: datetime) -> bool:
    """Have the eSIM of an order replaced, once; False where a person has to look first.

    The caller has checked ownership and that the issuer replaces eSIMs, and has just asked it how this one is. One that
    carried data is only replaced when it was deleted, that of an order whose refund is open never.
    """
    row = session.execute(
        sa.select(Esim, Purchase.status)
        .join(Purchase, Esim.purchase_id == Purchase.id)
        .where(Purchase.number == number)
    ).one_or_none()
    if row is None or row.status != "delivered":
        return False
    esim: Esim = row.Esim
    used = bool(esim.data_used_mb) or esim.registered
    over = esim.expires_at is not None and esim.expires_at <= now
    if esim.profile_state not in _SPENT or over or (used and esim.profile_state != "deleted"):
        return False
    refund = sa.select(RefundRequest.id).where(
        RefundRequest.purchase_id == esim.purchase_id, RefundRequest.state.in_((*OPEN_REQUEST_STATES, "paid"))
    )
    if session.execute(refund.limit(1)).first() is not None:
        return False
    payload = {
        "purchase": esim.purchase_id, "number": number, "iccid": esim.iccid, "conversation": conversation_id,
        "language": language,
    }  # fmt: skip
    return put(session, REISSUE, f"{REISSUE}:{esim.purchase_id}", payload, now)


def spent(session: Session, purchase_id: int, iccid: str) -> tuple[str, str | None] | None:
    """ICCID and issuer's reference of the eSIM to replace; None when it was replaced already."""
    esim = session.scalars(sa.select(Esim).where(Esim.purchase_id == purchase_id)).one_or_none()
    return (esim.iccid, esim.provider_reference) if esim is not None and esim.iccid == iccid else None


def replaced(session: Session, asked: Mapping[str, Any], key: str, values: Mapping[str, Any], now: datetime) -> None:
    """Write down the new profile: nobody has used it. `values` are columns of `esim`."""
    mine = (Esim.purchase_id == int(asked["purchase"]), Esim.iccid == str(asked["iccid"]))
    esim = session.scalars(sa.select(Esim).where(*mine)).one_or_none()
    if esim is not None:
        for name, value in {**FRESH, "former_iccids": with_former(esim), **values}.items():
            setattr(esim, name, value)
        session.flush()
    number = str(asked["number"])
    put_message(session, f"{key}:done", str(asked["conversation"]), "reissue_done", {"number": number}, now)
    payouts.mail_qr(session, number, now)


def replaced_by_staff(session: Session, ticket_id: int, values: Mapping[str, Any], now: datetime) -> Ticket | None:
    """Write down the profile a colleague had made for an open ticket, close it and tell the traveller in its chat.

    None where the ticket asks for none (any more). `values` are columns of `esim`.
    """
    ticket = session.get(Ticket, ticket_id, with_for_update=True)
    if ticket is None or ticket.reason != TICKET or ticket.state == "closed" or ticket.purchase_id is None:
        return None
    purchase = session.get_one(Purchase, ticket.purchase_id)
    if purchase.esim is None:
        return None
    ticket.state = "closed"
    asked = {"purchase": purchase.id, "iccid": purchase.esim.iccid, "number": purchase.number,
             "conversation": ticket.conversation_id}  # fmt: skip
    replaced(session, asked, staff_key(ticket_id), values, now)
    return ticket


def staff_key(ticket_id: int) -> str:
    """What is told of the eSIM of a ticket is known by this."""
    return f"{REISSUE}_by_staff:{ticket_id}"


def with_former(esim: Esim) -> str:
    """The ICCIDs an eSIM had before, when this one is replaced too; the latest four."""
    return " ".join([*esim.former_iccids.split(), esim.iccid][-4:])


def refused(session: Session, asked: Mapping[str, Any], key: str, now: datetime) -> None:
    """The issuer makes none: a person does it, and the traveller is told so."""
    talk, number = str(asked["conversation"]), str(asked["number"])
    tickets.open_ticket(session, talk, TICKET, str(asked["language"]), {"order": number}, now, number)
    put_message(session, f"{key}:refused", talk, "reissue_by_person", {"number": number}, now)
