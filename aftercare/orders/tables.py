"""Tables of the order database.

Money is an integer in minor units (cents) beside its currency; times are UTC; identifiers are strings.
Profile states are those of GSMA SGP.22.
"""

# mypy: allow-subclassing-any
# SQLAlchemy 1.4 ships no types: `Mapped` says what a column holds and is not checked yet.
from __future__ import annotations

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeMeta, Mapped, registry, relationship

from aftercare.base.database import UtcDateTime

PROFILE_STATES = ("released", "downloaded", "installed", "enabled", "disabled", "deleted")
PURCHASE_STATES = ("paid", "delivered", "refunded", "exchanged", "cancelled", "payment_failed")
OPEN_REQUEST_STATES = ("requested", "approved")
REQUEST_STATES = (*OPEN_REQUEST_STATES, "paid", "declined", "withdrawn")
MENU_FAMILIES = ("iphone", "pixel", "samsung", "xiaomi", "huawei", "oppo", "other")

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)
mapping = registry(metadata=metadata)


class OrdersBase(metaclass=DeclarativeMeta):
    """What every table of the order database derives from."""

    __abstract__ = True
    __tablename__: str
    registry = mapping
    metadata = metadata
    __init__ = mapping.constructor


def _one_of(column: str, values: tuple[str, ...], name: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(f"{column} IN ({', '.join(repr(v) for v in values)})", name=name)


class Provider(OrdersBase):
    """A seller or issuer of eSIM plans, with how to reach its people."""

    __tablename__ = "provider"
    id: Mapped[str] = sa.Column(sa.String(40), primary_key=True)
    name_en: Mapped[str] = sa.Column(sa.String(80), nullable=False)
    name_zh: Mapped[str] = sa.Column(sa.String(80), nullable=False)
    email: Mapped[str] = sa.Column(sa.String(254), nullable=False)
    hotline: Mapped[str | None] = sa.Column(sa.String(40))
    video_call_url: Mapped[str | None] = sa.Column(sa.String(300))


class RefundPolicy(OrdersBase):
    """A provider's written refund terms; a NULL limit means the provider sets none."""

    __tablename__ = "refund_policy"
    provider_id: Mapped[str] = sa.Column(sa.ForeignKey("provider.id"), primary_key=True)
    window_days: Mapped[int] = sa.Column(sa.Integer, nullable=False)
    window_from: Mapped[str] = sa.Column(sa.String(20), nullable=False)
    data_limit_mb: Mapped[int | None] = sa.Column(sa.Integer)
    installed_refundable: Mapped[bool] = sa.Column(sa.Boolean, nullable=False)
    deleted_refundable: Mapped[bool] = sa.Column(sa.Boolean, nullable=False)
    promotion_refundable: Mapped[bool] = sa.Column(sa.Boolean, nullable=False)
    partial_refund: Mapped[bool] = sa.Column(sa.Boolean, nullable=False)
    fault_window_days: Mapped[int] = sa.Column(sa.Integer, nullable=False)
    fee_minor: Mapped[int] = sa.Column(sa.Integer, nullable=False)
    exchange_allowed: Mapped[bool] = sa.Column(sa.Boolean, nullable=False)
    exchange_window_days: Mapped[int] = sa.Column(sa.Integer, nullable=False)
    paid_to: Mapped[str] = sa.Column(sa.String(20), nullable=False)
    paid_within_days: Mapped[int] = sa.Column(sa.Integer, nullable=False)
    __table_args__ = (
        sa.CheckConstraint("window_days >= 0 AND fault_window_days >= 0 AND exchange_window_days >= 0", name="windows"),
        sa.CheckConstraint("fee_minor >= 0", name="fee"),
        sa.CheckConstraint("data_limit_mb IS NULL OR data_limit_mb >= 0", name="data_limit"),
        _one_of("window_from", ("purchase", "delivery", "expiry"), "window_from"),
        _one_of("paid_to", ("card", "credit"), "paid_to"),
    )


class Plan(OrdersBase):
    """A product: data, days, countries, price. `data_mb` NULL is unlimited, then `fair_use_mb` is a full-speed day."""

    __tablename__ = "plan"
    id: Mapped[str] = sa.Column(sa.String(60), primary_key=True)
    provider_id: Mapped[str] = sa.Column(sa.ForeignKey("provider.id"), nullable=False, index=True)
    name_en: Mapped[str] = sa.Column(sa.String(120), nullable=False)
    name_zh: Mapped[str] = sa.Column(sa.String(120), nullable=False)
    kind: Mapped[str] = sa.Column(sa.String(20), nullable=False)
    data_mb: Mapped[int | None] = sa.Column(sa.Integer)
    fair_use_mb: Mapped[int | None] = sa.Column(sa.Integer)
    throttle_kbps: Mapped[int | None] = sa.Column(sa.Integer)
    days: Mapped[int] = sa.Column(sa.Integer, nullable=False)
    price_minor: Mapped[int] = sa.Column(sa.Integer, nullable=False)
    currency: Mapped[str] = sa.Column(sa.String(3), nullable=False)
    starts_at: Mapped[str] = sa.Column(sa.String(20), nullable=False)
    hotspot: Mapped[bool] = sa.Column(sa.Boolean, nullable=False)
    calls_sms: Mapped[bool] = sa.Column(sa.Boolean, nullable=False)
    top_up: Mapped[bool] = sa.Column(sa.Boolean, nullable=False)
    on_sale: Mapped[bool] = sa.Column(sa.Boolean, nullable=False, default=True)
    provider: Mapped[Provider] = relationship("Provider")
    networks: Mapped[list[PlanNetwork]] = relationship("PlanNetwork", order_by="PlanNetwork.id")
    __table_args__ = (
        _one_of("kind", ("nz_travel", "nz_long_stay", "nz_au", "asia_pacific", "global"), "kind"),
        _one_of("starts_at", ("purchase", "install", "first_use"), "starts_at"),
        sa.CheckConstraint("price_minor >= 0 AND days > 0", name="price_days"),
        sa.CheckConstraint("data_mb IS NOT NULL OR fair_use_mb IS NOT NULL", name="data"),
    )


class PlanNetwork(OrdersBase):
    """A network a plan uses in a country (ISO 3166 alpha-2), with the APN this plan needs there."""

    __tablename__ = "plan_network"
    id: Mapped[int] = sa.Column(sa.Integer, primary_key=True)
    plan_id: Mapped[str] = sa.Column(sa.ForeignKey("plan.id"), nullable=False)
    country: Mapped[str] = sa.Column(sa.String(2), nullable=False)
    operator: Mapped[str] = sa.Column(sa.String(40), nullable=False)
    apn: Mapped[str] = sa.Column(sa.String(60), nullable=False)
    __table_args__ = (sa.UniqueConstraint("plan_id", "country", "operator"),)


class Promotion(OrdersBase):
    """A time-limited offer: `bonus_data` in MB, `longer_validity` in days or `discount` in percent."""

    __tablename__ = "promotion"
    id: Mapped[str] = sa.Column(sa.String(40), primary_key=True)
    provider_id: Mapped[str] = sa.Column(sa.ForeignKey("provider.id"), nullable=False, index=True)
    plan_id: Mapped[str | None] = sa.Column(sa.ForeignKey("plan.id"))
    kind: Mapped[str] = sa.Column(sa.String(20), nullable=False)
    value: Mapped[int] = sa.Column(sa.Integer, nullable=False)
    title_en: Mapped[str] = sa.Column(sa.String(160), nullable=False)
    title_zh: Mapped[str] = sa.Column(sa.String(160), nullable=False)
    starts: Mapped[datetime] = sa.Column(UtcDateTime, nullable=False)
    ends: Mapped[datetime] = sa.Column(UtcDateTime, nullable=False)
    __table_args__ = (
        _one_of("kind", ("bonus_data", "longer_validity", "discount"), "kind"),
        sa.CheckConstraint("value > 0", name="value"),
        sa.CheckConstraint("ends > starts", name="period"),
    )


class Device(OrdersBase):
    """A phone model: whether it takes an eSIM and whose menus it has. `aliases` is a JSON list in both languages."""

    __tablename__ = "device"
    id: Mapped[str] = sa.Column(sa.String(60), primary_key=True)
    brand: Mapped[str] = sa.Column(sa.String(40), nullable=False)
    model: Mapped[str] = sa.Column(sa.String(80), nullable=False)
    aliases: Mapped[list[str]] = sa.Column(sa.JSON, nullable=False)
    esim: Mapped[str] = sa.Column(sa.String(8), nullable=False)
    menu_family: Mapped[str] = sa.Column(sa.String(10), nullable=False)
    lte: Mapped[bool] = sa.Column(sa.Boolean, nullable=False, default=True)
    note_en: Mapped[str | None] = sa.Column(sa.String(300))
    note_zh: Mapped[str | None] = sa.Column(sa.String(300))
    __table_args__ = (
        sa.UniqueConstraint("brand", "model"),
        _one_of("esim", ("yes", "no", "depends"), "esim"),
        _one_of("menu_family", MENU_FAMILIES, "menu_family"),
    )


class Customer(OrdersBase):
    """A buyer. E-mail is kept in lower case."""

    __tablename__ = "customer"
    id: Mapped[int] = sa.Column(sa.Integer, primary_key=True)
    email: Mapped[str] = sa.Column(sa.String(254), nullable=False, unique=True)
    name: Mapped[str] = sa.Column(sa.String(80), nullable=False)
    language: Mapped[str] = sa.Column(sa.String(2), nullable=False)
    phone: Mapped[str | None] = sa.Column(sa.String(30))


class Purchase(OrdersBase):
    """The order. `amount_minor` is what was paid after discounts."""

    __tablename__ = "purchase"
    id: Mapped[int] = sa.Column(sa.Integer, primary_key=True)
    number: Mapped[str] = sa.Column(sa.String(10), nullable=False, unique=True)
    customer_id: Mapped[int] = sa.Column(sa.ForeignKey("customer.id"), nullable=False, index=True)
    plan_id: Mapped[str] = sa.Column(sa.ForeignKey("plan.id"), nullable=False)
    promotion_id: Mapped[str | None] = sa.Column(sa.ForeignKey("promotion.id"))
    status: Mapped[str] = sa.Column(sa.String(20), nullable=False)
    amount_minor: Mapped[int] = sa.Column(sa.Integer, nullable=False)
    currency: Mapped[str] = sa.Column(sa.String(3), nullable=False)
    bought_at: Mapped[datetime] = sa.Column(UtcDateTime, nullable=False)
    delivery_due_at: Mapped[datetime] = sa.Column(UtcDateTime, nullable=False)
    delivered_at: Mapped[datetime | None] = sa.Column(UtcDateTime)
    customer: Mapped[Customer] = relationship("Customer")
    plan: Mapped[Plan] = relationship("Plan")
    promotion: Mapped[Promotion | None] = relationship("Promotion")
    esim: Mapped[Esim | None] = relationship("Esim", uselist=False, back_populates="purchase")
    __table_args__ = (
        _one_of("status", PURCHASE_STATES, "status"),
        sa.CheckConstraint("amount_minor >= 0", name="amount"),
        sa.Index("ix_purchase_customer_plan_bought", "customer_id", "plan_id", "bought_at"),
    )


class Esim(OrdersBase):
    """The profile of an order, as the SM-DP+ and the network last reported it. Data in MB."""

    __tablename__ = "esim"
    id: Mapped[int] = sa.Column(sa.Integer, primary_key=True)
    purchase_id: Mapped[int] = sa.Column(sa.ForeignKey("purchase.id"), nullable=False, unique=True)
    iccid: Mapped[str] = sa.Column(sa.String(20), nullable=False, unique=True)
    smdp_address: Mapped[str] = sa.Column(sa.String(120), nullable=False)
    matching_id: Mapped[str] = sa.Column(sa.String(60), nullable=False)
    profile_state: Mapped[str] = sa.Column(sa.String(12), nullable=False)
    eid: Mapped[str | None] = sa.Column(sa.String(32))
    imei: Mapped[str | None] = sa.Column(sa.String(15))
    device_id: Mapped[str | None] = sa.Column(sa.ForeignKey("device.id"))
    carrier_locked: Mapped[bool] = sa.Column(sa.Boolean, nullable=False, default=False)
    registered: Mapped[bool] = sa.Column(sa.Boolean, nullable=False, default=False)
    installed_country: Mapped[str | None] = sa.Column(sa.String(2))
    last_country: Mapped[str | None] = sa.Column(sa.String(2))
    last_operator: Mapped[str | None] = sa.Column(sa.String(40))
    last_region: Mapped[str | None] = sa.Column(sa.String(60))
    last_seen_at: Mapped[datetime | None] = sa.Column(UtcDateTime)
    data_total_mb: Mapped[int | None] = sa.Column(sa.Integer)
    data_used_mb: Mapped[int] = sa.Column(sa.Integer, nullable=False, default=0)
    used_today_mb: Mapped[int] = sa.Column(sa.Integer, nullable=False, default=0)
    throttled_until: Mapped[datetime | None] = sa.Column(UtcDateTime)
    installed_at: Mapped[datetime | None] = sa.Column(UtcDateTime)
    first_use_at: Mapped[datetime | None] = sa.Column(UtcDateTime)
    expires_at: Mapped[datetime | None] = sa.Column(UtcDateTime)
    purchase: Mapped[Purchase] = relationship("Purchase", back_populates="esim")
    device: Mapped[Device | None] = relationship("Device")
    __table_args__ = (
        _one_of("profile_state", PROFILE_STATES, "profile_state"),
        sa.CheckConstraint("data_used_mb >= 0 AND used_today_mb >= 0", name="data"),
    )


class UsageRecord(OrdersBase):
    """One day's use of a profile, in MB, on one network."""

    __tablename__ = "usage_record"
    id: Mapped[int] = sa.Column(sa.Integer, primary_key=True)
    esim_id: Mapped[int] = sa.Column(sa.ForeignKey("esim.id"), nullable=False)
    day: Mapped[date] = sa.Column(sa.Date, nullable=False)
    country: Mapped[str] = sa.Column(sa.String(2), nullable=False)
    operator: Mapped[str] = sa.Column(sa.String(40), nullable=False)
    used_mb: Mapped[int] = sa.Column(sa.Integer, nullable=False)
    __table_args__ = (
        sa.UniqueConstraint("esim_id", "day", "operator"),
        sa.CheckConstraint("used_mb >= 0", name="used"),
    )


class TopUp(OrdersBase):
    """Data or days added to an order after purchase."""

    __tablename__ = "top_up"
    id: Mapped[int] = sa.Column(sa.Integer, primary_key=True)
    purchase_id: Mapped[int] = sa.Column(sa.ForeignKey("purchase.id"), nullable=False, index=True)
    data_mb: Mapped[int] = sa.Column(sa.Integer, nullable=False)
    days: Mapped[int] = sa.Column(sa.Integer, nullable=False)
    amount_minor: Mapped[int] = sa.Column(sa.Integer, nullable=False)
    currency: Mapped[str] = sa.Column(sa.String(3), nullable=False)
    bought_at: Mapped[datetime] = sa.Column(UtcDateTime, nullable=False)


class RefundRequest(OrdersBase):
    """A refund or exchange asked for; the constraint below allows one open request per order.

    `decided_by` and `decision_note` are set where a person decided; `first_*` is the first of two approvals of a large
    amount, while the second is still to come.
    """

    __tablename__ = "refund_request"
    id: Mapped[int] = sa.Column(sa.Integer, primary_key=True)
    purchase_id: Mapped[int] = sa.Column(sa.ForeignKey("purchase.id"), nullable=False, index=True)
    kind: Mapped[str] = sa.Column(sa.String(10), nullable=False)
    state: Mapped[str] = sa.Column(sa.String(12), nullable=False)
    amount_minor: Mapped[int] = sa.Column(sa.Integer, nullable=False)
    currency: Mapped[str] = sa.Column(sa.String(3), nullable=False)
    target_plan_id: Mapped[str | None] = sa.Column(sa.ForeignKey("plan.id"))
    decision: Mapped[str] = sa.Column(sa.String(20), nullable=False)
    reasons: Mapped[dict[str, Any]] = sa.Column(sa.JSON, nullable=False)
    conversation_id: Mapped[str | None] = sa.Column(sa.String(80))
    requested_at: Mapped[datetime] = sa.Column(UtcDateTime, nullable=False)
    decided_at: Mapped[datetime | None] = sa.Column(UtcDateTime)
    decided_by: Mapped[str | None] = sa.Column(sa.String(80))
    decision_note: Mapped[str | None] = sa.Column(sa.Text)
    first_by_id: Mapped[str | None] = sa.Column(sa.String(40))
    first_by: Mapped[str | None] = sa.Column(sa.String(80))
    first_amount_minor: Mapped[int | None] = sa.Column(sa.Integer)
    first_at: Mapped[datetime | None] = sa.Column(UtcDateTime)
    arrives_by: Mapped[datetime | None] = sa.Column(UtcDateTime)
    purchase: Mapped[Purchase] = relationship("Purchase")
    __table_args__ = (
        _one_of("kind", ("refund", "exchange"), "kind"),
        _one_of("state", REQUEST_STATES, "state"),
        sa.CheckConstraint("kind = 'refund' OR target_plan_id IS NOT NULL", name="exchange_target"),
        sa.Index(
            "uq_refund_request_open",
            "purchase_id",
            unique=True,
            sqlite_where=sa.text("state IN ('requested', 'approved')"),
            postgresql_where=sa.text("state IN ('requested', 'approved')"),
        ),
    )


class Incident(OrdersBase):
    """A disturbance an operator reported, in a region; `ends` NULL while it is open."""

    __tablename__ = "incident"
    id: Mapped[str] = sa.Column(sa.String(60), primary_key=True)
    operator: Mapped[str] = sa.Column(sa.String(40), nullable=False)
    country: Mapped[str] = sa.Column(sa.String(2), nullable=False)
    region: Mapped[str] = sa.Column(sa.String(60), nullable=False)
    summary_en: Mapped[str] = sa.Column(sa.String(300), nullable=False)
    summary_zh: Mapped[str] = sa.Column(sa.String(300), nullable=False)
    starts: Mapped[datetime] = sa.Column(UtcDateTime, nullable=False)
    ends: Mapped[datetime | None] = sa.Column(UtcDateTime)
    __table_args__ = (sa.Index("ix_incident_place", "operator", "country", "region"),)


class Ticket(OrdersBase):
    """A case handed to a person; `summary` is what they need to know. One open ticket per conversation and reason."""

    __tablename__ = "ticket"
    id: Mapped[int] = sa.Column(sa.Integer, primary_key=True)
    conversation_id: Mapped[str] = sa.Column(sa.String(80), nullable=False, index=True)
    purchase_id: Mapped[int | None] = sa.Column(sa.ForeignKey("purchase.id"))
    reason: Mapped[str] = sa.Column(sa.String(40), nullable=False)
    language: Mapped[str] = sa.Column(sa.String(2), nullable=False)
    summary: Mapped[dict[str, Any]] = sa.Column(sa.JSON, nullable=False)
    state: Mapped[str] = sa.Column(sa.String(10), nullable=False)
    created_at: Mapped[datetime] = sa.Column(UtcDateTime, nullable=False)
    read_by: Mapped[datetime] = sa.Column(UtcDateTime, nullable=False)
    purchase: Mapped[Purchase | None] = relationship("Purchase")
    __table_args__ = (
        _one_of("state", ("open", "claimed", "closed"), "state"),
        sa.Index(
            "uq_ticket_open",
            "conversation_id",
            "reason",
            unique=True,
            sqlite_where=sa.text("state != 'closed'"),
            postgresql_where=sa.text("state != 'closed'"),
        ),
    )


class Verification(OrdersBase):
    """Proof that a conversation may see an order, until a time."""

    __tablename__ = "verification"
    id: Mapped[int] = sa.Column(sa.Integer, primary_key=True)
    conversation_id: Mapped[str] = sa.Column(sa.String(80), nullable=False)
    purchase_id: Mapped[int] = sa.Column(sa.ForeignKey("purchase.id"), nullable=False)
    how: Mapped[str] = sa.Column(sa.String(10), nullable=False)
    verified_at: Mapped[datetime] = sa.Column(UtcDateTime, nullable=False)
    until: Mapped[datetime] = sa.Column(UtcDateTime, nullable=False)
    purchase: Mapped[Purchase] = relationship("Purchase")
    __table_args__ = (
        sa.UniqueConstraint("conversation_id", "purchase_id"),
        _one_of("how", ("email", "identity"), "how"),
    )


class VerificationFailure(OrdersBase):
    """A failed attempt to prove ownership, counted per conversation and per order number (which need not exist)."""

    __tablename__ = "verification_failure"
    id: Mapped[int] = sa.Column(sa.Integer, primary_key=True)
    conversation_id: Mapped[str] = sa.Column(sa.String(80), nullable=False)
    order_number: Mapped[str] = sa.Column(sa.String(10), nullable=False)
    at: Mapped[datetime] = sa.Column(UtcDateTime, nullable=False)
    __table_args__ = (
        sa.Index("ix_verification_failure_conversation", "conversation_id", "at"),
        sa.Index("ix_verification_failure_order", "order_number", "at"),
    )
