"""The entries of data/catalogue: what a provider, a plan or a device consists of, and the values each field takes."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StringConstraints, field_validator, model_validator

from aftercare.base.language import Language

NATIONWIDE = "*"  # the region of an incident that concerns the whole country

# The descriptions are what an editor of the files is told when a value is none of these.
Count = Annotated[int, Field(strict=True, ge=0, description="a whole number, 0 or more")]
Positive = Annotated[int, Field(strict=True, gt=0, description="a whole number above 0")]
Text = Annotated[
    str,
    StringConstraints(strict=True, strip_whitespace=True, min_length=1),
    Field(description="a text that is not empty, in quotes when it looks like a number"),
]
Identifier = Annotated[
    str,
    StringConstraints(strict=True, pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$"),
    Field(description="small letters, digits and hyphens"),
]
Key = Annotated[
    str,
    StringConstraints(strict=True, pattern=r"^[a-z][a-z0-9_]*$"),
    Field(description="small letters, digits and underscores"),
]
Country = Annotated[
    str,
    StringConstraints(strict=True, pattern=r"^[A-Z]{2}$"),
    Field(description="a country code of ISO 3166, two capitals"),
]
Currency = Annotated[
    str,
    StringConstraints(strict=True, pattern=r"^[A-Z]{3}$"),
    Field(description="a currency code of ISO 4217, three capitals"),
]
Number = Annotated[
    str,
    StringConstraints(strict=True, pattern=r"^[0-9]{2,6}$"),
    Field(description="two to six digits in quotes"),
]
Email = Annotated[
    str,
    StringConstraints(strict=True, pattern=r"^[a-z0-9._+-]+@[a-z0-9-]+(\.[a-z0-9-]+)+$"),
    Field(description="an e-mail address in small letters"),
]
WebAddress = Annotated[
    str,
    StringConstraints(strict=True, pattern=r"^https?://[^\s/]+(/\S*)?$", max_length=300),
    Field(description="a web address that begins with https://"),
]
Moment = Annotated[
    float | date,
    Field(union_mode="left_to_right", description="days from today, or a date such as 2026-12-01"),
]


class Entry(BaseModel):
    """An entry of a catalogue file: unknown fields are faults, and it cannot be changed after loading."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class RefundPolicy(Entry):
    """A provider's written terms, as the columns of `refund_policy`; a missing `data_limit_mb` means no limit."""

    window_days: Count
    window_from: Literal["purchase", "delivery", "expiry"]
    data_limit_mb: Count | None = None
    installed_refundable: StrictBool
    deleted_refundable: StrictBool
    promotion_refundable: StrictBool
    partial_refund: StrictBool
    fault_window_days: Count
    fee_minor: Count
    exchange_allowed: StrictBool
    exchange_window_days: Count
    paid_to: Literal["card", "credit"]
    paid_within_days: Count


class AutomaticRefunds(Entry):
    """What the assistant may approve by itself of this provider's refunds; what is left out is as the settings say."""

    up_to_minor: Count | None = None
    per_day: Count | None = None
    total_per_day_minor: Count | None = None
    per_customer: Count | None = None


class Provider(Entry):
    """A seller or issuer of plans and how to reach its people."""

    id: Identifier
    name_en: Text
    name_zh: Text
    email: Email
    hotline: Text | None = None
    video_call_url: Text | None = None
    plan_url: Text | None = None
    """Where a plan is bought: an http(s) address, or a path of the desk, with `{plan}` for the plan's id."""
    refund_policy: RefundPolicy
    automatic_refunds: AutomaticRefunds = AutomaticRefunds()

    @field_validator("plan_url")
    @classmethod
    def _is_address(cls, value: str | None) -> str | None:
        if value is not None and not re.match(r"https?://[^/]|/(?!/)", value):
            raise ValueError("write an address: https://shop.example.com/plans/{plan}, or /shop#{plan}")
        return value


class PlanNetwork(Entry):
    """A network a plan uses in a country, with the issuer's APN there."""

    country: Country
    operator: Text
    apn: Text


PlanUse = Literal["home", "stay", "several"]


class PlanKind(Entry):
    """A kind of plans, and for which trips its plans are recommended."""

    id: Annotated[Key, StringConstraints(max_length=20)]
    use: PlanUse
    name_en: Text
    name_zh: Text


class Plan(Entry):
    """A product. Data in MB; no `data_mb` means unlimited, then `fair_use_mb` is the full-speed part of a day."""

    id: Identifier
    provider_id: Identifier
    name_en: Text
    name_zh: Text
    kind: Key
    data_mb: Positive | None = None
    fair_use_mb: Positive | None = None
    throttle_kbps: Positive | None = None
    days: Positive
    price_minor: Count
    currency: Currency
    starts_at: Literal["purchase", "install", "first_use"]
    hotspot: StrictBool
    calls_sms: StrictBool
    top_up: StrictBool
    on_sale: StrictBool = True
    networks: tuple[PlanNetwork, ...]
    skus: tuple[Text, ...] = ()  # what shops call it in their orders
    plan_url: WebAddress | None = None  # where it is bought; without one, its provider's

    @model_validator(mode="after")
    def _data_or_fair_use(self) -> Self:
        if self.data_mb is None and (self.fair_use_mb is None or self.throttle_kbps is None):
            raise ValueError("a plan without data_mb is unlimited and needs fair_use_mb and throttle_kbps")
        if not self.networks:
            raise ValueError("a plan needs at least one network")
        return self


def _check_period(starts: float | date, ends: float | date | None) -> None:
    if ends is None:
        return
    if isinstance(starts, date) != isinstance(ends, date):
        raise ValueError("starts and ends must both be days from today or both be dates")
    if ends <= starts:  # type: ignore[operator]
        raise ValueError("ends must be after starts")


class Promotion(Entry):
    """An offer: `value` in MB (bonus_data), days (longer_validity) or percent (discount).

    `starts` and `ends` are days from today, or dates.
    """

    id: Identifier
    provider_id: Identifier
    plan_id: Identifier | None = None
    kind: Literal["bonus_data", "longer_validity", "discount"]
    value: Positive
    title_en: Text
    title_zh: Text
    starts: Moment
    ends: Moment

    @model_validator(mode="after")
    def _period(self) -> Self:
        _check_period(self.starts, self.ends)
        if self.kind == "discount" and self.value > 100:
            raise ValueError("a discount is at most 100 percent")
        return self


class Incident(Entry):
    """A disturbance an operator reported; times as days from today or dates, no `ends` while it is open."""

    id: Identifier
    operator: Text
    country: Country
    region: Text
    summary_en: Text
    summary_zh: Text
    starts: Moment
    ends: Moment | None = None

    @model_validator(mode="after")
    def _period(self) -> Self:
        _check_period(self.starts, self.ends)
        return self


class Device(Entry):
    """A phone model, with the names travellers give it in both languages; `model` names it by itself ("OnePlus 12")."""

    id: Identifier
    brand: Text
    model: Text
    model_zh: Text | None = None
    """The name in Chinese, where it is another."""
    aliases: tuple[Text, ...] = ()
    esim: Literal["yes", "no", "depends"]
    menu_family: Literal["iphone", "pixel", "samsung", "xiaomi", "huawei", "oppo", "other"]
    lte: StrictBool = True
    generic: StrictBool = False
    """Whether it stands for all phones of a make ("iPhone"), so that nothing certain is known of it."""
    note_en: Text | None = None
    note_zh: Text | None = None

    def name(self, language: Language) -> str:
        """What the phone is called in a sentence of this language."""
        return self.model_zh or self.model if language == "zh" else self.model

    @model_validator(mode="after")
    def _both_notes(self) -> Self:
        if (self.note_en is None) != (self.note_zh is None):
            raise ValueError("a note needs both note_en and note_zh")
        if self.esim == "depends" and self.note_en is None:
            raise ValueError("esim: depends needs a note that says how to find out")
        return self


class Destination(Entry):
    """A country travellers name, directly or by one of its cities."""

    country: Country
    name_en: Text
    name_zh: Text
    aliases: tuple[Text, ...] = ()
    continent: Literal["oceania", "asia", "europe", "north_america", "south_america", "africa"]


class Region(Entry):
    """A place in New Zealand, as incidents and last-seen records name it."""

    name: Text
    name_zh: Text
    at: tuple[float, float]  # latitude and longitude, degrees
    aliases: tuple[Text, ...] = ()


class Operator(Entry):
    """A mobile network and the names people call it."""

    name: Text
    country: Country
    aliases: tuple[Text, ...] = ()


class ErrorMessage(Entry):
    """A message phones show, with its wordings in both languages."""

    key: Key
    aliases: tuple[Text, ...]


class EmergencyNumbers(Entry):
    """Whom to call in danger in a country: one number for all, or one for each service."""

    country: Country
    all: Number | None = None
    police: Number | None = None
    ambulance: Number | None = None
    fire: Number | None = None

    @model_validator(mode="after")
    def _reach_help(self) -> Self:
        if self.all is None and (self.police is None or self.ambulance is None):
            raise ValueError("give one number as all, or those of police and ambulance")
        return self


class Market(Entry):
    """Where a phone was sold, with what travellers call such phones (both languages, Chinese in Simplified)."""

    id: Identifier
    name_en: Text
    name_zh: Text
    aliases: tuple[Text, ...]


class MarketVerdict(Entry):
    """Whether the phones of a brand that were sold in a market take an eSIM, whatever other markets get.

    `models` narrows it to these devices, `but` leaves some out. Of several that fit the first holds.
    """

    brand: Text
    market: Identifier
    esim: Literal["yes", "mostly_yes", "depends", "mostly_no", "no"]
    models: tuple[Identifier, ...] = ()
    but: tuple[Identifier, ...] = ()


class Patterns(Entry):
    """Ways to say the same thing, per language."""

    en: tuple[Text, ...]
    zh: tuple[Text, ...]


class TriedStep(Entry):
    """A step travellers say they have already done."""

    key: Key
    patterns: Patterns


class Catalogue(Entry):
    """Everything in data/catalogue, validated."""

    providers: tuple[Provider, ...]
    plan_kinds: tuple[PlanKind, ...]
    plans: tuple[Plan, ...]
    promotions: tuple[Promotion, ...]
    incidents: tuple[Incident, ...]
    devices: tuple[Device, ...]
    destinations: tuple[Destination, ...]
    regions: tuple[Region, ...]
    operators: tuple[Operator, ...]
    error_messages: tuple[ErrorMessage, ...] = ()
    tried_steps: tuple[TriedStep, ...] = ()
    emergency_numbers: tuple[EmergencyNumbers, ...] = ()
    markets: tuple[Market, ...] = ()
    market_verdicts: tuple[MarketVerdict, ...] = ()
