"""Disturbances open at a place, as operators reported them."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from aftercare.catalogue.models import NATIONWIDE
from aftercare.orders.facts import OpenIncident
from aftercare.orders.tables import Incident

_AT = (
    sa.select(
        Incident.operator,
        Incident.region,
        Incident.summary_en,
        Incident.summary_zh,
        Incident.starts,
        Incident.ends,
    )
    .where(
        Incident.country == sa.bindparam("country"),
        Incident.region.in_((sa.bindparam("region"), NATIONWIDE)),
        Incident.starts <= sa.bindparam("now"),
        sa.or_(Incident.ends.is_(None), Incident.ends > sa.bindparam("now")),
    )
    .order_by(Incident.region == NATIONWIDE, Incident.starts.desc())
)


def open_at(session: Session, region: str, now: datetime, country: str = "NZ") -> list[OpenIncident]:
    """What is open at the aware time `now` in a region (or in the whole ISO country), the nearest and newest first."""
    found = session.execute(_AT, {"country": country, "region": region, "now": now})
    return [OpenIncident(*row) for row in found]
