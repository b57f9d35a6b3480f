"""What the order database knows of one order, flattened: the facts every diagnosis and decision starts from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class CoveredNetwork:
    """A network the plan uses: ISO country, operator name, the APN this plan needs there."""

    country: str
    operator: str
    apn: str


@dataclass(frozen=True)
class OpenIncident:
    """A disturbance of an operator's network that is open now at a place."""

    operator: str
    region: str
    summary_en: str
    summary_zh: str
    starts: datetime
    ends: datetime | None = None
    """When it is planned to be over; None when nobody knows."""


@dataclass(frozen=True)
class OrderFacts:
    """One order at the moment `now`. Data in MB, money in minor units, times aware UTC; None means not known.

    `countries` are those the plan covers. `days_of_plan` is its length once started.
    """

    now: datetime
    number: str
    status: str
    provider_id: str
    provider_en: str
    provider_zh: str
    plan_id: str
    plan_en: str
    plan_zh: str
    plan_kind: str
    plan_starts_at: str
    days_of_plan: int
    hotspot: bool
    calls_sms: bool
    top_up: bool
    networks: tuple[CoveredNetwork, ...]
    amount_minor: int
    currency: str
    bought_at: datetime
    delivery_due_at: datetime
    delivered_at: datetime | None
    profile_state: str | None
    iccid: str | None
    smdp_address: str | None
    matching_id: str | None
    device_id: str | None
    device_model: str | None
    device_family: str | None
    device_esim: str | None
    device_lte: bool | None
    carrier_locked: bool
    registered: bool
    installed_country: str | None
    last_country: str | None
    last_operator: str | None
    last_region: str | None
    last_seen_at: datetime | None
    data_total_mb: int | None
    data_used_mb: int
    fair_use_mb: int | None
    throttle_kbps: int | None
    throttled_until: datetime | None
    installed_at: datetime | None
    first_use_at: datetime | None
    expires_at: datetime | None
    incident: OpenIncident | None

    @property
    def countries(self) -> frozenset[str]:
        """ISO codes the plan covers."""
        return frozenset(network.country for network in self.networks)

    @property
    def data_left_mb(self) -> int | None:
        """MB left, never below zero; None for an unlimited plan."""
        return None if self.data_total_mb is None else max(0, self.data_total_mb - self.data_used_mb)

    @property
    def expired(self) -> bool:
        """Whether the plan's time has run out."""
        return self.expires_at is not None and self.expires_at <= self.now

    @property
    def throttled(self) -> bool:
        """Whether fair use slows the line at this moment."""
        return self.throttled_until is not None and self.throttled_until > self.now

    @property
    def delivered(self) -> bool:
        """Whether the QR code has been sent."""
        return self.delivered_at is not None

    @property
    def outside_coverage(self) -> bool:
        """Whether the phone was last seen in a country the plan does not cover."""
        return self.last_country is not None and self.last_country not in self.countries
