"""Faults of the catalogue that no single entry shows: names used twice and references to entries that do not exist."""

from __future__ import annotations

from collections.abc import Iterator

from aftercare.catalogue.models import NATIONWIDE, Catalogue, Destination, Device, Entry, Plan, Region
from aftercare.catalogue.yaml_file import FieldPath

_NAME = {
    "providers": "id", "plan_kinds": "id", "plans": "id", "promotions": "id", "incidents": "id", "devices": "id",
    "destinations": "country", "regions": "name", "operators": "name", "error_messages": "key", "tried_steps": "key",
    "emergency_numbers": "country", "markets": "id",
}  # fmt: skip


def contradictions(catalogue: Catalogue) -> Iterator[tuple[str, FieldPath, str]]:
    """Faults no single entry shows: names used twice and references to what does not exist."""
    yield from _repeated_names(catalogue)
    kinds = {kind.id for kind in catalogue.plan_kinds}
    providers = {provider.id for provider in catalogue.providers}
    countries = {destination.country for destination in catalogue.destinations}
    operators = {(operator.name, operator.country) for operator in catalogue.operators}
    regions = {region.name for region in catalogue.regions}
    plans = {plan.id: plan for plan in catalogue.plans}

    for index, operator in enumerate(catalogue.operators):
        if operator.country not in countries:
            yield "operators", ("operators", index, "country"), f"{operator.country} is not in destinations.yml"
    for index, plan in enumerate(catalogue.plans):
        if plan.provider_id not in providers:
            yield "plans", ("plans", index, "provider_id"), f"{plan.provider_id} is not in providers.yml"
        if plan.kind not in kinds:
            yield "plans", ("plans", index, "kind"), f"{plan.kind} is not in plan_kinds.yml"
        seen: set[tuple[str, str]] = set()
        for position, network in enumerate(plan.networks):
            place = (network.operator, network.country)
            path: FieldPath = ("plans", index, "networks", position)
            if place not in operators:
                yield "plans", path, f"{network.operator} in {network.country} is not in operators.yml"
            if place in seen:
                yield "plans", path, f"{network.operator} in {network.country} is given twice"
            seen.add(place)
    for index, promotion in enumerate(catalogue.promotions):
        if promotion.provider_id not in providers:
            yield "promotions", ("promotions", index, "provider_id"), f"{promotion.provider_id} is not in providers.yml"
        promoted = plans.get(promotion.plan_id) if promotion.plan_id else None
        if promotion.plan_id and (promoted is None or promoted.provider_id != promotion.provider_id):
            yield (
                "promotions",
                ("promotions", index, "plan_id"),
                f"{promotion.provider_id} has no plan {promotion.plan_id}",
            )
    for index, incident in enumerate(catalogue.incidents):
        if (incident.operator, incident.country) not in operators:
            problem = f"{incident.operator} in {incident.country} is not in operators.yml"
            yield "incidents", ("incidents", index, "operator"), problem
        if incident.country == "NZ" and incident.region not in regions | {NATIONWIDE}:
            yield "incidents", ("incidents", index, "region"), f"{incident.region} is not in regions.yml"
    for index, numbers in enumerate(catalogue.emergency_numbers):
        if numbers.country not in countries:
            yield (
                "emergency_numbers",
                ("emergency_numbers", index, "country"),
                f"{numbers.country} is not in destinations.yml",
            )
    yield from _verdicts(catalogue)


def _verdicts(catalogue: Catalogue) -> Iterator[tuple[str, FieldPath, str]]:
    markets, brands = {market.id for market in catalogue.markets}, {device.brand for device in catalogue.devices}
    devices = {device.id: device for device in catalogue.devices}
    for index, verdict in enumerate(catalogue.market_verdicts):
        path: FieldPath = ("market_verdicts", index)
        if verdict.market not in markets:
            yield "market_verdicts", (*path, "market"), f"{verdict.market} is not in markets.yml"
        if verdict.brand not in brands:
            yield "market_verdicts", (*path, "brand"), f"no phone of {verdict.brand} is in devices.yml"
        for field in ("models", "but"):
            for model in getattr(verdict, field):
                if model not in devices or devices[model].brand != verdict.brand:
                    yield "market_verdicts", (*path, field), f"{model} is no {verdict.brand} in devices.yml"


def _repeated_names(catalogue: Catalogue) -> Iterator[tuple[str, FieldPath, str]]:
    for section, field in _NAME.items():
        entries = getattr(catalogue, section)
        owners: dict[str, int] = {}
        for index, entry in enumerate(entries):
            for name in sorted({getattr(entry, field), *getattr(entry, "aliases", ()), *_other_names(entry)}):
                owner = owners.setdefault(name.casefold(), index)
                if owner != index:
                    yield section, (section, index), f"{name!r} already names {getattr(entries[owner], field)}"


def _other_names(entry: Entry) -> tuple[str, ...]:
    if isinstance(entry, Destination):
        return (entry.name_en, entry.name_zh)
    if isinstance(entry, Region):
        return (entry.name_zh,)
    if isinstance(entry, Device):
        return (entry.model,)
    return entry.skus if isinstance(entry, Plan) else ()
