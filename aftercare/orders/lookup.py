"""Reads all facts of one order in three indexed queries, so that the assistant knows them before it asks."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Row
from sqlalchemy.orm import Session

from aftercare.catalogue.models import NATIONWIDE
from aftercare.orders.facts import CoveredNetwork, OpenIncident, OrderFacts
from aftercare.orders.tables import Device, Esim, Incident, Plan, PlanNetwork, Provider, Purchase

# The statements are built once: building one takes longer than running it. Columns are named as the facts are.
_FACTS = (
    sa.select(
        Purchase.number,
        Purchase.status,
        Provider.id.label("provider_id"),
        Provider.name_en.label("provider_en"),
        Provider.name_zh.label("provider_zh"),
        Plan.id.label("plan_id"),
        Plan.name_en.label("plan_en"),
        Plan.name_zh.label("plan_zh"),
        Plan.kind.label("plan_kind"),
        Plan.starts_at.label("plan_starts_at"),
        Plan.days.label("days_of_plan"),
        Plan.hotspot,
        Plan.calls_sms,
        Plan.top_up,
        Plan.fair_use_mb,
        Plan.throttle_kbps,
        Purchase.amount_minor,
        Purchase.currency,
        Purchase.bought_at,
        Purchase.delivery_due_at,
        Purchase.delivered_at,
        Esim.profile_state,
        Esim.iccid,
        Esim.smdp_address,
        Esim.matching_id,
        Device.id.label("device_id"),
        Device.model.label("device_model"),
        Device.menu_family.label("device_family"),
        Device.esim.label("device_esim"),
        Device.lte.label("device_lte"),
        sa.func.coalesce(Esim.carrier_locked, sa.false()).label("carrier_locked"),
        sa.func.coalesce(Esim.registered, sa.false()).label("registered"),
        Esim.installed_country,
        Esim.last_country,
        Esim.last_operator,
        Esim.last_region,
        Esim.last_seen_at,
        sa.func.coalesce(Esim.data_total_mb, Plan.data_mb).label("data_total_mb"),
        sa.func.coalesce(Esim.data_used_mb, 0).label("data_used_mb"),
        Esim.throttled_until,
        Esim.installed_at,
        Esim.first_use_at,
        Esim.expires_at,
    )
    .join(Plan, Purchase.plan_id == Plan.id)
    .join(Provider, Plan.provider_id == Provider.id)
    .outerjoin(Esim, Esim.purchase_id == Purchase.id)
    .outerjoin(Device, Esim.device_id == Device.id)
    .where(Purchase.number == sa.bindparam("number"))
)
_NETWORKS = (
    sa.select(PlanNetwork.country, PlanNetwork.operator, PlanNetwork.apn)
    .where(PlanNetwork.plan_id == sa.bindparam("plan_id"))
    .order_by(PlanNetwork.id)
)
# An incident in the phone's own region goes before a nationwide one.
_INCIDENT = (
    sa.select(
        Incident.operator, Incident.region, Incident.summary_en, Incident.summary_zh, Incident.starts, Incident.ends
    )
    .where(
        Incident.operator == sa.bindparam("operator"),
        Incident.country == sa.bindparam("country"),
        Incident.region.in_((sa.bindparam("region"), NATIONWIDE)),
        Incident.starts <= sa.bindparam("now"),
        sa.or_(Incident.ends.is_(None), Incident.ends > sa.bindparam("now")),
    )
    .order_by(Incident.region == NATIONWIDE, Incident.starts.desc())
    .limit(1)
)


def order_facts(session: Session, number: str, now: datetime) -> OrderFacts | None:
    """What the database knows of order `number` (written `NZ10000001`) at the aware time `now`; None when unknown.

    This does not ask who wants to know: callers check `ownership` first.
    """
    row = session.execute(_FACTS, {"number": number}).one_or_none()
    if row is None:
        return None
    networks = session.execute(_NETWORKS, {"plan_id": row.plan_id})
    return OrderFacts(
        now=now,
        networks=tuple(CoveredNetwork(*network) for network in networks),
        incident=_open_incident(session, row, now),
        **row._mapping,
    )


def _open_incident(session: Session, row: Row[Any], now: datetime) -> OpenIncident | None:
    """The disturbance where the phone was last seen."""
    if row.last_operator is None or row.last_country is None:
        return None
    place = {"operator": row.last_operator, "country": row.last_country, "region": row.last_region or NATIONWIDE}
    incident = session.execute(_INCIDENT, {**place, "now": now}).one_or_none()
    return None if incident is None else OpenIncident(*incident)
