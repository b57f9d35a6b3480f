"""Small builders of order rows, so that each test says only what matters to it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from aftercare.base.identifiers import luhn_digit
from aftercare.orders import tables
from aftercare.orders.refunds.terms import RefundFacts, RefundTerms

NOW = datetime(2026, 11, 25, 2, 0, tzinfo=UTC)  # a Wednesday, 15:00 in Auckland


def days(number: float) -> timedelta:
    return timedelta(days=number)


def terms(**changes: Any) -> RefundTerms:
    """Seven days, 500 MB, refund to the card: the terms most examples use."""
    defaults: dict[str, Any] = {
        "provider_en": "KiwiRoam",
        "provider_zh": "奇异漫游",
        "window_days": 7,
        "window_from": "purchase",
        "data_limit_mb": 500,
        "installed_refundable": True,
        "deleted_refundable": False,
        "promotion_refundable": True,
        "partial_refund": False,
        "fault_window_days": 30,
        "fee_minor": 0,
        "exchange_allowed": True,
        "exchange_window_days": 14,
        "paid_to": "card",
        "paid_within_days": 10,
    }
    return RefundTerms(**{**defaults, **changes})


def facts(**changes: Any) -> RefundFacts:
    """An order of 29.00 bought two days ago, delivered, not installed."""
    defaults: dict[str, Any] = {
        "now": NOW,
        "number": "NZ10000003",
        "status": "delivered",
        "paid_minor": 2900,
        "currency": "NZD",
        "bought_at": NOW - days(2),
        "delivered_at": NOW - days(2),
        "profile_state": "released",
        "data_total_mb": 5000,
        "days_of_plan": 15,
        "top_up": True,
    }
    return RefundFacts(**{**defaults, **changes})


def add_provider(session: Session, provider_id: str = "kiwi", **policy: Any) -> tables.Provider:
    provider = tables.Provider(id=provider_id, name_en="KiwiRoam", name_zh="奇异漫游", email="help@kiwi.example.com")
    columns = {key: value for key, value in vars(terms(**policy)).items() if not key.startswith("provider_")}
    session.add_all([provider, tables.RefundPolicy(provider_id=provider_id, **columns)])
    session.flush()
    return provider


def add_plan(
    session: Session,
    plan_id: str = "kiwi-nz-5",
    provider_id: str = "kiwi",
    countries: tuple[str, ...] = ("NZ",),
    **changes: Any,
) -> tables.Plan:
    if session.get(tables.Provider, provider_id) is None:
        add_provider(session, provider_id)
    defaults: dict[str, Any] = {
        "name_en": "New Zealand 5 GB",
        "name_zh": "新西兰 5 GB",
        "kind": "nz_travel",
        "data_mb": 5000,
        "days": 15,
        "price_minor": 2900,
        "currency": "NZD",
        "starts_at": "first_use",
        "hotspot": True,
        "calls_sms": False,
        "top_up": True,
        "on_sale": True,
    }
    plan = tables.Plan(id=plan_id, provider_id=provider_id, **{**defaults, **changes})
    operators = {"NZ": "One NZ", "AU": "Optus"}
    plan.networks = [
        tables.PlanNetwork(country=country, operator=operators.get(country, "Local"), apn="kiwi.data")
        for country in countries
    ]
    session.add(plan)
    session.flush()
    return plan


def add_customer(session: Session, email: str = "emma@example.com") -> tables.Customer:
    customer = session.query(tables.Customer).filter_by(email=email).one_or_none()
    if customer is None:
        customer = tables.Customer(email=email, name="Emma", language="en")
        session.add(customer)
        session.flush()
    return customer


def add_order(
    session: Session,
    number: str = "NZ10000003",
    email: str = "emma@example.com",
    plan_id: str = "kiwi-nz-5",
    esim: dict[str, Any] | None = None,
    **changes: Any,
) -> tables.Purchase:
    """An order bought two days ago and delivered; `esim` changes the profile's columns."""
    plan = session.get(tables.Plan, plan_id) or add_plan(session, plan_id)
    defaults: dict[str, Any] = {
        "status": "delivered",
        "amount_minor": plan.price_minor,
        "currency": plan.currency,
        "bought_at": NOW - days(2),
        "delivery_due_at": NOW - days(2) + timedelta(minutes=30),
        "delivered_at": NOW - days(2) + timedelta(minutes=5),
    }
    purchase = tables.Purchase(
        number=number, customer_id=add_customer(session, email).id, plan_id=plan_id, **{**defaults, **changes}
    )
    session.add(purchase)
    session.flush()
    if purchase.delivered_at is not None:
        digits = "8964050000" + number[2:]
        profile: dict[str, Any] = {
            "iccid": digits + luhn_digit(digits),
            "smdp_address": "smdp.example.com",
            "matching_id": f"KIWI-{number}",
            "profile_state": "released",
            "data_total_mb": plan.data_mb,
        }
        session.add(tables.Esim(purchase_id=purchase.id, **{**profile, **(esim or {})}))
    session.flush()
    return purchase
