"""Approved exchanges: the difference paid by a link (top_ups.py), carried out by the issuer or by staff."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from aftercare.base import money_and_dates
from aftercare.orders import payouts, tickets, top_ups
from aftercare.orders.announcements import announce
from aftercare.orders.locking import lock_order
from aftercare.orders.order_messages import put_message
from aftercare.orders.reissues import FRESH, with_former
from aftercare.orders.tables import Esim, Plan, Purchase, RefundRequest, TopUpOffer, UsageRecord

TICKET = "exchange"  # the reason of the ticket whose work is to carry one out


class NotToCarryOut(Exception):
    """The exchange does not wait to be carried out; nothing was changed."""


class NotPaidYet(NotToCarryOut):
    """Its difference is still to pay by the link."""


class NoEsimYet(NotToCarryOut):
    """The order has no eSIM, so the new one has to be named."""


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
    purchase, request = row.purchase, row.request
    row.state = "credited"
    _now_of_the_new_plan(session, request, profile, now)
    put_message(
        session, f"{top_ups.EXCHANGE}:{row.id}", row.conversation_id, "exchange_done", top_ups.message_values(row), now
    )
    payouts.mail_qr(session, purchase.number, now)


def carried_out(
    session: Session,
    request_id: int,
    profile: Mapping[str, Any] | None,
    paid_otherwise: bool,
    tell_in: str | None,
    language: str,
    now: datetime,
) -> RefundRequest:
    """Staff have carried out an exchange: write it down, close its ticket and tell the traveller in the chat `tell_in`.

    `profile` are columns of `esim` of the new one, None where the plan came onto the eSIM there was; `paid_otherwise`:
    the difference came without the link.

    Raises:
        NotToCarryOut: it is none, not approved (any more), or `NotPaidYet`, or `NoEsimYet`.
    """
    number = session.scalars(
        sa.select(Purchase.number)
        .join(RefundRequest, RefundRequest.purchase_id == Purchase.id)
        .where(RefundRequest.id == request_id)
    ).one_or_none()
    if number is None:
        raise NotToCarryOut
    lock_order(session, number)
    request = session.get_one(RefundRequest, request_id, populate_existing=True)
    if request.kind != "exchange" or request.state != "approved":
        raise NotToCarryOut
    if top_ups.awaits_payment(session, request) and not paid_otherwise:
        raise NotPaidYet
    if profile is None and request.purchase.esim is None:
        raise NoEsimYet
    plan = _now_of_the_new_plan(session, request, profile, now)
    if request.conversation_id:
        tickets.set_state(session, request.conversation_id, "closed", TICKET)
    if tell_in:
        values = {"number": number, "plan": plan.name_zh if language == "zh" else plan.name_en}
        phrase = "exchange_same_esim" if profile is None else "exchange_new_esim"
        put_message(session, message_key(request_id), tell_in, phrase, values, now)
    if (back := -top_ups.difference_of(request)) > 0:
        payouts.begin_difference(session, request, back, now)
        if tell_in:
            amount = {"number": number, "amount": money_and_dates.money(back, request.currency)}
            put_message(session, f"{message_key(request_id)}:back", tell_in, "exchange_difference_back", amount, now)
    if profile is not None:
        payouts.mail_qr(session, number, now)
    return request


def message_key(request_id: int) -> str:
    """What the message is known by that tells of an exchange carried out by staff."""
    return f"exchange_done:{request_id}"


def _now_of_the_new_plan(
    session: Session, request: RefundRequest, profile: Mapping[str, Any] | None, now: datetime
) -> Plan:
    """The order is of the new plan at its price, its eSIM unused: the one of `profile`, else the one it had."""
    purchase, plan = request.purchase, session.get_one(Plan, request.target_plan_id)
    request.state = "paid"
    purchase.plan_id = plan.id
    purchase.amount_minor = request.amount_minor + top_ups.difference_of(request)
    new_plan: dict[str, Any] = {
        "data_total_mb": plan.data_mb, "data_used_mb": 0, "used_today_mb": 0, "throttled_until": None,
        "first_use_at": None, "refreshed_at": None,
        "expires_at": now + timedelta(days=plan.days) if plan.starts_at == "purchase" else None,
    }  # fmt: skip
    esim = session.scalars(sa.select(Esim).where(Esim.purchase_id == purchase.id)).one_or_none()
    if esim is None:
        session.add(Esim(purchase_id=purchase.id, **{**FRESH, **new_plan, **(profile or {})}))
    else:
        session.execute(sa.delete(UsageRecord).where(UsageRecord.esim_id == esim.id))
        if profile is not None and profile["iccid"] != esim.iccid:
            new_plan |= {"last_country": None, "last_operator": None, "last_region": None, "last_seen_at": None,
                         "installed_country": None, "former_iccids": with_former(esim), **FRESH, **profile}  # fmt: skip
        for name, value in new_plan.items():
            setattr(esim, name, value)
    announce(session, "exchange.done", request.id, payouts.described(request), now)
    session.flush()
    return plan


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
    tickets.open_ticket(session, row.conversation_id, TICKET, row.language, about, now, row.purchase.number)
    key = f"{top_ups.EXCHANGE}:{row.id}:staff"
    put_message(session, key, row.conversation_id, "exchange_paid", top_ups.message_values(row), now)


def exchanged_here(session: Session, purchase_id: int) -> Plan | None:
    """The plan an order was exchanged for here; None for any other order."""
    plan: Plan | None = session.scalars(
        sa.select(Plan)
        .join(RefundRequest, RefundRequest.target_plan_id == Plan.id)
        .where(
            RefundRequest.purchase_id == purchase_id, RefundRequest.kind == "exchange", RefundRequest.state == "paid"
        )
        .order_by(RefundRequest.id.desc())
        .limit(1)
    ).one_or_none()
    return plan
