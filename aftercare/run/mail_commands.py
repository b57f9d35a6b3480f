"""`aftercare mail bounced`."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import Session

from aftercare.base.database import open_engine
from aftercare.base.settings import settings
from aftercare.connectors.mail_bounces import mark_bounces


def mark_bounced(reports: Sequence[bytes]) -> str:
    """Mark the addresses of these bounces; what to say about it."""
    engine = open_engine(settings().orders_database_url, settings().database_timeout)
    with Session(engine, future=True) as session, session.begin():
        marked = sum(mark_bounces(session, report) for report in reports)
    engine.dispose()
    return f"Marked {marked} of {len(reports)}; the rest are no bounces of our mails, or were marked before."
