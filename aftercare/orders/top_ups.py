"""Payment links: plans offered by one, paid once; what is added to an eSIM is credited when it is paid."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from aftercare.base import money_and_dates
from aftercare.orders import tickets
from aftercare.orders.locking import lock_order
from aftercare.orders.order_messages import put_message
from aftercare.orders.outbox import put
from aftercare.orders.plans import PlanOffer
from aftercare.orders.tables import Esim, Plan, Purchase, RefundRequest, TopUp, TopUpOffer

# kinds in the outbox: what follows a payment
TOP_UP = "top_up"
EXCHANGE = "exchange"
LINK_LIVES = timedelta(hours=1)
PAYABLE_FOR = timedelta(hours=2)
"""Since the offer: how long its page at the payment provider is open."""
_KEPT = timedelta(days=1)


@dataclass(frozen=True)
class Offered:
    """A top-up that can be paid; `amount_minor` in minor units of `currency`."""

    token: str
    plan: str
    number: str
    amount_minor: int
    currency: str
    ends_at: datetime


@dataclass(frozen=True)
class ToCredit:
    """A plan that is paid and not on the eSIM yet."""

    iccid: str
    reference: str | None
    plan_id: str


def offer(session: Session, number: str, plan: PlanOffer, conversation_id: str, language: str, now: datetime) -> str:
    """Offer a plan at its price of now; the token of its link. The caller has checked ownership."""
    purchase = session.execute(sa.select(Purchase.id).where(Purchase.number == number)).scalar_one()
    price = {"plan_id": plan.plan_id, "amount_minor": plan.price_minor, "currency": plan.currency}
    return put_offer(session, now, purchase_id=purchase, conversation_id=conversation_id, language=language, **price)


def put_offer(session: Session, now: datetime, **columns: Any) -> str:
    """Store an offer; the token of its link. Those of yesterday that nobody paid are forgotten."""
    session.execute(
        sa.delete(TopUpOffer)
        .where(TopUpOffer.state == "offered", TopUpOffer.created_at < now - _KEPT)
        .execution_options(synchronize_session=False)
    )
    row = TopUpOffer(token=secrets.token_urlsafe(32), state="offered", created_at=now, **columns)
    session.add(row)
    session.flush()
    return row.token


def to_pay(session: Session, token: str, now: datetime) -> Offered | None:
    """What a link offers; None when it is unknown, too old, paid already, or its order takes none any more."""
    row = session.scalars(sa.select(TopUpOffer).where(TopUpOffer.token == token)).one_or_none()
    if row is None or row.state != "offered" or row.created_at <= now - LINK_LIVES:
        return None
    if row.purchase.status not in ("paid", "delivered") or (row.request and not awaits_payment(session, row.request)):
        return None
    name = row.plan.name_zh if row.language == "zh" else row.plan.name_en
    ends = row.created_at + PAYABLE_FOR
    return Offered(row.token, name, row.purchase.number, row.amount_minor, row.currency, ends)


def paid(session: Session, token: str, amount_minor: int, currency: str, payment: str, now: datetime) -> bool:
    """Write down that one was paid, and have it credited; False when it is not ours or was known."""
    row = locked(session, token)
    if row is None or row.state != "offered":
        return False
    wanted = row.request is None or awaits_payment(session, row.request)
    row.state, row.paid_at, row.payment_reference = "paid", now, payment or None
    kind = TOP_UP if row.request_id is None else EXCHANGE
    put(session, kind, f"{kind}:{row.id}", {"token": token}, now)
    session.flush()
    if not wanted or (amount_minor, currency.upper()) != (row.amount_minor, row.currency):
        failed(session, token, now)
    return True


def awaits_payment(session: Session, request: RefundRequest) -> bool:
    """Whether an exchange goes on when its difference is paid: it is approved, has one, and nothing is paid yet."""
    if request.kind != "exchange" or request.state != "approved" or difference_of(request) <= 0:
        return False
    return not paid_link_of(session, request)


def difference_of(request: RefundRequest) -> int:
    """What an exchange costs, in minor units of its currency; below 0 it gives back."""
    return int(request.reasons.get("difference_minor") or 0)


def paid_link_of(session: Session, request: RefundRequest) -> TopUpOffer | None:
    """The link by which the difference of an exchange was paid, also when that was not as it should be."""
    paid_ones = sa.select(TopUpOffer).where(TopUpOffer.request_id == request.id, TopUpOffer.state != "offered")
    return session.scalars(paid_ones.order_by(TopUpOffer.id).limit(1)).one_or_none()


def to_credit(session: Session, token: str) -> ToCredit | None:
    """The eSIM and new plan of a paid one; None when it is done or a person has it."""
    row = session.scalars(
        sa.select(TopUpOffer).where(TopUpOffer.token == token, TopUpOffer.state == "paid")
    ).one_or_none()
    esim = row.purchase.esim if row else None
    return ToCredit(esim.iccid, esim.provider_reference, row.plan_id) if row and esim else None


def credited(session: Session, token: str, now: datetime) -> None:
    """The issuer has added it: tell the traveller, and ask the issuer anew when the eSIM is looked at."""
    row = locked(session, token)
    if row is None or row.state != "paid":
        return
    row.state = "credited"
    added = TopUp(purchase_id=row.purchase_id, data_mb=row.plan.data_mb or 0, days=row.plan.days,
                  amount_minor=row.amount_minor, currency=row.currency, bought_at=row.paid_at or now)  # fmt: skip
    session.add(added)
    session.execute(sa.update(Esim).where(Esim.purchase_id == row.purchase_id).values(refreshed_at=None))
    put_message(session, f"{TOP_UP}:{row.id}", row.conversation_id, "top_up_done", message_values(row), now)


def failed(session: Session, token: str, now: datetime) -> None:
    """It is paid and does not go on by itself: a person sees to it, or pays it back."""
    row = locked(session, token)
    if row is None or row.state != "paid":
        return
    row.state = "failed"
    number = row.purchase.number
    about = {"order": number, "plan": row.plan_id, "payment": row.payment_reference}
    kind = TOP_UP if row.request_id is None else "exchange_payment"
    tickets.open_ticket(session, row.conversation_id, kind, row.language, about, now, number)
    put_message(
        session, f"{TOP_UP}:{row.id}:failed", row.conversation_id, f"{kind}_by_person", message_values(row), now
    )


def message_values(row: TopUpOffer) -> dict[str, str]:
    """What a message about a payment says."""
    plan: Plan = row.plan
    return {
        "number": row.purchase.number,
        "plan": plan.name_zh if row.language == "zh" else plan.name_en,
        "amount": money_and_dates.money(row.amount_minor, row.currency),
    }


def locked(session: Session, token: str) -> TopUpOffer | None:
    """An offer with its order locked, as it is now."""
    number = session.execute(
        sa.select(Purchase.number)
        .join(TopUpOffer, TopUpOffer.purchase_id == Purchase.id)
        .where(TopUpOffer.token == token)
    ).scalar_one_or_none()
    if number is None:
        return None
    lock_order(session, number)
    return session.scalars(
        sa.select(TopUpOffer).where(TopUpOffer.token == token).execution_options(populate_existing=True)
    ).one_or_none()
