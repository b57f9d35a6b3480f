"""Orders described by their distance from now, so that "bought yesterday" stays true on every day they are seeded."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, StrictBool, field_validator, model_validator

from aftercare.base import settings
from aftercare.base.identifiers import normalise_order_number, valid_eid, valid_iccid, valid_imei
from aftercare.catalogue.models import Count, Email, Entry, Identifier, Text
from aftercare.catalogue.yaml_file import CatalogueError, YamlFile

DEMO_ORDERS = settings.DATA / "demo" / "orders.yml"
_OFFSET = re.compile(r"([+-])(?=\d)(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?", re.ASCII)


def parse_offset(value: Any) -> timedelta:
    """A distance from now, from "-2d", "-5h30m" or "+20m"; a timedelta is kept.

    Raises:
        ValueError: it is neither.
    """
    if isinstance(value, timedelta):
        return value
    found = _OFFSET.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise ValueError("not a time from now")
    days, hours, minutes = (int(part or 0) for part in found.groups()[1:])
    distance = timedelta(days=days, hours=hours, minutes=minutes)
    return -distance if found[1] == "-" else distance


Offset = Annotated[
    timedelta, BeforeValidator(parse_offset), Field(description="a time from now such as -2d, -5h30m or +20m")
]


class DescribedProfile(Entry):
    """The eSIM of an order. Data in MB.

    `daily_mb` is the use of each day from that of `first_use`, today's in `used_today_mb`; it happened on the last
    network unless `used_country` and `used_operator` name another.
    """

    iccid: Text
    smdp_address: Text
    matching_id: Text
    profile_state: Literal["released", "downloaded", "installed", "enabled", "disabled", "deleted"] = "released"
    eid: Text | None = None
    imei: Text | None = None
    device_id: Identifier | None = None
    carrier_locked: StrictBool = False
    registered: StrictBool = False
    installed: Offset | None = None
    installed_country: Text | None = None
    first_use: Offset | None = None
    last_seen: Offset | None = None
    last_country: Text | None = None
    last_operator: Text | None = None
    last_region: Text | None = None
    used_country: Text | None = None
    used_operator: Text | None = None
    daily_mb: tuple[Count, ...] = ()
    used_today_mb: Count = 0
    throttled_until_midnight: StrictBool = False

    @field_validator("iccid")
    @classmethod
    def _iccid(cls, value: str) -> str:
        if not valid_iccid(value):
            raise ValueError("not an ICCID: 19 or 20 digits from 89, the last one a Luhn digit")
        return value

    @field_validator("eid")
    @classmethod
    def _eid(cls, value: str | None) -> str | None:
        if value is not None and not valid_eid(value):
            raise ValueError("not an EID: 32 digits that leave 1 when divided by 97")
        return value

    @field_validator("imei")
    @classmethod
    def _imei(cls, value: str | None) -> str | None:
        if value is not None and not valid_imei(value):
            raise ValueError("not an IMEI: 15 digits, the last one a Luhn digit")
        return value

    @model_validator(mode="after")
    def _use_needs_a_network(self) -> Self:
        if self.daily_mb or self.used_today_mb:
            if self.first_use is None:
                raise ValueError("daily_mb and used_today_mb need first_use")
            if not (self.last_country and self.last_operator):
                raise ValueError("daily_mb and used_today_mb need last_country and last_operator")
        return self


class DescribedTopUp(Entry):
    """Data or days added later; data in MB, money in minor units of the order's currency."""

    data_mb: Count
    days: Count
    amount_minor: Count
    bought: Offset


class DescribedRefund(Entry):
    """A refund asked for at a time; the rules decide it as of then. A `paid` one is over."""

    requested: Offset
    state: Literal["approved", "paid"] = "approved"


class DescribedOrder(Entry):
    """An order, its buyer and its eSIM; expiry, data and amount follow from the plan and the promotion."""

    number: Text
    email: Email
    name: Text
    language: Literal["en", "zh"]
    plan_id: Identifier
    promotion_id: Identifier | None = None
    status: Literal["paid", "delivered", "refunded", "exchanged", "cancelled", "payment_failed"] = "delivered"
    bought: Offset
    delivery_takes: Offset = timedelta(minutes=15)
    delivered: Offset | None = None
    esim: DescribedProfile | None = None
    top_ups: tuple[DescribedTopUp, ...] = ()
    refund: DescribedRefund | None = None

    @field_validator("number")
    @classmethod
    def _number(cls, value: str) -> str:
        if normalise_order_number(value) != value:
            raise ValueError("not an order number: NZ and 8 digits")
        return value


def load_orders(path: Path = DEMO_ORDERS) -> tuple[DescribedOrder, ...]:
    """The orders described in `path`.

    Raises:
        CatalogueError: naming file, line and what is expected.
    """
    file = YamlFile(path)
    if not isinstance(file.data, dict) or not isinstance(file.data.get("orders"), list):
        raise CatalogueError(f"{file.name}:1: the file must be one list named orders")
    return tuple(
        file.validate(DescribedOrder, data, ("orders", index)) for index, data in enumerate(file.data["orders"])
    )
