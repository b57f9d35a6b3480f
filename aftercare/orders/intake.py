"""Orders that a shop sends, in one shape for every source, and how they become rows of the order database."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal, Self

import sqlalchemy as sa
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    field_validator,
    model_validator,
)
from sqlalchemy.orm import Session

from aftercare.base.identifiers import normalise_order_number, order_numbers
from aftercare.base.masking import mask
from aftercare.base.money_and_dates import is_currency
from aftercare.base.settings import settings
from aftercare.base.sql import advisory_lock
from aftercare.catalogue.load import load_catalogue
from aftercare.catalogue.marketplaces import marketplace, marketplaces
from aftercare.orders.exchanges import exchanged_here
from aftercare.orders.locking import insert_unless_there
from aftercare.orders.ownership import normalise_email
from aftercare.orders.tables import Customer, Esim, Plan, Purchase, RefundRequest, Verification

Result = Literal["added", "changed", "same", "older"]
_LPA = re.compile(r"LPA:1\$(?P<address>[A-Za-z0-9.-]+)\$(?P<matching_id>[!-~]+)", re.IGNORECASE)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
MOST_ITEMS = 99


class OrderRefused(Exception):
    """The order cannot be taken as it is; the message says what to change."""


class OrderReadElsewhere(OrderRefused):
    """The order is read from the shop's database, which is what counts for it."""


def _aware(value: Any) -> Any:
    """Times without a zone are UTC."""
    if isinstance(value, str) and value:
        value = datetime.fromisoformat(value)
    if isinstance(value, datetime) and value.tzinfo is None:
        return value.replace(tzinfo=UTC)
    return value


def _plain_email(value: Any) -> Any:
    return normalise_email(value) if isinstance(value, str) else value


def _iso_4217(code: str) -> str:
    if not is_currency(code):
        raise ValueError("write a currency's code of ISO 4217, like NZD or CNY")
    return code


Moment = Annotated[datetime, BeforeValidator(_aware)]
Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80)]
ShopEmail = Annotated[
    str, BeforeValidator(_plain_email), StringConstraints(max_length=254, pattern=r"^[^\s@]+@[^\s@]+\.[^\s@.]+$")
]


class _FromShop(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    @field_validator("*", mode="before")
    @classmethod
    def _readable(cls, value: Any) -> Any:
        """Control characters, which no database has to take and no mail may have in a line, become blanks."""
        return _CONTROL.sub(" ", value) if isinstance(value, str) and _CONTROL.search(value) else value


class ShopEsim(_FromShop):
    """What the shop knows of an eSIM; what it leaves out stays as it is known. Data in MB."""

    iccid: Annotated[str, StringConstraints(pattern=r"^89[0-9]{16,18}$")]
    smdp_address: Annotated[str, StringConstraints(max_length=120)] = ""
    matching_id: Annotated[str, StringConstraints(max_length=200)] = ""
    profile_state: Literal["released", "downloaded", "installed", "enabled", "disabled", "deleted"] = "released"
    eid: Annotated[str, StringConstraints(pattern=r"^[0-9]{32}$")] | None = None
    imei: Annotated[str, StringConstraints(pattern=r"^[0-9]{15}$")] | None = None
    data_total_mb: Annotated[int, Field(ge=0)] | None = None
    data_used_mb: Annotated[int, Field(ge=0)] = 0
    installed_at: Moment | None = None
    first_use_at: Moment | None = None
    expires_at: Moment | None = None

    @model_validator(mode="before")
    @classmethod
    def _split_code(cls, values: Any) -> Any:
        """`activation_code` is `LPA:1$address$matching-id`, as QR codes have it."""
        if isinstance(values, Mapping) and "activation_code" in values:
            values = dict(values)
            code = str(values.pop("activation_code") or "")
            found = _LPA.fullmatch(code.strip())
            if code and found is None:
                raise ValueError("activation_code must look like LPA:1$smdp.example.com$MATCHING-ID")
            if found is not None:
                values |= {"smdp_address": found["address"], "matching_id": found["matching_id"]}
        return values


class ShopItem(_FromShop):
    """One eSIM of an order. `plan` is a plan's id in data/catalogue/plans.yml or one of its `skus`."""

    plan: Line
    amount_minor: Annotated[int, Field(ge=0, le=2**31 - 1)]
    """What was paid for it, with taxes and after discounts, in minor units of the order's currency."""
    status: Literal["paid", "delivered", "refunded", "cancelled", "payment_failed"] | None = None
    delivered_at: Moment | None = None
    delivery_due_at: Moment | None = None
    esim: ShopEsim | None = None


class ShopOrder(_FromShop):
    """An order as a shop sends it."""

    number: Line
    email: ShopEmail
    name: Annotated[str, StringConstraints(strip_whitespace=True, max_length=80)] = ""
    language: Literal["en", "zh"] = "en"
    phone: Annotated[str, StringConstraints(max_length=30)] | None = None
    currency: Annotated[str, AfterValidator(_iso_4217)]
    bought_at: Moment
    status: Literal["paid", "delivered", "refunded", "cancelled", "payment_failed"] = "paid"
    payment_reference: Annotated[str, StringConstraints(max_length=120)] | None = None
    marketplace: Annotated[str, StringConstraints(strip_whitespace=True, max_length=40)] | None = None
    """An id of data/marketplaces.yml, where it was bought through another shop."""
    updated_at: Moment | None = None
    """When the shop changed it last: what is older than what is known is not taken."""
    items: Annotated[tuple[ShopItem, ...], Field(min_length=1, max_length=MOST_ITEMS)]

    @model_validator(mode="after")
    def _known_number(self) -> Self:
        number = normalise_order_number(self.number)
        if number is not None and (whole := order_numbers().shop_number(number)) != number:
            raise ValueError(f"number: {number} is one eSIM of {whole}; send the whole order as {whole}")
        if number is None:
            shapes = " or ".join(each.example for each in order_numbers().patterns)
            raise ValueError(f"number: {self.number} does not look like {shapes} (ORDER_NUMBER_PATTERNS)")
        object.__setattr__(self, "number", number)
        if self.marketplace and marketplace(self.marketplace) is None:
            known = ", ".join(each.id for each in marketplaces())
            raise ValueError(
                f"marketplace: there is no {self.marketplace} in data/marketplaces.yml; there are: {known}"
            )
        return self


@dataclass(frozen=True)
class TakenOrder:
    """What became of an order that was sent: `lines` are the numbers of its eSIMs."""

    result: Result
    lines: tuple[str, ...]


def line_number(number: str, place: int) -> str:
    """The number of an order's eSIM by its place from 0: SHOP-4711, SHOP-4711/2, …"""
    return number if place == 0 else f"{number}/{place + 1}"


def take(session: Session, order: ShopOrder, source: str, read_from: str | None = None) -> TakenOrder:
    """Bring an order into the database; taking it again changes nothing. The caller commits.

    A line that the order no longer has is cancelled. What we refunded stays refunded, what was exchanged or replaced
    here stays so. When the shop names another buyer, who had proven the order before loses that proof.

    `read_from` is the source that is read again and again, if there is one: its orders are changed by it alone, since
    what anybody else wrote would stand until the shop changes the order next. It takes over those that came otherwise.

    Raises:
        OrderReadElsewhere: the order is that source's.
        OrderRefused: a plan is unknown, it is a demo order, or an ICCID is another order's.
    """
    plans = [_plan_of(session, item.plan) for item in order.items]
    advisory_lock(session.connection(), f"order:{order.number}")
    # a write first: it takes SQLite's only write lock before anything is read
    customer_id, customer_changed = _customer(session, order)
    known = {
        row.number: row
        for row in session.scalars(
            sa.select(Purchase)
            .where(sa.or_(Purchase.shop_number == order.number, Purchase.number == order.number))
            .execution_options(populate_existing=True)
        )
    }
    first = known.get(order.number)
    if first is not None and first.source is None:
        raise OrderRefused(f"{order.number} is not an order of a shop (a demo order?)")
    read = read_from is not None and first is not None and read_from in (source, first.source)
    if read and source != read_from:
        raise OrderReadElsewhere(f"{order.number} is read from your shop's database (ORDERS_SQL): change it there")
    numbers = tuple(line_number(order.number, place) for place in range(len(order.items)))
    taken_over = read and first is not None and first.source != source
    known_at = None if taken_over or first is None else first.source_updated_at
    if known_at and order.updated_at and order.updated_at < known_at:
        return TakenOrder("older", numbers)
    added, changed = not known, customer_changed
    for number, item, plan in zip(numbers, order.items, plans, strict=True):
        values = _purchase_values(order, item, plan, customer_id, source)
        row = known.pop(number, None)
        if row is None:
            row = Purchase(number=number, **values)
            session.add(row)
            session.flush()
            changed = True
        else:
            if row.customer_id != customer_id:
                session.execute(sa.delete(Verification).where(Verification.purchase_id == row.id))
            if row.status in ("refunded", "exchanged") and _settled_here(session, row.id):
                values["status"] = row.status
            if order.updated_at is None:  # what is known tells later which news are older
                del values["source_updated_at"]
            if exchanged_here(session, row.id) is not None:
                values |= {"plan_id": row.plan_id, "amount_minor": row.amount_minor}
            changed |= _set(row, values)
        if item.esim is not None:
            changed |= _take_esim(session, row, item.esim, plan)
    for gone in known.values():
        if gone.status not in ("refunded", "exchanged"):
            changed |= _set(gone, {"status": "cancelled"})
    session.flush()
    return TakenOrder("added" if added else "changed" if changed else "same", numbers)


def _plan_of(session: Session, name: str) -> Plan:
    by_sku = {sku: plan.id for plan in load_catalogue().plans for sku in plan.skus}
    plan = session.get(Plan, by_sku.get(name, name))
    if plan is None:
        raise OrderRefused(f"no plan {name}: add it to data/catalogue/plans.yml, or to the skus of one that is there")
    return plan


def _customer(session: Session, order: ShopOrder) -> tuple[int, bool]:
    values: dict[str, Any] = {"name": order.name or order.email.partition("@")[0][:80], "language": order.language}
    inserted = insert_unless_there(session, Customer, email=order.email, phone=order.phone, **values)
    row = session.scalars(
        sa.select(Customer).where(Customer.email == order.email).execution_options(populate_existing=True)
    ).one()
    given: dict[str, Any] = {"language": order.language} if "language" in order.model_fields_set else {}
    given |= {"name": order.name} if order.name else {}
    given |= {"phone": order.phone} if order.phone else {}
    return row.id, not inserted and _set(row, given)


def _purchase_values(order: ShopOrder, item: ShopItem, plan: Plan, customer_id: int, source: str) -> dict[str, Any]:
    within = timedelta(minutes=settings().order_delivery_minutes)
    status = item.status or order.status
    delivered_at = item.delivered_at
    if status == "delivered" and delivered_at is None:
        delivered_at = order.updated_at or order.bought_at
    return {
        "shop_number": order.number,
        "source": source,
        "source_updated_at": order.updated_at,
        "payment_reference": order.payment_reference,
        "marketplace": order.marketplace or None,
        "customer_id": customer_id,
        "plan_id": plan.id,
        "status": "delivered" if status == "paid" and delivered_at is not None else status,
        "amount_minor": item.amount_minor,
        "currency": order.currency,
        "bought_at": order.bought_at,
        "delivery_due_at": item.delivery_due_at or order.bought_at + within,
        "delivered_at": delivered_at,
    }


def _settled_here(session: Session, purchase_id: int) -> bool:
    paid = sa.select(RefundRequest.id).where(RefundRequest.purchase_id == purchase_id, RefundRequest.state == "paid")
    return session.execute(paid.limit(1)).first() is not None


def _take_esim(session: Session, purchase: Purchase, esim: ShopEsim, plan: Plan) -> bool:
    other = session.execute(
        sa.select(Purchase.number)
        .join(Esim, Esim.purchase_id == Purchase.id)
        .where(Esim.iccid == esim.iccid, Esim.purchase_id != purchase.id)
    ).scalar_one_or_none()
    if other is not None:
        raise OrderRefused(f"ICCID {mask(esim.iccid)} belongs to {other} already")
    row = session.scalars(sa.select(Esim).where(Esim.purchase_id == purchase.id)).one_or_none()
    if row is not None and esim.iccid in row.former_iccids.split():
        return False  # the issuer has replaced it since, and the shop has not heard of that
    given = esim.model_dump(exclude_unset=True)
    if row is None:
        values = {**esim.model_dump(), **given}
        if values["data_total_mb"] is None:
            values["data_total_mb"] = plan.data_mb
        values["expires_at"] = values["expires_at"] or _expiry(purchase, plan, values)
        session.add(Esim(purchase_id=purchase.id, **values))
        session.flush()
        return True
    if given.get("expires_at") is None:
        known = {name: given.get(name) or getattr(row, name) for name in ("installed_at", "first_use_at")}
        given["expires_at"] = row.expires_at or _expiry(purchase, plan, known)
    return _set(row, given)


def _expiry(purchase: Purchase, plan: Plan, known: Mapping[str, Any]) -> datetime | None:
    """The end of the plan, once what starts it has happened."""
    starts = {"purchase": purchase.bought_at, "install": known["installed_at"], "first_use": known["first_use_at"]}
    start: datetime | None = starts[plan.starts_at]
    return None if start is None else start + timedelta(days=plan.days)


def _set(row: Any, values: Mapping[str, Any]) -> bool:
    """Set what differs; whether anything did."""
    different = {name: value for name, value in values.items() if getattr(row, name) != value}
    for name, value in different.items():
        setattr(row, name, value)
    return bool(different)
