"""Data use of an order: what is left, the record of each day, and the days whose records are missing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from aftercare.orders.support_hours import timezone
from aftercare.orders.tables import Esim, Plan, Purchase, UsageRecord


@dataclass(frozen=True)
class DayRecord:
    """Use of one day, as days are where support is (New Zealand), on one network, in MB."""

    day: date
    country: str
    operator: str
    used_mb: int


@dataclass(frozen=True)
class UsageSummary:
    """Use of an order in MB; `total_mb` None is unlimited. `records` rise by day.

    `missing_days` are full days between the first use and the last sign of life that have no record: the phone was off,
    or the network has not reported them.
    """

    number: str
    total_mb: int | None
    used_mb: int
    first_use_at: datetime | None
    last_seen_at: datetime | None
    expires_at: datetime | None
    records: tuple[DayRecord, ...]
    missing_days: tuple[date, ...]

    @property
    def left_mb(self) -> int | None:
        """MB left, never below zero; None for an unlimited plan."""
        return None if self.total_mb is None else max(0, self.total_mb - self.used_mb)

    @property
    def recorded_mb(self) -> int:
        """MB that the records account for."""
        return sum(record.used_mb for record in self.records)

    @property
    def unrecorded_mb(self) -> int:
        """MB that were used and no record explains; a person can ask the network for them."""
        return max(0, self.used_mb - self.recorded_mb)

    @property
    def recoverable(self) -> bool:
        """Whether asking the network for records makes sense: days are missing and so is their data."""
        return bool(self.missing_days) and self.unrecorded_mb > 0


def summary(session: Session, number: str, now: datetime) -> UsageSummary | None:
    """The use of order `number`; None when it is unknown or has no profile yet. Callers check `ownership` first."""
    row = session.execute(
        sa.select(Esim, Plan.data_mb)
        .join(Purchase, Esim.purchase_id == Purchase.id)
        .join(Plan, Purchase.plan_id == Plan.id)
        .where(Purchase.number == number)
    ).one_or_none()
    if row is None:
        return None
    esim, plan_mb = row
    records = tuple(
        DayRecord(*record)
        for record in session.execute(
            sa.select(UsageRecord.day, UsageRecord.country, UsageRecord.operator, UsageRecord.used_mb)
            .where(UsageRecord.esim_id == esim.id)
            .order_by(UsageRecord.day, UsageRecord.operator)
        )
    )
    return UsageSummary(
        number=number,
        total_mb=plan_mb if esim.data_total_mb is None else esim.data_total_mb,
        used_mb=esim.data_used_mb,
        first_use_at=esim.first_use_at,
        last_seen_at=esim.last_seen_at,
        expires_at=esim.expires_at,
        records=records,
        missing_days=missing_days(records, esim.first_use_at, esim.last_seen_at, esim.expires_at, now),
    )


def missing_days(
    records: tuple[DayRecord, ...],
    first_use_at: datetime | None,
    last_seen_at: datetime | None,
    expires_at: datetime | None,
    now: datetime,
) -> tuple[date, ...]:
    """Days without a record from the first use to the last sign of life, today excepted: reports lag by hours."""
    if first_use_at is None:
        return ()
    ends = [moment for moment in (last_seen_at, expires_at, now - timedelta(days=1)) if moment is not None]
    first, last = _day(first_use_at), min(_day(moment) for moment in ends)
    recorded = {record.day for record in records}
    days = (first + timedelta(days=ahead) for ahead in range((last - first).days + 1))
    return tuple(day for day in days if day not in recorded)


def _day(moment: datetime) -> date:
    return moment.astimezone(timezone()).date()
