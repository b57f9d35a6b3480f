"""How far the assistant may approve refunds by itself; beyond it a person decides."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from aftercare.base.money_and_dates import minor_units
from aftercare.base.settings import settings
from aftercare.base.sql import advisory_lock, insert
from aftercare.catalogue.load import load_catalogue
from aftercare.orders.refunds.decide import RefundDecision, Rule
from aftercare.orders.tables import OrdersSwitch, Plan, Purchase, RefundRequest

STOP = "stop_automatic_refunds"
"""The switch that leaves every refund to a person."""
A_DAY = timedelta(days=1)
CUSTOMER_WITHIN = timedelta(days=30)


@dataclass(frozen=True)
class Authority:
    """Limits of automatic approvals, money in minor units; None is no limit."""

    up_to_minor: int | None
    per_day: int | None
    total_per_day_minor: int | None
    per_customer: int | None


def authority_of(provider_id: str, currency: str) -> Authority:
    """The limits for a provider's refunds: its own in providers.yml, else those of the settings."""
    set_here, units = settings(), minor_units(currency)
    own = next((each.automatic_refunds for each in load_catalogue().providers if each.id == provider_id), None)

    def money(amount: float | None) -> int | None:
        return None if amount is None else round(amount * units)

    usual = Authority(
        money(set_here.auto_refund_up_to),
        set_here.auto_refunds_per_day,
        money(set_here.auto_refund_total_per_day),
        set_here.auto_refunds_per_customer,
    )
    given = own.model_dump(exclude_none=True) if own else {}
    return replace(usual, **given)


def bounded(
    session: Session, number: str, decision: RefundDecision, now: datetime, lock: bool = False
) -> RefundDecision:
    """The decision as it stands, or left to a person where it goes beyond what may be approved automatically.

    With `lock`, no other automatic approval of the provider is counted at the same time.
    """
    if decision.kind != "refund" or decision.outcome not in ("approved", "partial"):
        return decision
    row = session.execute(
        sa.select(Plan.provider_id, Purchase.customer_id)
        .join(Plan, Purchase.plan_id == Plan.id)
        .where(Purchase.number == number)
    ).one()
    if lock:
        advisory_lock(session.connection(), f"automatic_refunds:{row.provider_id}")
    limit = authority_of(row.provider_id, decision.currency)
    if not _beyond(session, limit, decision, row.provider_id, row.customer_id, now):
        return decision
    rule = Rule("authority", False, decision.amount_minor, limit.up_to_minor, "money")
    return replace(
        decision,
        outcome="review",
        amount_minor=0,
        # what the terms grant; a person is not to grant more than that here
        up_to_minor=decision.amount_minor,
        arrives_in_days=None,
        rules=(*decision.rules, rule),
    )


def _beyond(
    session: Session, limit: Authority, decision: RefundDecision, provider_id: str, customer_id: int, now: datetime
) -> bool:
    if is_stopped(session):
        return True
    amount = decision.amount_minor
    if limit.up_to_minor is not None and amount > limit.up_to_minor:
        return True
    automatic = (
        sa.select(sa.func.count(), sa.func.coalesce(sa.func.sum(RefundRequest.amount_minor), 0))
        .join(Purchase, RefundRequest.purchase_id == Purchase.id)
        .join(Plan, Purchase.plan_id == Plan.id)
        .where(
            RefundRequest.kind == "refund",
            RefundRequest.decided_by.is_(None),
            RefundRequest.state.in_(("approved", "paid")),
            RefundRequest.currency == decision.currency,
        )
    )
    if limit.per_day is not None or limit.total_per_day_minor is not None:
        today = automatic.where(Plan.provider_id == provider_id, RefundRequest.decided_at > now - A_DAY)
        count, total = session.execute(today).one()
        if limit.per_day is not None and count >= limit.per_day:
            return True
        if limit.total_per_day_minor is not None and int(total) + amount > limit.total_per_day_minor:
            return True
    if limit.per_customer is not None:
        theirs = automatic.where(Purchase.customer_id == customer_id, RefundRequest.decided_at > now - CUSTOMER_WITHIN)
        return bool(session.execute(theirs).one()[0] >= limit.per_customer)
    return False


def is_stopped(session: Session) -> bool:
    """Whether staff have stopped all automatic approvals."""
    return bool(session.execute(sa.select(OrdersSwitch.on).where(OrdersSwitch.name == STOP)).scalar_one_or_none())


def set_stopped(session: Session, stopped: bool, by: str, now: datetime) -> None:
    """Stop automatic approvals, or let them go on. The caller commits."""
    values = {"is_on": stopped, "changed_by": by, "changed_at": now}
    table = OrdersSwitch.__table__
    session.execute(
        insert(session.get_bind(), table)
        .values(name=STOP, **values)
        .on_conflict_do_update(index_elements=["name"], set_=values)
    )
