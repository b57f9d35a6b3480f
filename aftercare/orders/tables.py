"""Tables of the order database.

Money is an integer in minor units (cents) beside its currency; times are UTC; identifiers are strings.
Profile states are those of GSMA SGP.22.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from aftercare.base.database import UtcDateTime
from aftercare.base.order_numbers import LONGEST_NUMBER
from aftercare.orders.sealing import Sealed

PROFILE_STATES = ("released", "downloaded", "installed", "enabled", "disabled", "deleted")
PURCHASE_STATES = ("paid", "delivered", "refunded", "exchanged", "cancelled", "payment_failed")
OPEN_REQUEST_STATES = ("requested", "approved")
REQUEST_STATES = (*OPEN_REQUEST_STATES, "paid", "declined", "withdrawn")
PAYOUT_STATES = ("waiting", "sending", "sent", "paid", "failed", "cancelled")
OUTBOX_STATES = ("waiting", "done", "dead")
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


class OrdersBase(DeclarativeBase):
    """What every table of the order database derives from; a column without `| None` is NOT NULL."""

    metadata = metadata


# SQLite heeds no length and cannot change one of a column that others refer to
_OrderNumber = sa.String(LONGEST_NUMBER).with_variant(sa.String(10), "sqlite")


def _one_of(column: str, values: tuple[str, ...], name: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(f"{column} IN ({', '.join(repr(v) for v in values)})", name=name)


class Provider(OrdersBase):
    """A seller or issuer of eSIM plans, with how to reach its people."""

    __tablename__ = "provider"
    id: Mapped[str] = mapped_column(sa.String(40), primary_key=True)
    name_en: Mapped[str] = mapped_column(sa.String(80))
    name_zh: Mapped[str] = mapped_column(sa.String(80))
    email: Mapped[str] = mapped_column(sa.String(254))
    hotline: Mapped[str | None] = mapped_column(sa.String(40))
    video_call_url: Mapped[str | None] = mapped_column(sa.String(300))


class RefundPolicy(OrdersBase):
    """A provider's written refund terms; a NULL limit means the provider sets none."""

    __tablename__ = "refund_policy"
    provider_id: Mapped[str] = mapped_column(sa.ForeignKey("provider.id"), primary_key=True)
    window_days: Mapped[int] = mapped_column(sa.Integer)
    window_from: Mapped[str] = mapped_column(sa.String(20))
    data_limit_mb: Mapped[int | None] = mapped_column(sa.Integer)
    installed_refundable: Mapped[bool] = mapped_column(sa.Boolean)
    deleted_refundable: Mapped[bool] = mapped_column(sa.Boolean)
    promotion_refundable: Mapped[bool] = mapped_column(sa.Boolean)
    partial_refund: Mapped[bool] = mapped_column(sa.Boolean)
    fault_window_days: Mapped[int] = mapped_column(sa.Integer)
    fee_minor: Mapped[int] = mapped_column(sa.Integer)
    exchange_allowed: Mapped[bool] = mapped_column(sa.Boolean)
    exchange_window_days: Mapped[int] = mapped_column(sa.Integer)
    paid_to: Mapped[str] = mapped_column(sa.String(20))
    paid_within_days: Mapped[int] = mapped_column(sa.Integer)
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
    id: Mapped[str] = mapped_column(sa.String(60), primary_key=True)
    provider_id: Mapped[str] = mapped_column(sa.ForeignKey("provider.id"), index=True)
    name_en: Mapped[str] = mapped_column(sa.String(120))
    name_zh: Mapped[str] = mapped_column(sa.String(120))
    kind: Mapped[str] = mapped_column(sa.String(20))
    data_mb: Mapped[int | None] = mapped_column(sa.Integer)
    fair_use_mb: Mapped[int | None] = mapped_column(sa.Integer)
    throttle_kbps: Mapped[int | None] = mapped_column(sa.Integer)
    days: Mapped[int] = mapped_column(sa.Integer)
    price_minor: Mapped[int] = mapped_column(sa.Integer)
    currency: Mapped[str] = mapped_column(sa.String(3))
    starts_at: Mapped[str] = mapped_column(sa.String(20))
    hotspot: Mapped[bool] = mapped_column(sa.Boolean)
    calls_sms: Mapped[bool] = mapped_column(sa.Boolean)
    top_up: Mapped[bool] = mapped_column(sa.Boolean)
    on_sale: Mapped[bool] = mapped_column(sa.Boolean, default=True)
    provider: Mapped[Provider] = relationship()
    networks: Mapped[list[PlanNetwork]] = relationship(order_by="PlanNetwork.id")
    __table_args__ = (
        _one_of("starts_at", ("purchase", "install", "first_use"), "starts_at"),
        sa.CheckConstraint("price_minor >= 0 AND days > 0", name="price_days"),
        sa.CheckConstraint("data_mb IS NOT NULL OR fair_use_mb IS NOT NULL", name="data"),
    )


class PlanNetwork(OrdersBase):
    """A network a plan uses in a country (ISO 3166 alpha-2), with the APN this plan needs there."""

    __tablename__ = "plan_network"
    id: Mapped[int] = mapped_column(sa.Integer, primary_key=True)
    plan_id: Mapped[str] = mapped_column(sa.ForeignKey("plan.id"))
    country: Mapped[str] = mapped_column(sa.String(2))
    operator: Mapped[str] = mapped_column(sa.String(40))
    apn: Mapped[str] = mapped_column(sa.String(60))
    __table_args__ = (sa.UniqueConstraint("plan_id", "country", "operator"),)


class Promotion(OrdersBase):
    """A time-limited offer: `bonus_data` in MB, `longer_validity` in days or `discount` in percent."""

    __tablename__ = "promotion"
    id: Mapped[str] = mapped_column(sa.String(40), primary_key=True)
    provider_id: Mapped[str] = mapped_column(sa.ForeignKey("provider.id"), index=True)
    plan_id: Mapped[str | None] = mapped_column(sa.ForeignKey("plan.id"))
    kind: Mapped[str] = mapped_column(sa.String(20))
    value: Mapped[int] = mapped_column(sa.Integer)
    title_en: Mapped[str] = mapped_column(sa.String(160))
    title_zh: Mapped[str] = mapped_column(sa.String(160))
    starts: Mapped[datetime] = mapped_column(UtcDateTime)
    ends: Mapped[datetime] = mapped_column(UtcDateTime)
    __table_args__ = (
        _one_of("kind", ("bonus_data", "longer_validity", "discount"), "kind"),
        sa.CheckConstraint("value > 0", name="value"),
        sa.CheckConstraint("ends > starts", name="period"),
    )


class Device(OrdersBase):
    """A phone model: whether it takes an eSIM and whose menus it has. `aliases` is a JSON list in both languages."""

    __tablename__ = "device"
    id: Mapped[str] = mapped_column(sa.String(60), primary_key=True)
    brand: Mapped[str] = mapped_column(sa.String(40))
    model: Mapped[str] = mapped_column(sa.String(80))
    aliases: Mapped[list[str]] = mapped_column(sa.JSON)
    esim: Mapped[str] = mapped_column(sa.String(8))
    menu_family: Mapped[str] = mapped_column(sa.String(10))
    lte: Mapped[bool] = mapped_column(sa.Boolean, default=True)
    note_en: Mapped[str | None] = mapped_column(sa.String(300))
    note_zh: Mapped[str | None] = mapped_column(sa.String(300))
    __table_args__ = (
        sa.UniqueConstraint("brand", "model"),
        _one_of("esim", ("yes", "no", "depends"), "esim"),
        _one_of("menu_family", MENU_FAMILIES, "menu_family"),
    )


class Customer(OrdersBase):
    """A buyer. E-mail is kept in lower case."""

    __tablename__ = "customer"
    id: Mapped[int] = mapped_column(sa.Integer, primary_key=True)
    email: Mapped[str] = mapped_column(sa.String(254), unique=True)
    name: Mapped[str] = mapped_column(sa.String(80))
    language: Mapped[str] = mapped_column(sa.String(2))
    phone: Mapped[str | None] = mapped_column(sa.String(30))
    # when the mail relay last refused the address for good
    mail_refused_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Purchase(OrdersBase):
    """The order, or one eSIM of an order with several. `amount_minor` is what was paid for it after discounts."""

    __tablename__ = "purchase"
    id: Mapped[int] = mapped_column(sa.Integer, primary_key=True)
    number: Mapped[str] = mapped_column(_OrderNumber, unique=True)
    # the number of the whole order in the shop: SHOP-4711 for SHOP-4711/2; NULL for what no shop has sent
    shop_number: Mapped[str | None] = mapped_column(sa.String(LONGEST_NUMBER), index=True)
    # which source brought it, and when the shop changed it last
    source: Mapped[str | None] = mapped_column(sa.String(40))
    source_updated_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # what the payment provider knows the payment by, e.g. Stripe's PaymentIntent
    payment_reference: Mapped[str | None] = mapped_column(sa.String(120))
    # through which other shop it was bought (data/marketplaces.yml); NULL for the seller's own
    marketplace: Mapped[str | None] = mapped_column(sa.String(40))
    customer_id: Mapped[int] = mapped_column(sa.ForeignKey("customer.id"), index=True)
    plan_id: Mapped[str] = mapped_column(sa.ForeignKey("plan.id"))
    promotion_id: Mapped[str | None] = mapped_column(sa.ForeignKey("promotion.id"))
    status: Mapped[str] = mapped_column(sa.String(20))
    amount_minor: Mapped[int] = mapped_column(sa.Integer)
    currency: Mapped[str] = mapped_column(sa.String(3))
    bought_at: Mapped[datetime] = mapped_column(UtcDateTime)
    delivery_due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    delivered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    customer: Mapped[Customer] = relationship()
    plan: Mapped[Plan] = relationship()
    promotion: Mapped[Promotion | None] = relationship()
    esim: Mapped[Esim | None] = relationship(back_populates="purchase")
    __table_args__ = (
        _one_of("status", PURCHASE_STATES, "status"),
        sa.CheckConstraint("amount_minor >= 0", name="amount"),
        sa.Index("ix_purchase_customer_plan_bought", "customer_id", "plan_id", "bought_at"),
    )


class Esim(OrdersBase):
    """The profile of an order, as the SM-DP+ and the network last reported it. Data in MB."""

    __tablename__ = "esim"
    id: Mapped[int] = mapped_column(sa.Integer, primary_key=True)
    purchase_id: Mapped[int] = mapped_column(sa.ForeignKey("purchase.id"), unique=True)
    iccid: Mapped[str] = mapped_column(sa.String(20), unique=True)
    smdp_address: Mapped[str] = mapped_column(sa.String(120))
    matching_id: Mapped[str] = mapped_column(Sealed, server_default="")  # opens the eSIM to whoever has it
    profile_state: Mapped[str] = mapped_column(sa.String(12))
    eid: Mapped[str | None] = mapped_column(sa.String(32))
    imei: Mapped[str | None] = mapped_column(sa.String(15))
    device_id: Mapped[str | None] = mapped_column(sa.ForeignKey("device.id"))
    carrier_locked: Mapped[bool] = mapped_column(sa.Boolean, default=False)
    registered: Mapped[bool] = mapped_column(sa.Boolean, default=False)
    installed_country: Mapped[str | None] = mapped_column(sa.String(2))
    last_country: Mapped[str | None] = mapped_column(sa.String(2))
    last_operator: Mapped[str | None] = mapped_column(sa.String(40))
    last_region: Mapped[str | None] = mapped_column(sa.String(60))
    last_seen_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    data_total_mb: Mapped[int | None] = mapped_column(sa.Integer)
    data_used_mb: Mapped[int] = mapped_column(sa.Integer, default=0)
    used_today_mb: Mapped[int] = mapped_column(sa.Integer, default=0)
    throttled_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    installed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    first_use_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # the issuer's own number of it, when the issuer was last asked how it is, and when it was switched off for a refund
    provider_reference: Mapped[str | None] = mapped_column(sa.String(80))
    refreshed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # those before the issuer replaced it, separated by blanks: a shop that still names one is not followed
    former_iccids: Mapped[str] = mapped_column(sa.String(100), default="", server_default="")
    purchase: Mapped[Purchase] = relationship(back_populates="esim")
    device: Mapped[Device | None] = relationship()
    __table_args__ = (
        _one_of("profile_state", PROFILE_STATES, "profile_state"),
        sa.CheckConstraint("data_used_mb >= 0 AND used_today_mb >= 0", name="data"),
    )


class UsageRecord(OrdersBase):
    """One day's use of a profile, in MB, on one network."""

    __tablename__ = "usage_record"
    id: Mapped[int] = mapped_column(sa.Integer, primary_key=True)
    esim_id: Mapped[int] = mapped_column(sa.ForeignKey("esim.id"))
    day: Mapped[date] = mapped_column(sa.Date)
    country: Mapped[str] = mapped_column(sa.String(2))
    operator: Mapped[str] = mapped_column(sa.String(40))
    used_mb: Mapped[int] = mapped_column(sa.Integer)
    __table_args__ = (
        sa.UniqueConstraint("esim_id", "day", "operator"),
        sa.CheckConstraint("used_mb >= 0", name="used"),
    )


class TopUp(OrdersBase):
    """Data or days added to an order after purchase."""

    __tablename__ = "top_up"
    id: Mapped[int] = mapped_column(sa.Integer, primary_key=True)
    purchase_id: Mapped[int] = mapped_column(sa.ForeignKey("purchase.id"), index=True)
    data_mb: Mapped[int] = mapped_column(sa.Integer)
    days: Mapped[int] = mapped_column(sa.Integer)
    amount_minor: Mapped[int] = mapped_column(sa.Integer)
    currency: Mapped[str] = mapped_column(sa.String(3))
    bought_at: Mapped[datetime] = mapped_column(UtcDateTime)


class RefundRequest(OrdersBase):
    """A refund or exchange asked for; the constraint below allows one open request per order.

    `decided_by` and `decision_note` are set where a person decided; `first_*` is the first of two approvals of a large
    amount, while the second is still to come.
    """

    __tablename__ = "refund_request"
    id: Mapped[int] = mapped_column(sa.Integer, primary_key=True)
    purchase_id: Mapped[int] = mapped_column(sa.ForeignKey("purchase.id"), index=True)
    kind: Mapped[str] = mapped_column(sa.String(10))
    state: Mapped[str] = mapped_column(sa.String(12))
    amount_minor: Mapped[int] = mapped_column(sa.Integer)
    currency: Mapped[str] = mapped_column(sa.String(3))
    target_plan_id: Mapped[str | None] = mapped_column(sa.ForeignKey("plan.id"))
    decision: Mapped[str] = mapped_column(sa.String(20))
    reasons: Mapped[dict[str, Any]] = mapped_column(sa.JSON)
    conversation_id: Mapped[str | None] = mapped_column(sa.String(80))
    requested_at: Mapped[datetime] = mapped_column(UtcDateTime)
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decided_by: Mapped[str | None] = mapped_column(sa.String(80))
    decision_note: Mapped[str | None] = mapped_column(sa.Text)
    first_by_id: Mapped[str | None] = mapped_column(sa.String(40))
    first_by: Mapped[str | None] = mapped_column(sa.String(80))
    first_amount_minor: Mapped[int | None] = mapped_column(sa.Integer)
    first_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    arrives_by: Mapped[datetime | None] = mapped_column(UtcDateTime)
    purchase: Mapped[Purchase] = relationship()
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


class Payout(OrdersBase):
    """The money of an approved refund: which provider pays it, and how far that is.

    `waiting` is not begun and can still be cancelled; `sending` may have reached the provider; `sent` was accepted by
    it; `paid` has left it, `failed` needs a person. `first_*` is the first of two people who pay out a large amount.
    """

    __tablename__ = "payout"
    id: Mapped[int] = mapped_column(sa.Integer, primary_key=True)
    request_id: Mapped[int] = mapped_column(sa.ForeignKey("refund_request.id"), unique=True)
    provider: Mapped[str] = mapped_column(sa.String(40))
    state: Mapped[str] = mapped_column(sa.String(10))
    amount_minor: Mapped[int] = mapped_column(sa.Integer)
    currency: Mapped[str] = mapped_column(sa.String(3))
    # the provider's own number of the refund
    reference: Mapped[str | None] = mapped_column(sa.String(120), unique=True)
    error: Mapped[str | None] = mapped_column(sa.String(300))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    paid_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    first_by_id: Mapped[str | None] = mapped_column(sa.String(40))
    first_by: Mapped[str | None] = mapped_column(sa.String(80))
    paid_by: Mapped[str | None] = mapped_column(sa.String(80))
    request: Mapped[RefundRequest] = relationship()
    __table_args__ = (
        _one_of("state", PAYOUT_STATES, "state"),
        sa.CheckConstraint("amount_minor > 0", name="amount"),
        sa.Index("ix_payout_state", "state", "created_at"),
    )


class TopUpOffer(OrdersBase):
    """A plan offered by a payment link: to be added to an eSIM (top_ups.py), or with `request_id` to replace the
    order's own, at the difference (exchanges.py). `token` is the link's, unguessable.

    `paid` is not on the eSIM yet, `failed` is paid and a person's.
    """

    __tablename__ = "top_up_offer"
    id: Mapped[int] = mapped_column(sa.Integer, primary_key=True)
    token: Mapped[str] = mapped_column(sa.String(43), unique=True)
    purchase_id: Mapped[int] = mapped_column(sa.ForeignKey("purchase.id"))
    plan_id: Mapped[str] = mapped_column(sa.ForeignKey("plan.id"))
    request_id: Mapped[int | None] = mapped_column(sa.ForeignKey("refund_request.id"), index=True)
    amount_minor: Mapped[int] = mapped_column(sa.Integer)
    currency: Mapped[str] = mapped_column(sa.String(3))
    state: Mapped[str] = mapped_column(sa.String(10))
    conversation_id: Mapped[str] = mapped_column(sa.String(80))
    language: Mapped[str] = mapped_column(sa.String(2))
    payment_reference: Mapped[str | None] = mapped_column(sa.String(120))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    paid_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    purchase: Mapped[Purchase] = relationship()
    plan: Mapped[Plan] = relationship()
    request: Mapped[RefundRequest | None] = relationship()
    __table_args__ = (
        _one_of("state", ("offered", "paid", "credited", "failed"), "state"),
        sa.CheckConstraint("amount_minor > 0", name="amount"),
        sa.Index("ix_top_up_offer_state", "state", "created_at"),
    )


class OrdersSwitch(OrdersBase):
    """A switch staff turn while everything runs; no row is off."""

    __tablename__ = "orders_switch"
    name: Mapped[str] = mapped_column(sa.String(40), primary_key=True)
    on: Mapped[bool] = mapped_column("is_on", sa.Boolean)
    by: Mapped[str] = mapped_column("changed_by", sa.String(80))
    at: Mapped[datetime] = mapped_column("changed_at", UtcDateTime)


class Incident(OrdersBase):
    """A disturbance an operator reported, in a region; `ends` NULL while it is open."""

    __tablename__ = "incident"
    id: Mapped[str] = mapped_column(sa.String(60), primary_key=True)
    operator: Mapped[str] = mapped_column(sa.String(40))
    country: Mapped[str] = mapped_column(sa.String(2))
    region: Mapped[str] = mapped_column(sa.String(60))
    summary_en: Mapped[str] = mapped_column(sa.String(300))
    summary_zh: Mapped[str] = mapped_column(sa.String(300))
    starts: Mapped[datetime] = mapped_column(UtcDateTime)
    ends: Mapped[datetime | None] = mapped_column(UtcDateTime)
    __table_args__ = (sa.Index("ix_incident_place", "operator", "country", "region"),)


class Ticket(OrdersBase):
    """A case handed to a person; `summary` is what they need to know. One open ticket per conversation and reason."""

    __tablename__ = "ticket"
    id: Mapped[int] = mapped_column(sa.Integer, primary_key=True)
    conversation_id: Mapped[str] = mapped_column(sa.String(80), index=True)
    purchase_id: Mapped[int | None] = mapped_column(sa.ForeignKey("purchase.id"))
    reason: Mapped[str] = mapped_column(sa.String(40))
    language: Mapped[str] = mapped_column(sa.String(2))
    summary: Mapped[dict[str, Any]] = mapped_column(sa.JSON)
    state: Mapped[str] = mapped_column(sa.String(10))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    read_by: Mapped[datetime] = mapped_column(UtcDateTime)
    # a hash of the network it was asked for from (conversations/origins.py); empty when nobody knows
    origin: Mapped[str] = mapped_column(sa.String(32), default="", server_default="")
    purchase: Mapped[Purchase | None] = relationship()
    __table_args__ = (
        _one_of("state", ("open", "claimed", "closed"), "state"),
        sa.Index("ix_ticket_origin", "origin", "created_at"),
        sa.Index(
            "uq_ticket_open",
            "conversation_id",
            "reason",
            unique=True,
            sqlite_where=sa.text("state != 'closed'"),
            postgresql_where=sa.text("state != 'closed'"),
        ),
    )


class Diagnosis(OrdersBase):
    """How a diagnosis ended: one row for each cause found, or one without; nothing tells whose it was."""

    __tablename__ = "diagnosis"
    case: Mapped[str] = mapped_column(sa.String(40), primary_key=True)
    cause: Mapped[str] = mapped_column(sa.String(40), primary_key=True)
    symptom: Mapped[str] = mapped_column(sa.String(20))
    day: Mapped[date] = mapped_column(sa.Date)
    outcome: Mapped[str] = mapped_column(sa.String(10))
    device_family: Mapped[str | None] = mapped_column(sa.String(20))
    operator: Mapped[str | None] = mapped_column(sa.String(60))
    country: Mapped[str | None] = mapped_column(sa.String(2))
    steps: Mapped[int] = mapped_column(sa.Integer)
    __table_args__ = (_one_of("outcome", ("solved", "open"), "outcome"), sa.Index("ix_diagnosis_day", "day"))


class Verification(OrdersBase):
    """Proof that a conversation may see an order, until a time."""

    __tablename__ = "verification"
    id: Mapped[int] = mapped_column(sa.Integer, primary_key=True)
    conversation_id: Mapped[str] = mapped_column(sa.String(80))
    purchase_id: Mapped[int] = mapped_column(sa.ForeignKey("purchase.id"))
    how: Mapped[str] = mapped_column(sa.String(10))
    verified_at: Mapped[datetime] = mapped_column(UtcDateTime)
    until: Mapped[datetime] = mapped_column(UtcDateTime)
    # until when it opens the activation code as well; moved on while the traveller writes
    fresh_until: Mapped[datetime] = mapped_column(UtcDateTime, server_default="2000-01-01 00:00:00.000000")
    # which of its proven orders the conversation is about
    chosen: Mapped[bool] = mapped_column(sa.Boolean, default=False, server_default=sa.false())
    purchase: Mapped[Purchase] = relationship()
    __table_args__ = (
        sa.UniqueConstraint("conversation_id", "purchase_id"),
        _one_of("how", ("email", "identity"), "how"),
    )


class VerificationFailure(OrdersBase):
    """A failed attempt to prove ownership: who tried and what, as hashes where it may be somebody's own (guessing.py).

    The order number need not exist.
    """

    __tablename__ = "verification_failure"
    id: Mapped[int] = mapped_column(sa.Integer, primary_key=True)
    conversation_id: Mapped[str] = mapped_column(sa.String(80))
    origin: Mapped[str] = mapped_column(sa.String(32), server_default="")
    order_number: Mapped[str] = mapped_column(_OrderNumber)
    email: Mapped[str] = mapped_column(sa.String(32), server_default="")
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    __table_args__ = (
        sa.Index("ix_verification_failure_conversation", "conversation_id", "at"),
        sa.Index("ix_verification_failure_origin", "origin", "at"),
        sa.Index("ix_verification_failure_at", "at"),
    )


class EmailCode(OrdersBase):
    """A one-time code that was asked for by mail (email_codes.py); rows are kept for an hour, to slow down asking.

    `email` and `code` are hashes; `customer_id` NULL: nobody has orders under the address, and nothing is mailed.
    """

    __tablename__ = "email_code"
    id: Mapped[int] = mapped_column(sa.Integer, primary_key=True)
    conversation_id: Mapped[str] = mapped_column(sa.String(80))
    origin: Mapped[str] = mapped_column(sa.String(32))
    email: Mapped[str] = mapped_column(sa.String(32))
    customer_id: Mapped[int | None] = mapped_column(sa.ForeignKey("customer.id"))
    code: Mapped[str] = mapped_column(sa.String(64))
    sent_at: Mapped[datetime] = mapped_column(UtcDateTime)
    # earlier than its time when it was used, tried too often, or another one was sent
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    tries: Mapped[int] = mapped_column(sa.Integer)
    __table_args__ = (
        sa.Index("ix_email_code_conversation", "conversation_id", "sent_at"),
        sa.Index("ix_email_code_email", "email", "sent_at"),
        sa.Index("ix_email_code_origin", "origin", "sent_at"),
        sa.Index("ix_email_code_sent_at", "sent_at"),
    )


class OutboxRow(OrdersBase):
    """Something to be done outside the order database because of a decision, stored with that decision (outbox.py).

    `attempts` counts those begun. A row that is done keeps its key, by which it is not done again, but not its payload.
    """

    __tablename__ = "outbox"
    id: Mapped[int] = mapped_column(sa.Integer, primary_key=True)
    kind: Mapped[str] = mapped_column(sa.String(40))
    key: Mapped[str] = mapped_column(sa.String(120), unique=True)
    payload: Mapped[dict[str, Any]] = mapped_column(sa.JSON)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    attempts: Mapped[int] = mapped_column(sa.Integer)
    state: Mapped[str] = mapped_column(sa.String(10))
    last_error: Mapped[str | None] = mapped_column(sa.String(300))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    __table_args__ = (_one_of("state", OUTBOX_STATES, "state"), sa.Index("ix_outbox_due", "state", "due_at"))
