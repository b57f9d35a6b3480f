"""The plans an order can be exchanged for, each with what is still to pay or comes back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from aftercare.orders.refunds.decide import decide
from aftercare.orders.refunds.load import facts_for
from aftercare.orders.tables import Plan, Purchase


@dataclass(frozen=True)
class ExchangeOption:
    """A plan the order can be exchanged for. `difference_minor` above 0 is still to pay, below 0 comes back."""

    plan_id: str
    name_en: str
    name_zh: str
    kind: str
    data_mb: int | None
    days: int
    price_minor: int
    difference_minor: int
    currency: str


def exchange_options(session: Session, number: str, now: datetime) -> tuple[ExchangeOption, ...]:
    """Plans on sale of the same provider and currency, smallest difference first; empty when no exchange is possible.

    A cheaper plan returns money only where a refund would be paid in full: else an exchange would be a way round it.
    """
    loaded = facts_for(session, number, now)
    if loaded is None:
        return ()
    facts, terms = loaded
    exchange, refund = decide(facts, terms, "exchange"), decide(facts, terms, "refund")
    if exchange.outcome == "declined":
        return ()
    own = sa.select(Plan).join(Purchase, Purchase.plan_id == Plan.id).where(Purchase.number == number).subquery()
    plans = session.execute(
        sa.select(Plan).where(
            Plan.provider_id == sa.select(own.c.provider_id).scalar_subquery(),
            Plan.id != sa.select(own.c.id).scalar_subquery(),
            Plan.currency == facts.currency,
            Plan.on_sale,
        )
    ).scalars()
    # What comes back is a refund in part, so it is bounded by what a refund would pay.
    lowest = -refund.amount_minor if refund.outcome == "approved" else 0
    options = [
        ExchangeOption(
            plan_id=plan.id,
            name_en=plan.name_en,
            name_zh=plan.name_zh,
            kind=plan.kind,
            data_mb=plan.data_mb,
            days=plan.days,
            price_minor=plan.price_minor,
            difference_minor=max(lowest, plan.price_minor - exchange.amount_minor),
            currency=plan.currency,
        )
        for plan in plans
    ]
    return tuple(sorted(options, key=lambda option: (abs(option.difference_minor), option.plan_id)))
