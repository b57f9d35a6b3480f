"""Described orders as rows of the order database, at their distance from a moment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta, tzinfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from aftercare.catalogue.models import Catalogue
from aftercare.orders import authority, tables
from aftercare.orders.demo import DescribedOrder, DescribedProfile, DescribedRefund, DescribedTopUp
from aftercare.orders.refunds.decide import decide
from aftercare.orders.refunds.load import facts_for
from aftercare.orders.requests import latest_request, open_request
from aftercare.orders.seed_report import RowWriter, SeedReport

SEEDED = "seed"  # the conversation id of seeded refund requests


class OrderRows(RowWriter):
    """Described orders as rows."""

    def __init__(self, session: Session, report: SeedReport, catalogue: Catalogue, zone: tzinfo) -> None:
        super().__init__(session, report)
        self.zone = zone
        self.plans = {plan.id: plan for plan in catalogue.plans}
        self.promotions = {promotion.id: promotion for promotion in catalogue.promotions}
        self.customers = {customer.email: customer for customer in session.scalars(sa.select(tables.Customer))}

    def write(self, orders: Sequence[DescribedOrder], anchor: datetime) -> None:
        """Every order, at its distance from `anchor`; table by table, so that each is written in one go."""
        wanted = tables.Purchase.number.in_([order.number for order in orders])
        purchases = {row.number: row for row in self.session.scalars(sa.select(tables.Purchase).where(wanted))}
        kept = {order.number for order in orders if self._in_use(purchases.get(order.number), order)}
        self.report.kept += sorted(kept)
        orders = [order for order in orders if order.number not in kept]
        new = {order.number for order in orders if order.number not in purchases}

        for order in orders:
            self._write_customer(order)
        self.session.flush()
        for order in orders:
            purchases[order.number] = self._write_purchase(order, purchases.get(order.number), anchor)
        self.session.flush()
        ours = tables.Esim.purchase_id.in_([purchase.id for purchase in purchases.values()])
        esims = {row.purchase_id: row for row in self.session.scalars(sa.select(tables.Esim).where(ours))}
        for order in orders:
            purchase_id = purchases[order.number].id
            if order.esim is not None:
                esims[purchase_id] = self._write_esim(order, order.esim, purchase_id, esims.get(purchase_id), anchor)
            for top_up in order.top_ups if order.number in new else ():
                self._write_top_up(order, top_up, purchase_id, anchor)
        self.session.flush()
        known: dict[int, dict[date, tables.UsageRecord]] = {}
        recorded = tables.UsageRecord.esim_id.in_([esim.id for esim in esims.values()])
        for record in self.session.scalars(sa.select(tables.UsageRecord).where(recorded)):
            known.setdefault(record.esim_id, {})[record.day] = record
        for order in orders:
            if order.esim is not None and order.esim.first_use is not None:
                esim_id = esims[purchases[order.number].id].id
                self._write_use(order.esim, esim_id, known.get(esim_id, {}), anchor + order.esim.first_use)
        self.session.flush()
        for order in orders:
            if order.refund is not None:
                self._write_refund(order, order.refund, anchor)

    def _in_use(self, purchase: tables.Purchase | None, order: DescribedOrder) -> bool:
        """Whether a traveller has asked for a refund or bought data, or a person has settled the seeded request."""
        if purchase is None:
            return False
        requests = self.session.scalars(
            sa.select(tables.RefundRequest).where(tables.RefundRequest.purchase_id == purchase.id)
        )
        expected = order.refund.state if order.refund else None
        if any(request.conversation_id != SEEDED or request.state != expected for request in requests):
            return True
        bought = sa.select(sa.func.count()).where(tables.TopUp.purchase_id == purchase.id)
        return bool(self.session.execute(bought).scalar_one() != len(order.top_ups))

    def _write_customer(self, order: DescribedOrder) -> None:
        columns = {"email": order.email, "name": order.name, "language": order.language}
        self.customers[order.email] = self.put(self.customers.get(order.email), tables.Customer, columns)

    def _write_purchase(
        self, order: DescribedOrder, purchase: tables.Purchase | None, anchor: datetime
    ) -> tables.Purchase:
        plan = self.plans[order.plan_id]
        bought = anchor + order.bought
        values = {
            "number": order.number,
            "customer_id": self.customers[order.email].id,
            "plan_id": order.plan_id,
            "promotion_id": order.promotion_id,
            "amount_minor": plan.price_minor * (100 - self._promotion_value(order, "discount")) // 100,
            "currency": plan.currency,
            "bought_at": bought,
            "delivery_due_at": bought + order.delivery_takes,
            "delivered_at": None if order.delivered is None else anchor + order.delivered,
        }
        if purchase is None or order.refund is None or order.refund.state != "paid":
            values["status"] = order.status  # a paid refund has changed the status
        written: tables.Purchase = self.put(purchase, tables.Purchase, values)
        return written

    def _write_top_up(self, order: DescribedOrder, top_up: DescribedTopUp, purchase_id: int, anchor: datetime) -> None:
        columns = top_up.model_dump(exclude={"bought"})
        columns |= {"purchase_id": purchase_id, "currency": self.plans[order.plan_id].currency}
        self.put(None, tables.TopUp, columns | {"bought_at": anchor + top_up.bought})

    def _promotion_value(self, order: DescribedOrder, kind: str) -> int:
        promotion = self.promotions.get(order.promotion_id) if order.promotion_id else None
        return promotion.value if promotion is not None and promotion.kind == kind else 0

    def _write_esim(
        self, order: DescribedOrder, esim: DescribedProfile, purchase_id: int, row: tables.Esim | None, anchor: datetime
    ) -> tables.Esim:
        def moment(offset: timedelta | None) -> datetime | None:
            return None if offset is None else anchor + offset

        plan = self.plans[order.plan_id]
        first_use = moment(esim.first_use)
        starts = {"purchase": anchor + order.bought, "install": moment(esim.installed), "first_use": first_use}
        start = starts[plan.starts_at]
        days = (
            plan.days + self._promotion_value(order, "longer_validity") + sum(top_up.days for top_up in order.top_ups)
        )
        more = self._promotion_value(order, "bonus_data") + sum(top_up.data_mb for top_up in order.top_ups)
        tomorrow = datetime.combine(anchor.astimezone(self.zone).date() + timedelta(days=1), time(), self.zone)
        written: tables.Esim = self.put(
            row,
            tables.Esim,
            {
                "purchase_id": purchase_id,
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
        return written

    def _write_use(
        self, esim: DescribedProfile, esim_id: int, known: Mapping[date, tables.UsageRecord], first_use: datetime
    ) -> None:
        first_day = first_use.astimezone(self.zone).date()
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

    def _write_refund(self, order: DescribedOrder, refund: DescribedRefund, anchor: datetime) -> None:
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
        decision = (
            authority.bounded(self.session, order.number, decide(*loaded, "refund"), asked_at) if loaded else None
        )
        if decision is None or decision.outcome not in ("approved", "partial"):
            return
        request, _ = open_request(self.session, order.number, "refund", decision, SEEDED, asked_at)
        self.report.added[tables.RefundRequest.__tablename__] += 1
        of_it = sa.select(sa.func.count()).where(tables.Payout.request_id == request.id)
        self.report.added[tables.Payout.__tablename__] += self.session.execute(of_it).scalar_one()
        request.state = refund.state
        if refund.state == "paid":
            request.purchase.status = "refunded"
            paid = {"state": "paid", "paid_at": request.arrives_by or asked_at}
            payout = sa.update(tables.Payout).where(tables.Payout.request_id == request.id)
            self.session.execute(payout.values(**paid))
