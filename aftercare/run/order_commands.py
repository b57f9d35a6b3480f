"""`aftercare orders import`, `pull` and `find`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.orm import Session

from aftercare.base.database import open_engine
from aftercare.base.identifiers import normalise_order_number
from aftercare.base.settings import settings
from aftercare.catalogue.load import load_catalogue
from aftercare.connectors.order_csv import read_csv
from aftercare.connectors.order_pull import IntakeReport, order_source, pull, take_all
from aftercare.connectors.ports import ConnectorError, NotReached
from aftercare.orders.migrations import migrate
from aftercare.orders.seed import seed
from aftercare.orders.tables import Purchase


def _engine() -> sa.engine.Engine:
    """The order database, with the plans of the catalogue in it."""
    load_catalogue()
    migrate(settings().orders_database_url)
    seed(settings().orders_database_url, demo=False)
    return open_engine(settings().orders_database_url, 60)


def import_orders(path: Path, dry_run: bool) -> IntakeReport:
    """Take the orders of a CSV file.

    Raises:
        ConnectorError: ORDERS_SQL names what cannot be used.
    """
    orders, faults = read_csv(path)
    source = order_source(settings())
    if source is not None:
        source.close()
    report = take_all(_engine(), orders, "csv", source.name if source else None, dry_run)
    report.faults = [*faults, *report.faults]
    return report


def pull_orders(everything: bool) -> IntakeReport:
    """Take what is new or changed in the shop database, or everything again.

    Raises:
        ConnectorError: none is configured, or it cannot be read.
    """
    source = order_source(settings())
    if source is None:
        raise ConnectorError("ORDERS_SQL is empty; docs/connectors/orders.md says what it names")
    try:
        return pull(_engine(), source, "all" if everything else "missing")
    except NotReached as error:
        raise ConnectorError(f"ORDERS_SQL: {error}") from None
    finally:
        source.close()


def find_order(number: str) -> Iterator[str]:
    """What is known of an order, one line for each eSIM; no activation codes.

    Raises:
        ConnectorError: the number has no pattern of ours, or is unknown.
    """
    canonical = normalise_order_number(number)
    if canonical is None:
        raise ConnectorError(f"{number} has none of the shapes of ORDER_NUMBER_PATTERNS")
    with Session(_engine(), future=True) as session:
        rows = session.scalars(
            sa.select(Purchase)
            .where(sa.or_(Purchase.number == canonical, Purchase.shop_number == canonical))
            .order_by(Purchase.id)
        ).all()
        if not rows:
            raise ConnectorError(f"{canonical} is not known here")
        for row in rows:
            state = row.esim.profile_state if row.esim else "no eSIM yet"
            known = (row.number, row.customer.email, row.plan_id, row.status, state, f"from {row.source or 'demo'}")
            yield "  ".join(known)
