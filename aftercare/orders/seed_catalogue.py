"""The catalogue as rows of the order database."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from aftercare.catalogue.models import Catalogue
from aftercare.orders import tables
from aftercare.orders.seed_report import RowWriter, SeedReport


class CatalogueRows(RowWriter):
    """The catalogue as rows; its day offsets count from `midnight`."""

    def __init__(self, session: Session, report: SeedReport, midnight: datetime) -> None:
        super().__init__(session, report)
        self.midnight = midnight
        self.known: dict[type[tables.OrdersBase], dict[str, Any]] = {}

    def write(self, catalogue: Catalogue) -> None:
        """Every entry that has a table, in the order of the foreign keys."""
        policies = {row.provider_id: row for row in self.session.scalars(sa.select(tables.RefundPolicy))}
        for provider in catalogue.providers:
            columns = provider.model_dump(exclude={"refund_policy", "automatic_refunds", "plan_url"})
            self._put_by_id(tables.Provider, provider.id, columns)
            self.put(
                policies.get(provider.id),
                tables.RefundPolicy,
                {"provider_id": provider.id, **provider.refund_policy.model_dump()},
            )
        networks: dict[str, dict[tuple[str, str], tables.PlanNetwork]] = {}
        for network in self.session.scalars(sa.select(tables.PlanNetwork)):
            networks.setdefault(network.plan_id, {})[network.country, network.operator] = network
        for plan in catalogue.plans:
            self._put_by_id(tables.Plan, plan.id, plan.model_dump(exclude={"networks", "skus", "plan_url"}))
            described: dict[tuple[str, str], dict[str, Any]] = {
                (network.country, network.operator): network.model_dump() for network in plan.networks
            }
            known = networks.get(plan.id, {})
            for place, columns in described.items():
                self.put(known.get(place), tables.PlanNetwork, {"plan_id": plan.id, **columns})
            for place in known.keys() - described.keys():
                self.remove(known[place])
        for promotion in catalogue.promotions:
            self._put_by_id(tables.Promotion, promotion.id, self._dated(promotion.model_dump()))
        for incident in catalogue.incidents:
            self._put_by_id(tables.Incident, incident.id, self._dated(incident.model_dump()))
        for device in catalogue.devices:
            self._put_by_id(
                tables.Device,
                device.id,
                {**device.model_dump(exclude={"generic", "model_zh"}), "aliases": list(device.aliases)},
            )
        self.session.flush()

    def _put_by_id(self, model: Any, key: str, values: Mapping[str, Any]) -> None:
        if model not in self.known:
            self.known[model] = {row.id: row for row in self.session.scalars(sa.select(model))}
        self.put(self.known[model].get(key), model, values)

    def _dated(self, values: dict[str, Any]) -> dict[str, Any]:
        return values | {"starts": self._moment(values["starts"]), "ends": self._moment(values["ends"])}

    def _moment(self, when: float | date | None) -> datetime | None:
        if when is None:
            return None
        if isinstance(when, date):
            return datetime.combine(when, time(), self.midnight.tzinfo)
        return self.midnight.astimezone(UTC) + timedelta(days=when)
