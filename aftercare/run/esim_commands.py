"""`aftercare esims plans`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

from aftercare.base import money_and_dates
from aftercare.base.settings import settings
from aftercare.catalogue.load import load_catalogue
from aftercare.connectors.esim_rest import esim_provider
from aftercare.connectors.ports import ConnectorError, EsimPlanList, NotReached, RefusedForGood


def issuer_plans() -> Iterator[tuple[str, bool]]:
    """The issuer's plans, one line each with the plan of the catalogue that is one; then what does not fit, as faults.

    Raises:
        ConnectorError: there is no issuer, it lists no plans or does not answer.
    """
    provider = esim_provider(settings())
    if provider is None:
        raise ConnectorError("ESIM_PROVIDER is empty; docs/connectors/esim.md says what it names")
    if not getattr(provider, "can_list_plans", False):
        raise ConnectorError("ESIM_PROVIDER: this issuer's interface lists no plans (plans in docs/connectors/esim.md)")
    issuer = cast(EsimPlanList, provider)
    try:
        plans = issuer.plans()
    except (NotReached, RefusedForGood) as error:
        raise ConnectorError(f"ESIM_PROVIDER: {error}") from None
    used = issuer.packages_used()
    ours = {code: plan for plan, code in used.items()}
    for each in plans:
        data = "" if each.data_mb is None else money_and_dates.data(each.data_mb)
        days = "" if each.days is None else f"{each.days} days"
        yield "  ".join(filter(None, (each.code, each.name, data, days, ours.get(each.code)))), True
    sold, known = {plan.id for plan in load_catalogue().plans}, {each.code for each in plans}
    for plan, code in used.items():
        if code not in known:
            yield f"packages: {plan}: the issuer has no plan {code}", False
        if plan not in sold:
            yield f"packages: {plan} is not in data/catalogue/plans.yml", False
