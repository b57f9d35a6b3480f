"""Described orders as rows of the order database, at their distance from a moment."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta, timezone, tzinfo
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from aftercare.catalogue import Catalogue
from aftercare.orders import tables
from aftercare.orders.demo import Order, Profile, Refund
from aftercare.orders.refunds import decide, facts_for
from aftercare.orders.requests import latest_request, open_request
from aftercare.orders.seed_report import Rows, SeedReport

SEEDED = "seed"  # stands where a refund request names its conversation


class OrderRows(Rows):
    """Described orders as rows."""

    def __init__(self, session: Session, report: SeedReport, catalogue: Catalogue, zone: tzinfo) -> None:
        super().__init__(session, report)
        self.zone = zone
        self.plans = {plan.id: plan for plan in catalogue.plans}
        self.promotions = {promotion.id: promotion for promotion in catalogue.promotions}
        self.customers = {customer.email: customer for customer in session.scalars(sa.select(tables.Customer))}

    def write(self, orders: Iterable[Order], anchor: datetime) -> None:
        """Every order, at its distance from `anchor`."""
        known = {purchase.number: purchase for purchase in self.session.scalars(sa.select(tables.Purchase))}
        for order in orders:
            purchase = known.get(order.number)
            if purchase is not None and self._in_use(purchase, order):
                self.report.kept.append(order.number)
                continue
            self._write(order, purchase, anchor)

    def _in_use(self, purchase: Any, order: Order) -> bool:
        """Whether a traveller has asked for a refund or bought data, or a person has settled the seeded request."""
        requests = self.session.scalars(
            sa.select(tables.RefundRequest).where(tables.RefundRequest.purchase_id == purchase.id)
        )
        expected = order.refund.state if order.refund else None
        if any(request.conversation_id != SEEDED or request.state != expected for request in requests):
            return True
        bought = sa.select(sa.func.count()).where(tables.TopUp.purchase_id == purchase.id)
        return bool(self.session.execute(bought).scalar_one() != len(order.top_ups))

    def _write(self, order: Order, purchase: Any, anchor: datetime) -> None:
        plan = self.plans[order.plan_id]
        customer = self.put(
            self.customers.get(order.email),
            tables.Customer,
            {"email": order.email, "name": order.name, "language": order.language},
        )
        self.customers[order.email] = customer
        self.session.flush()
        refunded = order.refund is not None and order.refund.state == "paid"
        bought = anchor + order.bought
        values = {
            "number": order.number,
            "customer_id": customer.id,
            "plan_id": order.plan_id,
            "promotion_id": order.promotion_id,
            "amount_minor": plan.price_minor * (100 - self._promised(order, "discount")) // 100,
            "currency": plan.currency,
            "bought_at": bought,
            "delivery_due_at": bought + order.delivery_takes,
            "delivered_at": None if order.delivered is None else anchor + order.delivered,
        }
        if purchase is None or not refunded:
            values["status"] = order.status
        new = purchase is None
        purchase = self.put(purchase, tables.Purchase, values)
        self.session.flush()
        if order.esim is not None:
            self._write_esim(order, order.esim, purchase, anchor)
        if new:
            for top_up in order.top_ups:
                columns = top_up.dict(exclude={"bought"})
                columns |= {"purchase_id": purchase.id, "currency": plan.currency, "bought_at": anchor + top_up.bought}
                self.put(None, tables.TopUp, columns)
        self.session.flush()
        if order.refund is not None:
            self._write_refund(order, order.refund, anchor)

    def _promised(self, order: Order, kind: str) -> int:
        promotion = self.promotions.get(order.promotion_id) if order.promotion_id else None
        return promotion.value if promotion is not None and promotion.kind == kind else 0

    def _write_esim(self, order: Order, esim: Profile, purchase: Any, anchor: datetime) -> None:
        def moment(offset: timedelta | None) -> datetime | None:
            return None if offset is None else anchor + offset

        plan = self.plans[order.plan_id]
        first_use = moment(esim.first_use)
        starts = {"purchase": anchor + order.bought, "install": moment(esim.installed), "first_use": first_use}
        start = starts[plan.starts_at]
        days = plan.days + self._promised(order, "longer_validity") + sum(top_up.days for top_up in order.top_ups)
        more = self._promised(order, "bonus_data") + sum(top_up.data_mb for top_up in order.top_ups)
        tomorrow = datetime.combine(anchor.astimezone(self.zone).date() + timedelta(days=1), time(), self.zone)
        row = self.put(
            purchase.esim,
            tables.Esim,
            {
                "purchase_id": purchase.id,
                "iccid": esim.iccid,
                "smdp_address": esim.smdp_address,
                "matching_id": esim.matching_id,
                "profile_state": esim.profile_state,
                "eid": esim.eid,
                "imei": esim.imei,
                "device_id": esim.device_id,
                "carrier_locked": esim.carrier_locked,
                "registered": esim.registered,
                "installed_country": esim.installed_country,
                "last_country": esim.last_country,
                "last_operator": esim.last_operator,
                "last_region": esim.last_region,
                "last_seen_at": moment(esim.last_seen),
                "data_total_mb": None if plan.data_mb is None else plan.data_mb + more,
                "data_used_mb": sum(esim.daily_mb) + esim.used_today_mb,
                "used_today_mb": esim.used_today_mb,
                "throttled_until": tomorrow if esim.throttled_until_midnight else None,
                "installed_at": moment(esim.installed),
                "first_use_at": first_use,
                "expires_at": None if start is None else start + timedelta(days=days),
            },
        )
        self.session.flush()
        if first_use is not None:
            self._write_use(esim, row.id, first_use.astimezone(timezone.utc).date())

    def _write_use(self, esim: Profile, esim_id: int, first_day: date) -> None:
        records = self.session.scalars(sa.select(tables.UsageRecord).where(tables.UsageRecord.esim_id == esim_id))
        known = {record.day: record for record in records}
        use = [*esim.daily_mb, *([esim.used_today_mb] if esim.used_today_mb else [])]
        described = {first_day + timedelta(days=index): used for index, used in enumerate(use)}
        for day, used in described.items():
            columns = {
                "esim_id": esim_id,
                "day": day,
                "country": esim.used_country or esim.last_country,
                "operator": esim.used_operator or esim.last_operator,
                "used_mb": used,
            }
            self.put(known.get(day), tables.UsageRecord, columns)
        for day in known.keys() - described.keys():
            self.remove(known[day])

    def _write_refund(self, order: Order, refund: Refund, anchor: datetime) -> None:
        """The request as the rules decide it at the time it was made; what they refuse is not asked for."""
        asked_at = anchor + refund.requested
        request = latest_request(self.session, order.number)
        if request is not None:
            takes = None if request.arrives_by is None else request.arrives_by - request.requested_at
            arrives = None if takes is None else asked_at + takes
            times = {"requested_at": asked_at, "decided_at": asked_at, "arrives_by": arrives}
            self.put(request, tables.RefundRequest, times)
            return
        loaded = facts_for(self.session, order.number, asked_at)
        decision = decide(*loaded, "refund") if loaded else None
        if decision is None or decision.outcome not in ("approved", "partial"):
            return
        request, _ = open_request(self.session, order.number, "refund", decision, SEEDED, asked_at)
        self.report.added[tables.RefundRequest.__tablename__] += 1
        request.state = refund.state
        if refund.state == "paid":
            request.purchase.status = "refunded"
