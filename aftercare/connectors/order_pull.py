"""Brings the orders of a source into the order database, once or again and again."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from aftercare.base.logs import error_location
from aftercare.base.settings import ROOT, Settings
from aftercare.base.tasks import Repeated
from aftercare.catalogue.yaml_file import CatalogueError
from aftercare.connectors.order_rows import PlacedOrder, RowFault
from aftercare.connectors.order_sql import SqlOrders, SqlSourceError, read_mapping
from aftercare.connectors.ports import ConnectorError, NotReached, OrderSource, RefusedForGood
from aftercare.connectors.registry import names, plugin
from aftercare.orders.intake import OrderRefused, ShopOrder, take
from aftercare.orders.tables import Purchase

log = logging.getLogger(__name__)

Look = Literal["changed", "missing", "all"]
# A shop's transaction may commit after a later one did, with the earlier time.
OVERLAP = timedelta(minutes=5)
_FAULTS_LOGGED = 5


@dataclass
class IntakeReport:
    """What became of many orders; `faults` are those that could not be taken."""

    added: int = 0
    changed: int = 0
    same: int = 0
    older: int = 0
    faults: list[RowFault] = field(default_factory=list)

    def __str__(self) -> str:
        counts = f"{self.added} added, {self.changed} changed, {self.same} as they were"
        if self.older:
            counts += f", {self.older} older than what is known"
        return counts + (f", {len(self.faults)} not taken" if self.faults else "")


def take_all(
    engine: Engine, orders: Iterable[PlacedOrder], source: str, read_from: str | None = None, dry_run: bool = False
) -> IntakeReport:
    """Take each order in a transaction of its own; with `dry_run` all is rolled back, and the report is the same.

    `read_from`: as for `take`.
    """
    report = IntakeReport()
    with Session(engine, future=True) as session:
        for placed in orders:
            try:
                taken = take(session, placed.order, source, read_from)
            except OrderRefused as error:
                session.rollback()
                report.faults.append(RowFault(placed.place, str(error)))
                continue
            if dry_run:
                session.rollback()
            else:
                session.commit()
            setattr(report, taken.result, getattr(report, taken.result) + 1)
    return report


def order_source(settings: Settings, seconds: float = 30.0) -> OrderSource | None:
    """The source that ORDERS_SQL names: a mapping file, or a plug-in's name; None without one.

    A shop database may take so many seconds for a connection and for a query.

    Raises:
        ConnectorError: it cannot be used.
    """
    if not settings.orders_sql:
        return None
    if made := plugin("ORDERS_SQL", settings.orders_sql, settings):
        source: OrderSource = made
        return source
    path = ROOT / settings.orders_sql  # an absolute one stays
    if not path.is_file():
        known = ", ".join(sorted(names("ORDERS_SQL"))) or "none"
        raise ConnectorError(f"ORDERS_SQL: there is no file {path}, and no connector of this name; there are: {known}")
    try:
        mapping = read_mapping(path)
        if not settings.orders_sql_url:
            raise ConnectorError("ORDERS_SQL_URL is empty; write where the shop database is")
        return SqlOrders(settings.orders_sql_url, mapping, seconds)
    except (CatalogueError, SqlSourceError) as error:
        raise ConnectorError(f"ORDERS_SQL: {error}") from None
    except sa.exc.ArgumentError:
        raise ConnectorError("ORDERS_SQL_URL is no SQLAlchemy URL, like postgresql://user:password@host/shop") from None


def pull(engine: Engine, source: OrderSource, look: Look = "changed") -> IntakeReport:
    """Take orders of the source: those that changed since the last one it brought, those that are missing, or all.

    What is missing may be an order that could not be taken when it changed, for instance since its plan was not known.

    Raises:
        NotReached: the source cannot be read; the message says why.
    """
    moment = _last_change(engine, source.name) if look == "changed" else None
    try:
        orders, faults = source.changed_since(moment)
    except Exception as error:
        raise NotReached(why_not_read(error)) from error
    known = _known(engine, source.name) if look == "missing" else {}
    news = [each for each in orders if _is_news(each.order, known)]
    report = take_all(engine, news, source.name, source.name)
    report.same += len(orders) - len(news)
    report.faults += faults
    return report


def _known(engine: Engine, source: str) -> dict[str, datetime | None]:
    """When the shop changed what is known of its orders, by their numbers."""
    with Session(engine, future=True) as session:
        rows = session.execute(sa.select(Purchase.number, Purchase.source_updated_at).where(Purchase.source == source))
        return {row.number: row.source_updated_at for row in rows}


def _is_news(order: ShopOrder, known: dict[str, datetime | None]) -> bool:
    return order.number not in known or order.updated_at is None or order.updated_at != known[order.number]


def why_not_read(error: Exception) -> str:
    """Why a source does not answer: what it says itself; the message of any other error may quote an order."""
    if isinstance(error, SqlSourceError | NotReached | RefusedForGood):
        return str(error)
    return f"{type(error).__name__} at {error_location(error)}"


def _last_change(engine: Engine, source: str) -> datetime | None:
    with Session(engine, future=True) as session:
        latest: datetime | None = session.execute(
            sa.select(sa.func.max(Purchase.source_updated_at)).where(Purchase.source == source)
        ).scalar_one()
    return None if latest is None else latest - OVERLAP


class OrderPuller:
    """Pulls every so many seconds while the desk runs; first what is missing, since plans may have been added."""

    def __init__(self, engine: Engine, source: OrderSource, every: float) -> None:
        self._engine = engine
        self._source = source
        self._told: set[str] = set()
        self._look: Look = "missing"
        self._loop = Repeated("Orders of a shop", self._pull, every)

    def start(self) -> None:
        """Begin on the running event loop."""
        self._loop.start()

    async def stop(self) -> None:
        """Stop after the order that is being taken."""
        await self._loop.stop()
        await asyncio.to_thread(self._source.close)

    async def _pull(self) -> None:
        try:
            report = await asyncio.to_thread(pull, self._engine, self._source, self._look)
        except Exception as error:
            log.error("Orders of %s were not read: %s", self._source.name, why_not_read(error))
        else:
            self._look = "changed"
            self._log(report)

    def _log(self, report: IntakeReport) -> None:
        if report.added or report.changed:
            log.info("Orders of %s: %s", self._source.name, report)
        new = [fault for fault in map(str, report.faults) if fault not in self._told]
        for fault in new[:_FAULTS_LOGGED]:  # each once, not at every look
            log.warning("An order of %s was not taken: %s", self._source.name, fault)
        self._told.update(new)
