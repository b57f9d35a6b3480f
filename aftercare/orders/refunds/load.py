"""Reads an order's facts and its provider's terms from the order database, in one query."""

from __future__ import annotations

from dataclasses import fields
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from aftercare.orders.payments import first_of_duplicate
from aftercare.orders.refunds.terms import RefundFacts, RefundTerms
from aftercare.orders.tables import Device, Esim, Plan, Provider, Purchase, RefundPolicy, RefundRequest, TopUp

_TERMS = (
    Provider.name_en.label("provider_en"),
    Provider.name_zh.label("provider_zh"),
    *(getattr(RefundPolicy, field.name) for field in fields(RefundTerms) if not field.name.startswith("provider_")),
)
# Built once: building a statement takes longer than running it. Columns are named as facts and terms are.
_TOPPED_UP = sa.select(sa.func.coalesce(sa.func.sum(TopUp.amount_minor), 0)).where(
    TopUp.purchase_id == Purchase.id, TopUp.currency == Purchase.currency
)
_REFUNDED = sa.select(sa.func.coalesce(sa.func.sum(RefundRequest.amount_minor), 0)).where(
    RefundRequest.purchase_id == Purchase.id, RefundRequest.state == "paid", RefundRequest.kind == "refund"
)
_ORDER = (
    sa.select(
        Purchase.number,
        Purchase.status,
        (Purchase.amount_minor + _TOPPED_UP.scalar_subquery()).label("paid_minor"),
        Purchase.currency,
        Purchase.bought_at,
        Purchase.delivered_at,
        Esim.profile_state,
        sa.func.coalesce(Esim.carrier_locked, sa.false()).label("carrier_locked"),
        Device.esim.label("device_esim"),
        sa.func.coalesce(Esim.data_total_mb, Plan.data_mb).label("data_total_mb"),
        sa.func.coalesce(Esim.data_used_mb, 0).label("data_used_mb"),
        Plan.days.label("days_of_plan"),
        Esim.expires_at,
        Plan.top_up,
        Purchase.promotion_id.is_not(None).label("promotion"),
        _REFUNDED.scalar_subquery().label("refunded_minor"),
        *_TERMS,
    )
    .join(Plan, Purchase.plan_id == Plan.id)
    .join(Provider, Plan.provider_id == Provider.id)
    .join(RefundPolicy, RefundPolicy.provider_id == Provider.id)
    .outerjoin(Esim, Esim.purchase_id == Purchase.id)
    .outerjoin(Device, Esim.device_id == Device.id)
    .where(Purchase.number == sa.bindparam("number"))
)
_POLICY = (
    sa.select(*_TERMS)
    .join(RefundPolicy, RefundPolicy.provider_id == Provider.id)
    .where(Provider.id == sa.bindparam("provider_id"))
)


def facts_for(
    session: Session, number: str, now: datetime, fault_reported: bool = False
) -> tuple[RefundFacts, RefundTerms] | None:
    """The facts and terms of order `number`; None when it is unknown. Callers check `ownership` first."""
    row = session.execute(_ORDER, {"number": number}).one_or_none()
    if row is None:
        return None
    terms = {field.name: row._mapping[field.name] for field in fields(RefundTerms)}
    order = {name: value for name, value in row._mapping.items() if name not in terms}
    # PostgreSQL sums integers to a wider type.
    order |= {"paid_minor": int(row.paid_minor), "refunded_minor": int(row.refunded_minor)}
    duplicate_of = first_of_duplicate(session, number)
    return RefundFacts(now=now, duplicate_of=duplicate_of, fault_reported=fault_reported, **order), RefundTerms(**terms)


def terms_for(session: Session, provider_id: str) -> RefundTerms | None:
    """A provider's terms, to explain them before anything is bought; None when the provider is unknown."""
    row = session.execute(_POLICY, {"provider_id": provider_id}).one_or_none()
    return None if row is None else RefundTerms(**row._mapping)
