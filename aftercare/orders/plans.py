"""What can be bought now: plans for a trip, cross-border packs, long stays, top-ups and promotions."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urljoin

import sqlalchemy as sa
from sqlalchemy.orm import Session, selectinload
from sqlalchemy.sql import Select

from aftercare.base.settings import settings
from aftercare.catalogue.load import kinds_for, load_catalogue
from aftercare.orders.lookup import order_facts
from aftercare.orders.tables import Plan, PlanNetwork, Promotion, Provider


@dataclass(frozen=True)
class PlanOffer:
    """A plan on sale. Data in MB (None: unlimited, `fair_use_mb` a day at full speed), price in minor units."""

    plan_id: str
    name_en: str
    name_zh: str
    provider_id: str
    provider_en: str
    provider_zh: str
    kind: str
    countries: frozenset[str]
    data_mb: int | None
    fair_use_mb: int | None
    throttle_kbps: int | None
    days: int
    price_minor: int
    currency: str
    starts_at: str
    hotspot: bool
    calls_sms: bool
    top_up: bool
    operators: frozenset[str] = frozenset()
    """Its networks in New Zealand."""


@dataclass(frozen=True)
class PromotionOffer:
    """An offer valid now; `value` in MB (bonus_data), days (longer_validity) or percent (discount).

    `plan_id` None: for every plan of the provider.
    """

    promotion_id: str
    provider_id: str
    provider_en: str
    provider_zh: str
    plan_id: str | None
    plan_en: str | None
    plan_zh: str | None
    kind: str
    value: int
    title_en: str
    title_zh: str
    ends: datetime


def plans_for(
    session: Session, destinations: Collection[str], days: float | None = None, kinds: Collection[str] = ()
) -> tuple[PlanOffer, ...]:
    """Plans on sale, of any of `kinds` if given, that work in all `destinations` (ISO codes) for at least `days`.

    Cheapest first.
    """
    wanted = _on_sale(days)
    if kinds:
        wanted = wanted.where(Plan.kind.in_(kinds))
    return _covering(session, wanted, destinations)


def plan_offer(session: Session, plan_id: str) -> PlanOffer | None:
    """A plan by its id, when it is on sale."""
    found = _covering(session, _on_sale(None).where(Plan.id == plan_id), ())
    return found[0] if found else None


def plans_named(session: Session) -> dict[str, str]:
    """The ids of the plans on sale by their names in both languages."""
    rows = session.execute(_on_sale(None)).scalars().all()
    return {name: plan.id for plan in rows for name in (plan.name_en, plan.name_zh)}


def crossborder_packs(session: Session, countries: Collection[str], days: float | None = None) -> tuple[PlanOffer, ...]:
    """Packs for several countries that cover all `countries` (ISO codes) for at least `days`, cheapest first."""
    return _covering(session, _on_sale(days).where(Plan.kind.in_(kinds_for("several"))), countries)


def long_stay_plans(session: Session, days: float | None = None) -> tuple[PlanOffer, ...]:
    """Local plans for long stays in New Zealand, cheapest per day first."""
    offers = _covering(session, _on_sale(days).where(Plan.kind.in_(kinds_for("stay"))), ("NZ",))
    return tuple(sorted(offers, key=lambda offer: (offer.price_minor / offer.days, offer.plan_id)))


def top_ups_for(session: Session, number: str, now: datetime) -> tuple[PlanOffer, ...]:
    """Data plans of the same provider that an order can be topped up with, cheapest first.

    Empty when the order's plan takes no top-up, is over, or its profile is gone. Callers check `ownership` first.
    """
    facts = order_facts(session, number, now)
    if facts is None or not facts.top_up or facts.expired or facts.profile_state == "deleted":
        return ()
    if facts.status not in ("paid", "delivered"):
        return ()
    wanted = _on_sale(None).where(
        Plan.provider_id == facts.provider_id,
        Plan.kind == facts.plan_kind,
        Plan.currency == facts.currency,
        Plan.data_mb.is_not(None),
    )
    return _covering(session, wanted, facts.countries)


def promotions_today(session: Session, now: datetime, provider_id: str | None = None) -> tuple[PromotionOffer, ...]:
    """Promotions valid at `now`, those that end first first."""
    wanted = (
        sa.select(Promotion, Provider, Plan.name_en.label("plan_en"), Plan.name_zh.label("plan_zh"))
        .join(Provider, Promotion.provider_id == Provider.id)
        .outerjoin(Plan, Promotion.plan_id == Plan.id)
        .where(Promotion.starts <= now, Promotion.ends > now, sa.or_(Plan.id.is_(None), Plan.on_sale))
        .order_by(Promotion.ends, Promotion.id)
    )
    if own := settings().own_providers.split():
        wanted = wanted.where(Promotion.provider_id.in_(own))
    if provider_id is not None:
        wanted = wanted.where(Promotion.provider_id == provider_id)
    return tuple(
        PromotionOffer(
            promotion_id=promotion.id,
            provider_id=provider.id,
            provider_en=provider.name_en,
            provider_zh=provider.name_zh,
            plan_id=promotion.plan_id,
            plan_en=plan_en,
            plan_zh=plan_zh,
            kind=promotion.kind,
            value=promotion.value,
            title_en=promotion.title_en,
            title_zh=promotion.title_zh,
            ends=promotion.ends,
        )
        for promotion, provider, plan_en, plan_zh in session.execute(wanted)
    )


def _on_sale(days: float | None) -> Select[Any]:
    wanted = (
        sa.select(Plan)
        .where(Plan.on_sale)
        .options(selectinload(Plan.networks), selectinload(Plan.provider))
        .order_by(Plan.price_minor, Plan.id)
    )
    if own := settings().own_providers.split():
        wanted = wanted.where(Plan.provider_id.in_(own))
    return wanted if days is None else wanted.where(Plan.days >= days)


def _covering(session: Session, wanted: Select[Any], countries: Collection[str]) -> tuple[PlanOffer, ...]:
    for country in sorted(set(countries)):
        covers = sa.select(PlanNetwork.id).where(PlanNetwork.plan_id == Plan.id, PlanNetwork.country == country)
        wanted = wanted.where(covers.exists())
    return tuple(_offer(plan) for plan in session.execute(wanted).scalars())


def _offer(plan: Plan) -> PlanOffer:
    return PlanOffer(
        plan_id=plan.id,
        name_en=plan.name_en,
        name_zh=plan.name_zh,
        provider_id=plan.provider_id,
        provider_en=plan.provider.name_en,
        provider_zh=plan.provider.name_zh,
        kind=plan.kind,
        countries=frozenset(network.country for network in plan.networks),
        data_mb=plan.data_mb,
        fair_use_mb=plan.fair_use_mb,
        throttle_kbps=plan.throttle_kbps,
        days=plan.days,
        price_minor=plan.price_minor,
        currency=plan.currency,
        starts_at=plan.starts_at,
        hotspot=plan.hotspot,
        calls_sms=plan.calls_sms,
        top_up=plan.top_up,
        operators=frozenset(network.operator for network in plan.networks if network.country == "NZ"),
    )


def plan_url(plan_id: str, provider_id: str) -> str | None:
    """Where a plan is bought, as data/catalogue says: its own address or its provider's; None where it does not."""
    catalogue = load_catalogue()
    own = next((plan.plan_url for plan in catalogue.plans if plan.id == plan_id), None)
    if own:
        return own
    shop = next((each.plan_url for each in catalogue.providers if each.id == provider_id), None)
    return urljoin(settings().public_url, shop.replace("{plan}", plan_id)) if shop else None
