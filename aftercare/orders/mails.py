"""Mails that have to go out because of something that happens: put into the outbox, where mail is sent at all."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from aftercare.base.mail_addresses import is_reserved, takes_mail
from aftercare.base.settings import settings
from aftercare.orders.outbox import put
from aftercare.orders.tables import Customer, Purchase, RefundRequest, Verification

# kinds in the outbox
DECISION_MAIL = "decision_mail"
ANSWER_MAIL = "answer_mail"
TRANSCRIPT_MAIL = "transcript_mail"
INVITATION_MAIL = "invitation_mail"

AWAY_AFTER = timedelta(minutes=3)
"""How long an answer of staff waits in the chat before it is mailed."""


def put_decision(session: Session, request: RefundRequest, now: datetime) -> None:
    """Tell the buyer what staff decided on a request; an approved refund has its own mail (payouts.begin)."""
    if takes_mail(request.purchase.customer.email):
        put(session, DECISION_MAIL, f"{DECISION_MAIL}:{request.id}:{request.state}",
            {"request": request.id, "state": request.state}, now)  # fmt: skip


def put_answer(session: Session, conversation_id: str, client_id: str, now: datetime) -> None:
    """An answer of staff is about to be stored under this client id: mail it when the traveller stays away.

    It is put before the answer is stored; whoever sends it looks whether it was.
    """
    this = hashlib.sha256(f"{conversation_id} {client_id}".encode()).hexdigest()[:32]
    payload = {"conversation": conversation_id, "client_id": client_id}
    put(session, ANSWER_MAIL, f"{ANSWER_MAIL}:{this}", payload, now, now + AWAY_AFTER)


def put_transcript(session: Session, conversation_id: str, zone: str, now: datetime) -> bool:
    """Mail a conversation to its buyer, once an hour; whether there is a buyer whose order was proven in it."""
    if not settings().mails or buyer_of(session, conversation_id) is None:
        return False
    key = f"{TRANSCRIPT_MAIL}:{conversation_id}:{now:%Y%m%d%H}"
    put(session, TRANSCRIPT_MAIL, key, {"conversation": conversation_id, "zone": zone}, now)
    return True


def put_invitation(session: Session, staff_id: int, email: str, language: str, link: str, now: datetime) -> bool:
    """Mail a member of staff the link that sets their password; whether mail is sent."""
    if not takes_mail(email):
        return False
    payload = {"to": email, "language": language, "link": link}
    put(session, INVITATION_MAIL, f"{INVITATION_MAIL}:{staff_id}:{now:%Y%m%d%H%M%S%f}", payload, now)
    return True


def buyer_of(session: Session, conversation_id: str) -> Customer | None:
    """The buyer whose orders were proven in a conversation; None for several, none, or one who takes no mail."""
    theirs = (
        sa.select(Customer)
        .join(Purchase, Purchase.customer_id == Customer.id)
        .join(Verification, Verification.purchase_id == Purchase.id)
        .where(Verification.conversation_id == conversation_id)
        .distinct()
    )
    found = session.scalars(theirs).all()
    takes = len(found) == 1 and found[0].mail_refused_at is None and not is_reserved(found[0].email)
    return found[0] if takes else None
