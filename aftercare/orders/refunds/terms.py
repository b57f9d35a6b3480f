"""What a refund is decided from: the provider's written terms and the facts of one order."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal


@dataclass(frozen=True)
class RefundTerms:
    """A provider's written terms. Data in MB, money in minor units; `data_limit_mb` None means no limit."""

    provider_en: str
    provider_zh: str
    window_days: int
    window_from: Literal["purchase", "delivery", "expiry"]
    data_limit_mb: int | None
    installed_refundable: bool
    deleted_refundable: bool
    promotion_refundable: bool
    partial_refund: bool
    fault_window_days: int
    fee_minor: int
    exchange_allowed: bool
    exchange_window_days: int
    paid_to: Literal["card", "credit"]
    paid_within_days: int


@dataclass(frozen=True)
class RefundFacts:
    """What a decision needs to know of an order at the moment `now`.

    `paid_minor` includes top-ups; `refunded_minor` is what has already been paid back. `duplicate_of` is the number of
    the earlier order that the same purchase was first charged to. `fault_reported`: the traveller says it never worked
    well; that alone never moves money, it lets a person look.
    """

    now: datetime
    number: str
    status: str
    paid_minor: int
    currency: str
    bought_at: datetime
    delivered_at: datetime | None = None
    profile_state: str | None = None
    carrier_locked: bool = False
    device_esim: str | None = None
    data_total_mb: int | None = None
    data_used_mb: int = 0
    days_of_plan: int = 1
    expires_at: datetime | None = None
    top_up: bool = False
    promotion: bool = False
    refunded_minor: int = 0
    duplicate_of: str | None = None
    fault_reported: bool = False
