"""Fills an order database: the catalogue, the demo orders relative to today, and a few hundred generated orders."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, time
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from aftercare.base.database import utc_now
from aftercare.base.settings import settings
from aftercare.base.sql import exclusive_transaction
from aftercare.catalogue.load import load_catalogue
from aftercare.orders.announcements import SILENT
from aftercare.orders.demo import DescribedOrder, load_orders
from aftercare.orders.generate import generate_orders
from aftercare.orders.locking import MIGRATING_OR_SEEDING
from aftercare.orders.seed_catalogue import CatalogueRows
from aftercare.orders.seed_orders import OrderRows
from aftercare.orders.seed_report import SeedReport
from aftercare.orders.tables import Purchase


def seed(url: str, now: datetime | None = None, demo: bool = True) -> SeedReport:
    """Bring the catalogue of data/catalogue into the database at `url`, and with `demo` its demo and generated orders.

    The schema must be there (`migrate`). Seeding again on the same day changes nothing. On a later day, or when a demo
    order's delivery is overdue, the demo orders move to the present, except those for which a traveller has asked a
    refund or bought data: they stay as they are, and no request, ticket or verification is ever touched. Generated
    orders are added once and grow old. Rows that are not in the catalogue are left alone.

    Raises:
        CatalogueError: a file under data/ is wrong.
        sqlalchemy.exc.SQLAlchemyError: the database cannot be reached or refuses.
    """
    now = (now or utc_now()).replace(microsecond=0)
    catalogue = load_catalogue()
    with exclusive_transaction(url, MIGRATING_OR_SEEDING) as connection, Session(connection, future=True) as session:
        session.info[SILENT] = True
        report = SeedReport()
        CatalogueRows(session, report, _midnight(now)).write(catalogue)
        if demo:
            demo_orders = load_orders()
            rows = OrderRows(session, report, catalogue, ZoneInfo(settings().support_timezone))
            rows.write(demo_orders, _anchor(session, demo_orders, now))
            there = set(session.scalars(sa.select(Purchase.number)))
            rows.write([order for order in generate_orders(catalogue) if order.number not in there], now)
        session.flush()
        return report


def _midnight(moment: datetime) -> datetime:
    """The beginning of the day in New Zealand, or wherever support is."""
    zone = ZoneInfo(settings().support_timezone)
    return datetime.combine(moment.astimezone(zone).date(), time(), zone)


def _anchor(session: Session, orders: Iterable[DescribedOrder], now: datetime) -> datetime:
    """The moment the demo orders are relative to: that of the last seeding while it still serves, else `now`."""
    described = {order.number: order for order in orders}
    rows = session.execute(sa.select(Purchase.number, Purchase.bought_at).where(Purchase.number.in_(described)))
    last = max((at for number, bought in rows if (at := bought - described[number].bought) <= now), default=None)
    if last is None or _midnight(last) != _midnight(now):
        return now
    waiting = (order for order in described.values() if order.status == "paid" and order.delivered is None)
    return now if any(last + order.bought + order.delivery_takes < now for order in waiting) else last
