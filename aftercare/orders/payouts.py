"""The money of approved refunds: begun with the approval, paid by a provider or by staff, and told as it really is.

A provider is asked by the outbox (kind `payout`). Each change of state puts the traveller's message and what else must
happen outside into the outbox, in its own transaction.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from aftercare.base.mail_addresses import takes_mail
from aftercare.base.settings import settings
from aftercare.orders.announcements import EventType, announce
from aftercare.orders.locking import lock_order
from aftercare.orders.outbox import put
from aftercare.orders.tables import Customer, Payout, Plan, Purchase, RefundPolicy, RefundRequest, TopUp, TopUpOffer

MANUAL = "manual"
"""The provider that is our own staff, with a list."""
# kinds in the outbox
PAYOUT = "payout"
PAYOUT_STATUS = "payout_status"
PAYOUT_MESSAGE = "payout_message"
REFUND_MAIL = "refund_mail"
QR_MAIL = "qr_mail"
REVOKE = "esim_revoke"

ASK_AGAIN_AFTER = timedelta(hours=6)
"""How long after a provider has taken a refund its state is asked for, and again, until it is final."""
UNFINISHED = ("waiting", "sending", "sent", "failed")
# references that a provider of ours can pay back; a plug-in gets every reference
_REFERENCES = {"stripe": re.compile(r"(?:pi|ch|py)_[A-Za-z0-9]+")}


class PayoutError(Exception):
    """The payout cannot be changed so; nothing was changed."""


class SecondPayerNeeded(PayoutError):
    """The same person cannot pay out a large amount alone."""


class NotToPay(PayoutError):
    """It is paid, cancelled or with a provider; `state` says which."""

    def __init__(self, state: str) -> None:
        super().__init__(state)
        self.state = state


def provider_for(session: Session, number: str) -> str:
    """Who pays back an order: the configured provider where it knows the payment, else staff.

    What the terms give back as shop credit is a matter of staff, and so is an order that was paid in several payments,
    the later ones for top-ups or an exchange.
    """
    name = settings().payment_provider
    if name in ("", MANUAL):
        return MANUAL
    row = session.execute(
        sa.select(Purchase.payment_reference, RefundPolicy.paid_to)
        .join(Plan, Purchase.plan_id == Plan.id)
        .join(RefundPolicy, RefundPolicy.provider_id == Plan.provider_id)
        .where(Purchase.number == number)
    ).one_or_none()
    if row is None or not row.payment_reference or row.paid_to != "card" or _several_payments(session, number):
        return MANUAL
    shape = _REFERENCES.get(name)
    return name if shape is None or shape.fullmatch(row.payment_reference) else MANUAL


def _several_payments(session: Session, number: str) -> bool:
    added = sa.select(TopUp.id).where(TopUp.purchase_id == Purchase.id)
    by_link = sa.select(TopUpOffer.id).where(TopUpOffer.purchase_id == Purchase.id, TopUpOffer.state == "credited")
    either = sa.select(Purchase.id).where(Purchase.number == number, sa.or_(added.exists(), by_link.exists()))
    return session.execute(either).first() is not None


def pays_itself(session: Session, number: str) -> bool:
    """Whether a refund of this order goes back the way it was paid, without anybody of the staff."""
    return provider_for(session, number) != MANUAL


def provider_configured() -> bool:
    """Whether refunds may be paid by a provider at all."""
    return settings().payment_provider not in ("", MANUAL)


def state_of(session: Session, request_id: int) -> str:
    """The term for how far the money of an approved refund is."""
    payout = session.scalars(sa.select(Payout).where(Payout.request_id == request_id)).one_or_none()
    if payout is None:
        return "approved"
    if payout.state in ("sent", "failed"):
        return f"payout_{payout.state}"
    return "payout_by_staff" if payout.provider == MANUAL else "payout_by_provider"


def begin(session: Session, request: RefundRequest, now: datetime) -> Payout | None:
    """Begin the payout of a refund that was just approved, in the same transaction; None where no money moves."""
    if request.kind != "refund" or request.amount_minor <= 0:
        return None
    payout = Payout(
        request_id=request.id,
        provider=provider_for(session, request.purchase.number),
        state="waiting",
        amount_minor=request.amount_minor,
        currency=request.currency,
        created_at=now,
    )
    session.add(payout)
    session.flush()
    if payout.provider != MANUAL:
        put(session, PAYOUT, key_of(payout.id), {"payout": payout.id}, now)
    if takes_mail(request.purchase.customer.email):
        put(session, REFUND_MAIL, f"{REFUND_MAIL}:{request.id}:approved", _mail(payout, "approved"), now)
    return payout


def begin_difference(session: Session, request: RefundRequest, back_minor: int, now: datetime) -> None:
    """Have staff pay back what a plan that was exchanged for costs less."""
    owed = {"amount_minor": back_minor, "currency": request.currency, "created_at": now}
    session.add(Payout(request_id=request.id, provider=MANUAL, state="waiting", **owed))
    session.flush()


def key_of(payout_id: int) -> str:
    """What makes paying it again harmless: the key in the outbox and at the provider."""
    return f"{PAYOUT}:{payout_id}"


def cancel(session: Session, request_id: int) -> bool:
    """Cancel the payout of a request that is withdrawn; False when it has begun already. The order is locked."""
    payout = session.scalars(
        sa.select(Payout).where(Payout.request_id == request_id).execution_options(populate_existing=True)
    ).one_or_none()
    if payout is None:
        return True
    if payout.state != "waiting" or payout.first_by_id is not None:
        return False
    payout.state = "cancelled"
    session.flush()
    return True


@dataclass(frozen=True)
class Claimed:
    """A payout that a provider is asked for now."""

    payout_id: int
    payment: str
    amount_minor: int
    currency: str
    number: str


def claim(session: Session, payout_id: int) -> Claimed | None:
    """Mark a payout as being sent, before the provider is asked; None when there is nothing to do any more."""
    payout = _locked(session, payout_id)
    if payout is None or payout.state not in ("waiting", "sending"):
        return None
    payout.state = "sending"
    session.flush()
    purchase = payout.request.purchase
    return Claimed(payout.id, purchase.payment_reference or "", payout.amount_minor, payout.currency, purchase.number)


def record(
    session: Session,
    payout_id: int,
    state: Literal["sent", "paid", "failed"],
    now: datetime,
    reference: str | None = None,
    error: str = "",
    by: str | None = None,
) -> bool:
    """Write down what became of a payout, with all that follows; False when it was known.

    States never go back, but that a bank may return money that counted as paid: then it is `failed`, and a person pays.
    """
    payout = _locked(session, payout_id)
    if payout is None or not _follows(payout.state, state):
        return False
    if by is None and payout.paid_by is not None:  # late news of a provider, after staff paid by hand
        return False
    payout.state, payout.error = state, error[:300] or None
    if reference:
        payout.reference = reference
    if state == "sent":
        payout.sent_at = now
        put(session, PAYOUT_STATUS, f"{PAYOUT_STATUS}:{payout.id}:1", {"payout": payout.id, "ask": 1}, now,
            now + ASK_AGAIN_AFTER)  # fmt: skip
    request = payout.request
    if state == "paid":
        payout.paid_at, payout.paid_by = now, by
        request.state = "paid"
        if request.kind == "refund" and payout.amount_minor >= request.purchase.amount_minor:
            request.purchase.status = "refunded"
    if state == "failed":
        request.state = "approved"
        if request.purchase.status == "refunded":
            request.purchase.status = "delivered" if request.purchase.delivered_at else "paid"
    session.flush()
    event: EventType = "refund.sent" if state == "sent" else "refund.paid" if state == "paid" else "refund.failed"
    announce(session, event, request.id, described(request), now)
    content = {"payout": payout.id, "state": state}
    put(session, PAYOUT_MESSAGE, f"{PAYOUT_MESSAGE}:{payout.id}:{state}", content, now)
    if state in ("paid", "failed") and takes_mail(request.purchase.customer.email):
        put(session, REFUND_MAIL, f"{REFUND_MAIL}:{request.id}:{state}", _mail(payout, state), now)
    if state == "paid" and settings().esim_provider and request.purchase.status == "refunded":
        put(session, REVOKE, f"{REVOKE}:{request.purchase_id}", {"purchase": request.purchase_id}, now)
    return True


def pay_by_hand(
    session: Session, payout_id: int, staff_id: str, staff_name: str, two_people_above: int, now: datetime
) -> Payout:
    """A member of staff has paid it. Above `two_people_above` (minor units) the first of two says so, then another.

    Raises:
        NotToPay: it is paid, cancelled, or a provider may be paying it.
        SecondPayerNeeded: the first of the two is this person.
        PayoutError: there is no such payout.
    """
    payout = _locked(session, payout_id)
    if payout is None:
        raise PayoutError(f"no payout {payout_id}")
    open_to_staff = payout.state == "failed" or (payout.state == "waiting" and payout.provider == MANUAL)
    if not open_to_staff:
        raise NotToPay(payout.state)
    if payout.amount_minor > two_people_above:
        if payout.first_by_id is None:
            payout.first_by_id, payout.first_by = staff_id, staff_name
            session.flush()
            return payout
        if payout.first_by_id == staff_id:
            raise SecondPayerNeeded(payout.first_by or "")
    payers = " + ".join(dict.fromkeys(name for name in (payout.first_by, staff_name) if name))
    record(session, payout_id, "paid", now, by=payers[:80])
    return payout


def to_pay(session: Session, most: int = 500) -> Sequence[Payout]:
    """Every payout that is not over, those staff have to pay first, then by age; with their requests and buyers."""
    by_hand = sa.or_(Payout.state == "failed", sa.and_(Payout.provider == MANUAL, Payout.state == "waiting"))
    wanted = (
        sa.select(Payout)
        .where(Payout.state.in_(UNFINISHED))
        .options(
            joinedload(Payout.request).joinedload(RefundRequest.purchase).joinedload(Purchase.customer),
            joinedload(Payout.request).joinedload(RefundRequest.purchase).joinedload(Purchase.plan),
        )
        .order_by(sa.case((by_hand, 0), else_=1), Payout.created_at, Payout.id)
        .limit(most)
    )
    return session.scalars(wanted).all()


def described(request: RefundRequest) -> dict[str, object]:
    """A request as other systems are told of it: without personal data."""
    return {
        "request": request.id,
        "kind": request.kind,
        "order": request.purchase.number,
        "amount_minor": request.amount_minor,
        "currency": request.currency,
        "conversation_id": request.conversation_id,
    }


def mail_qr(session: Session, number: str, now: datetime) -> bool:
    """Have the QR code of an order mailed to its buyer, once an hour; whether that is possible.

    The caller has checked ownership, and that the code may be shown.
    """
    row = session.execute(
        sa.select(Purchase.id, Customer.email, Customer.mail_refused_at)
        .join(Customer, Purchase.customer_id == Customer.id)
        .where(Purchase.number == number)
    ).one()
    if not takes_mail(row.email) or row.mail_refused_at is not None:
        return False
    put(session, QR_MAIL, f"{QR_MAIL}:{row.id}:{now:%Y%m%d%H}", {"purchase": row.id}, now)
    return True


def _follows(before: str, after: str) -> bool:
    allowed = {
        "waiting": ("sent", "paid", "failed"),
        "sending": ("sent", "paid", "failed"),
        "sent": ("paid", "failed"),
        "failed": ("paid",),
        "paid": ("failed",),
    }
    return after in allowed.get(before, ())


def _locked(session: Session, payout_id: int) -> Payout | None:
    """The payout with its order locked: an approval, a withdrawal and a payment happen one after the other."""
    number = session.execute(
        sa.select(Purchase.number)
        .join(RefundRequest, RefundRequest.purchase_id == Purchase.id)
        .join(Payout, Payout.request_id == RefundRequest.id)
        .where(Payout.id == payout_id)
    ).scalar_one_or_none()
    if number is None:
        return None
    lock_order(session, number)
    return session.scalars(
        sa.select(Payout).where(Payout.id == payout_id).execution_options(populate_existing=True)
    ).one_or_none()


def _mail(payout: Payout, template: str) -> dict[str, object]:
    return {"payout": payout.id, "template": template}
