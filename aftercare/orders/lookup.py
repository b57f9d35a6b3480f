"""Reads everything known of one order in three indexed queries, so that the facts come before the first question."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from aftercare.orders.facts import Network, OpenIncident, OrderFacts
from aftercare.orders.tables import Device, Esim, Incident, Plan, PlanNetwork, Provider, Purchase

NATIONWIDE = "*"


def order_facts(session: Session, number: str, now: datetime) -> OrderFacts | None:
    """What the database knows of order `number` (written `NZ10000001`) at the aware time `now`; None when unknown.

    This does not ask who wants to know: callers check `ownership` first.
    """
    row = session.execute(
        sa.select(Purchase, Plan, Provider, Esim, Device)
        .join(Plan, Purchase.plan_id == Plan.id)
        .join(Provider, Plan.provider_id == Provider.id)
        .outerjoin(Esim, Esim.purchase_id == Purchase.id)
        .outerjoin(Device, Esim.device_id == Device.id)
        .where(Purchase.number == number)
    ).one_or_none()
    if row is None:
        return None
    purchase, plan, provider, esim, device = row
    networks = session.execute(
        sa.select(PlanNetwork.country, PlanNetwork.operator, PlanNetwork.apn)
        .where(PlanNetwork.plan_id == plan.id)
        .order_by(PlanNetwork.id)
    )

    def profile(column: str) -> Any:
        return getattr(esim, column) if esim is not None else None

    def phone(column: str) -> Any:
        return getattr(device, column) if device is not None else None

    total = profile("data_total_mb")
    return OrderFacts(
        now=now,
        number=purchase.number,
        status=purchase.status,
        provider_id=provider.id,
        provider_en=provider.name_en,
        provider_zh=provider.name_zh,
        plan_id=plan.id,
        plan_en=plan.name_en,
        plan_zh=plan.name_zh,
        plan_kind=plan.kind,
        plan_starts_at=plan.starts_at,
        days_of_plan=plan.days,
        hotspot=plan.hotspot,
        calls_sms=plan.calls_sms,
        top_up=plan.top_up,
        networks=tuple(Network(*network) for network in networks),
        amount_minor=purchase.amount_minor,
        currency=purchase.currency,
        bought_at=purchase.bought_at,
        delivery_due_at=purchase.delivery_due_at,
        delivered_at=purchase.delivered_at,
        profile_state=profile("profile_state"),
        iccid=profile("iccid"),
        smdp_address=profile("smdp_address"),
        matching_id=profile("matching_id"),
        device_id=phone("id"),
        device_model=phone("model"),
        device_family=phone("menu_family"),
        device_esim=phone("esim"),
        device_lte=phone("lte"),
        carrier_locked=bool(profile("carrier_locked")),
        registered=bool(profile("registered")),
        installed_country=profile("installed_country"),
        last_country=profile("last_country"),
        last_operator=profile("last_operator"),
        last_region=profile("last_region"),
        last_seen_at=profile("last_seen_at"),
        data_total_mb=plan.data_mb if total is None else total,
        data_used_mb=profile("data_used_mb") or 0,
        fair_use_mb=plan.fair_use_mb,
        throttle_kbps=plan.throttle_kbps,
        throttled_until=profile("throttled_until"),
        installed_at=profile("installed_at"),
        first_use_at=profile("first_use_at"),
        expires_at=profile("expires_at"),
        incident=_open_incident(session, esim, now) if esim is not None else None,
    )


def _open_incident(session: Session, esim: Any, now: datetime) -> OpenIncident | None:
    """The disturbance where the phone was last seen; one of its own region is told before a nationwide one."""
    if esim.last_operator is None or esim.last_country is None:
        return None
    row = session.execute(
        sa.select(Incident.operator, Incident.region, Incident.summary_en, Incident.summary_zh, Incident.starts)
        .where(
            Incident.operator == esim.last_operator,
            Incident.country == esim.last_country,
            Incident.region.in_((esim.last_region or NATIONWIDE, NATIONWIDE)),
            Incident.starts <= now,
            sa.or_(Incident.ends.is_(None), Incident.ends > now),
        )
        .order_by(Incident.region == NATIONWIDE, Incident.starts.desc())
        .limit(1)
    ).one_or_none()
    return None if row is None else OpenIncident(*row)
