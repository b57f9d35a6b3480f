"""Exchanges whose difference is paid by a payment link (top_ups.py): carried out by the issuer, else by staff."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from aftercare.base import money_and_dates
from aftercare.orders import payouts, tickets, top_ups
from aftercare.orders.order_messages import put_message
from aftercare.orders.reissues import FRESH, with_former
from aftercare.orders.tables import Esim, Plan, RefundRequest, TopUpOffer, UsageRecord


def pay_link(session: Session, request: RefundRequest, conversation_id: str, language: str, now: datetime) -> str:
    """The token of the link that pays the difference of an exchange: the one that still holds, else a new one.

    The caller has checked ownership, and that the exchange awaits its payment.
    """
    still = sa.select(TopUpOffer.token).where(
        TopUpOffer.request_id == request.id,
        TopUpOffer.state == "offered",
        TopUpOffer.conversation_id == conversation_id,
        TopUpOffer.created_at > now - top_ups.LINK_LIVES / 2,
    )
    if token := session.scalars(still.order_by(TopUpOffer.id.desc()).limit(1)).one_or_none():
        return token
    return top_ups.put_offer(
        session,
        now,
        purchase_id=request.purchase_id,
        plan_id=request.target_plan_id,
        request_id=request.id,
        amount_minor=top_ups.difference_of(request),
        currency=request.currency,
        conversation_id=conversation_id,
        language=language,
    )


def tell_link(session: Session, request: RefundRequest, conversation_id: str, link: str, now: datetime) -> None:
    """Tell the traveller the link of an exchange that staff approved."""
    values = {"number": request.purchase.number, "link": link,
              "amount": money_and_dates.money(top_ups.difference_of(request), request.currency)}  # fmt: skip
    put_message(session, f"exchange_pay:{request.id}", conversation_id, "exchange_pay", values, now)


def exchanged(session: Session, token: str, profile: Mapping[str, Any], now: datetime) -> None:
    """The issuer has made the eSIM of the new plan: the order is of that plan, at what was paid in all.

    `profile` are columns of `esim`.
    """
    row = top_ups.locked(session, token)
    if row is None or row.state != "paid" or row.request is None:
        return
    purchase, plan, request = row.purchase, row.plan, row.request
    row.state, request.state = "credited", "paid"
    purchase.plan_id, purchase.amount_minor = plan.id, request.amount_minor + row.amount_minor
    esim = session.scalars(sa.select(Esim).where(Esim.purchase_id == purchase.id)).one()
    session.execute(sa.delete(UsageRecord).where(UsageRecord.esim_id == esim.id))
    ends = now + timedelta(days=plan.days) if plan.starts_at == "purchase" else None
    new_plan: dict[str, Any] = {
        "data_total_mb": plan.data_mb, "data_used_mb": 0, "used_today_mb": 0, "throttled_until": None,
        "first_use_at": None, "expires_at": ends, "last_country": None, "last_operator": None, "last_region": None,
        "last_seen_at": None, "installed_country": None, "former_iccids": with_former(esim),
    }  # fmt: skip
    for name, value in {**FRESH, **new_plan, **profile}.items():
        setattr(esim, name, value)
    session.flush()
    put_message(
        session, f"{top_ups.EXCHANGE}:{row.id}", row.conversation_id, "exchange_done", top_ups.message_values(row), now
    )
    payouts.mail_qr(session, purchase.number, now)


def by_staff(session: Session, token: str, now: datetime) -> None:
    """The difference is paid; the issuer does not exchange by itself, so a colleague does."""
    row = top_ups.locked(session, token)
    if row is None or row.state != "paid":
        return
    about = {
        "order": row.purchase.number,
        "plan": row.plan_id,
        "paid": money_and_dates.money(row.amount_minor, row.currency),
        "payment": row.payment_reference,
    }
    tickets.open_ticket(session, row.conversation_id, "exchange", row.language, about, now, row.purchase.number)
    key = f"{top_ups.EXCHANGE}:{row.id}:staff"
    put_message(session, key, row.conversation_id, "exchange_paid", top_ups.message_values(row), now)


def exchanged_here(session: Session, purchase_id: int) -> Plan | None:
    """The plan an order was exchanged for by its issuer; None for any other order."""
    plan: Plan | None = session.scalars(
        sa.select(Plan)
        .join(RefundRequest, RefundRequest.target_plan_id == Plan.id)
        .join(TopUpOffer, TopUpOffer.request_id == RefundRequest.id)
        .where(RefundRequest.purchase_id == purchase_id, TopUpOffer.state == "credited")
        .order_by(RefundRequest.id.desc())
        .limit(1)
    ).one_or_none()
    return plan
