"""Refunds are paid exactly once, whatever the payment provider and the worker do, and told as they are."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from aftercare.base.database import utc_now
from aftercare.base.settings import ROOT, settings
from aftercare.connectors.payments import PayoutWorker, payment_provider
from aftercare.connectors.payments_stripe import StripePayments
from aftercare.connectors.ports import CheckoutOrder, ConnectorError, NotGenuine, RefundOrder
from aftercare.orders import payouts
from aftercare.orders.outbox import Outbox, OutboxPolicy
from aftercare.orders.refunds.decide import decide
from aftercare.orders.refunds.load import facts_for
from aftercare.orders.requests import open_request, withdraw
from aftercare.orders.tables import OutboxRow, Payout, Purchase, RefundRequest
from tests.support.order_rows import add_order
from tests.support.stripe_server import WEBHOOK_SECRET, StripeServer, stripe_server

NUMBER = "NZ10000003"
FAST = OutboxPolicy(look_every=0.05, first_pause=0.02, longest_pause=0.1, within=5.0, lease=1.0)


@pytest.fixture
def stripe(monkeypatch: pytest.MonkeyPatch) -> Iterator[StripeServer]:
    with stripe_server() as server:
        monkeypatch.setenv("PAYMENT_PROVIDER", "stripe")
        monkeypatch.setenv("STRIPE_API_KEY", "sk_test_1")
        monkeypatch.setenv("STRIPE_WEBHOOK_SECRET", WEBHOOK_SECRET)
        monkeypatch.setenv("STRIPE_API_URL", server.url)
        settings.cache_clear()
        yield server
        settings.cache_clear()


def approve(engine: Engine, number: str = NUMBER, payment: str | None = "pi_1") -> int:
    """An order that was bought just now, and its refund approved; the payout's id."""
    with Session(engine, future=True) as session:
        payout = approve_in(session, number, payment)
        session.commit()
        return payout


def approve_in(session: Session, number: str, payment: str | None) -> int:
    now = utc_now()
    times = {"bought_at": now - timedelta(days=1), "delivered_at": now - timedelta(days=1)}
    # a buyer each: orders of one buyer within minutes look like one that was charged twice
    add_order(session, number, f"{number.lower()}@example.com", payment_reference=payment, **times)
    loaded = facts_for(session, number, now)
    assert loaded is not None
    request, made = open_request(session, number, "refund", decide(*loaded, "refund"), "c1", now)
    assert made
    return session.execute(sa.select(Payout.id).where(Payout.request_id == request.id)).scalar_one()


def worker(engine: Engine) -> PayoutWorker:
    provider = payment_provider(settings())
    assert provider is not None
    return PayoutWorker(engine, provider)


async def deliver(engine: Engine, here: PayoutWorker, *keys: str) -> dict[str, str]:
    outbox = Outbox(engine, FAST)
    here.register(outbox)
    return await outbox.deliver(*keys)


def state(engine: Engine, payout_id: int) -> tuple[str, str, str]:
    """Of the payout, its request and its order."""
    with Session(engine, future=True) as session:
        payout = session.get(Payout, payout_id)
        assert payout is not None
        return payout.state, payout.request.state, payout.request.purchase.status


def waiting(engine: Engine) -> set[str]:
    with Session(engine, future=True) as session:
        return set(session.scalars(sa.select(OutboxRow.key).where(OutboxRow.state == "waiting")))


async def test_an_approved_refund_is_paid_and_told(orders_engine: Engine, stripe: StripeServer) -> None:
    payout = approve(orders_engine)
    assert await deliver(orders_engine, worker(orders_engine), payouts.key_of(payout)) == {"payout:1": "done"}
    assert state(orders_engine, payout) == ("paid", "paid", "refunded")
    assert [(each["payment_intent"], each["amount"]) for each in stripe.refunds.values()] == [("pi_1", 2900)]
    assert waiting(orders_engine) == {"payout_message:1:paid"}


async def test_one_that_is_on_its_way_is_paid_when_stripe_says_so(orders_engine: Engine, stripe: StripeServer) -> None:
    stripe.status = "pending"
    payout, here = approve(orders_engine), worker(orders_engine)
    await deliver(orders_engine, here, payouts.key_of(payout))
    assert state(orders_engine, payout) == ("sent", "approved", "delivered")
    assert waiting(orders_engine) == {"payout_message:1:sent", "payout_status:1:1"}
    refund = {**stripe.refunds["re_1"], "status": "succeeded"}
    body, headers = stripe.event(refund)
    assert here.take_webhook(body, headers)
    assert here.take_webhook(body, headers)  # a webhook may come twice
    assert state(orders_engine, payout) == ("paid", "paid", "refunded")


async def test_without_webhooks_stripe_is_asked(orders_engine: Engine, stripe: StripeServer) -> None:
    stripe.status = "pending"
    payout, here = approve(orders_engine), worker(orders_engine)
    await deliver(orders_engine, here, payouts.key_of(payout))

    def due() -> None:
        with Session(orders_engine, future=True) as session:
            session.execute(sa.update(OutboxRow).values(due_at=utc_now()))
            session.commit()

    due()
    await deliver(orders_engine, here, "payout_status:1:1")
    assert "payout_status:1:2" in waiting(orders_engine)
    stripe.refunds["re_1"]["status"] = "failed"
    stripe.refunds["re_1"]["failure_reason"] = "expired_or_canceled_card"
    due()
    await deliver(orders_engine, here, "payout_status:1:2")
    assert state(orders_engine, payout) == ("failed", "approved", "delivered")
    with Session(orders_engine, future=True) as session:
        failed = session.get(Payout, payout)
        assert failed is not None
        assert failed.error == "Stripe: expired_or_canceled_card"
        # a person pays it then, and late news of Stripe change nothing
        payouts.pay_by_hand(session, payout, "7", "Mia", 10**9, utc_now())
        session.commit()
    here.take_webhook(*stripe.event({**stripe.refunds["re_1"], "status": "failed"}))
    assert state(orders_engine, payout) == ("paid", "paid", "refunded")


async def test_what_stripe_refuses_is_for_a_person(orders_engine: Engine, stripe: StripeServer) -> None:
    stripe.refused.add("pi_1")
    payout = approve(orders_engine)
    await deliver(orders_engine, worker(orders_engine), payouts.key_of(payout))
    assert state(orders_engine, payout) == ("failed", "approved", "delivered")
    assert waiting(orders_engine) == {"payout_message:1:failed"}


async def test_a_key_that_stripe_has_forgotten_pays_no_second_time(orders_engine: Engine, stripe: StripeServer) -> None:
    payout, here = approve(orders_engine), worker(orders_engine)
    with Session(orders_engine, future=True) as session:
        claimed = payouts.claim(session, payout)  # a worker asks Stripe and is killed before it can write that down
        session.commit()
    assert claimed is not None
    stripe.create(
        {"payment_intent": "pi_1", "amount": "2900", "metadata[aftercare_key]": "payout:1"}, payouts.key_of(payout)
    )
    stripe.forget_keys()
    await deliver(orders_engine, here, payouts.key_of(payout))
    assert len(stripe.refunds) == 1
    assert state(orders_engine, payout)[0] == "paid"


async def test_a_withdrawn_refund_is_not_paid_and_a_paid_one_not_withdrawn(
    orders_engine: Engine, stripe: StripeServer
) -> None:
    payout, here = approve(orders_engine), worker(orders_engine)
    with Session(orders_engine, future=True) as session:
        assert withdraw(session, NUMBER, utc_now(), "c1")
        session.commit()
    await deliver(orders_engine, here, payouts.key_of(payout))
    assert stripe.refunds == {}
    other = approve(orders_engine, "NZ10000004", "pi_2")
    with Session(orders_engine, future=True) as session:
        payouts.claim(session, other)
        session.commit()
        assert not withdraw(session, "NZ10000004", utc_now(), "c1")


def test_only_what_stripe_knows_is_promised_by_stripe(orders_engine: Engine, stripe: StripeServer) -> None:
    for number, payment, itself in (
        ("NZ10000003", "pi_1", True),
        ("NZ10000004", None, False),
        ("NZ10000005", "PAYPAL-1", False),
    ):
        payout = approve(orders_engine, number, payment)
        with Session(orders_engine, future=True) as session:
            row = session.get(Payout, payout)
            assert row is not None
            assert payouts.pays_itself(session, number) is itself
            assert row.provider == ("stripe" if itself else "manual")


def test_an_unsigned_webhook_is_not_genuine(orders_engine: Engine, stripe: StripeServer) -> None:
    body, headers = stripe.event({"id": "re_1", "object": "refund", "status": "succeeded", "metadata": {}})
    here = worker(orders_engine)
    assert not here.take_webhook(body, headers)  # genuine, but not one of ours
    for wrong in ({}, {"Stripe-Signature": "t=1,v1=00"}):
        with pytest.raises(NotGenuine):
            here.take_webhook(body, wrong)
    with pytest.raises(NotGenuine):
        here.take_webhook(body + b" ", headers)


def test_a_provider_that_cannot_be_had_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, key, says in (("stripe", "", "needs STRIPE_API_KEY"), ("bank", "", "there are: manual, stripe")):
        monkeypatch.setenv("PAYMENT_PROVIDER", name)
        monkeypatch.setenv("STRIPE_API_KEY", key)
        settings.cache_clear()
        with pytest.raises(ConnectorError, match=says):
            payment_provider(settings())
    settings.cache_clear()


@pytest.mark.parametrize(
    ("currency", "minor", "at_stripe"), [("NZD", 2900, 2900), ("XPF", 2900, 2900), ("ISK", 2900, 290_000)]
)
def test_stripe_is_asked_in_its_own_units(stripe: StripeServer, currency: str, minor: int, at_stripe: int) -> None:
    provider = payment_provider(settings())
    assert isinstance(provider, StripePayments)
    provider.refund(RefundOrder("payout:1", "pi_1", minor, currency, NUMBER))
    assert stripe.refunds["re_1"]["amount"] == at_stripe
    provider.checkout(
        CheckoutOrder("k", minor, currency, "5 GB", "https://shop.example.com", utc_now() + timedelta(hours=1))
    )
    (session,) = stripe.pages.values()
    assert session["amount_total"] == at_stripe
    told = {**session, "payment_status": "paid", "currency": currency.lower()}
    paid = provider.paid_checkout(*stripe.event(told))
    assert paid is not None
    assert paid.amount_minor == minor


KILLED = """
import asyncio, sys
from aftercare.base.database import open_engine
from aftercare.base.settings import settings
from aftercare.connectors.payments import PayoutWorker, payment_provider
from aftercare.orders.outbox import Outbox, OutboxPolicy

async def main():
    engine = open_engine(sys.argv[1])
    outbox = Outbox(engine, OutboxPolicy(look_every=0.05, first_pause=0.02, longest_pause=0.2, within=5.0, lease=1.0))
    PayoutWorker(engine, payment_provider(settings())).register(outbox)
    outbox.start()
    await asyncio.Event().wait()

asyncio.run(main())
"""


@pytest.mark.timeout(600)
def test_every_refund_is_paid_exactly_once_under_kills_and_faults(
    orders_url: str, orders_engine: Engine, stripe: StripeServer
) -> None:
    """A third of Stripe's answers fail, half of these after it has paid; workers are killed while they work."""
    count = int(os.environ.get("PAYOUTS", "40"))
    with Session(orders_engine, future=True) as session:
        for place in range(count):
            approve_in(session, f"NZ{20000000 + place}", f"pi_{place}")
            if place % 500 == 499:
                session.commit()
                session.expunge_all()
        session.commit()
    stripe.faults = 0.33
    kills = 0

    def unpaid() -> int:
        with Session(orders_engine, future=True) as session:
            left = sa.select(sa.func.count()).select_from(Payout).where(Payout.state != "paid")
            return session.execute(left).scalar_one()

    process = start(orders_url)
    try:
        before = count
        while (left := unpaid()) > 0:
            assert process.poll() is None, "the worker ended by itself"
            if before - left >= count // 8:
                before = left
                process.send_signal(signal.SIGKILL)
                process.wait()
                kills += 1
                process = start(orders_url)
            else:
                stripe.paid.wait(0.5)
                stripe.paid.clear()
    finally:
        process.kill()
        process.wait()
    assert kills > 2
    assert len(stripe.refunds) == count
    assert {each["payment_intent"] for each in stripe.refunds.values()} == {f"pi_{place}" for place in range(count)}
    with Session(orders_engine, future=True) as session:
        told = sa.select(sa.func.count()).select_from(OutboxRow).where(OutboxRow.kind == payouts.PAYOUT_MESSAGE)
        assert session.execute(told).scalar_one() == count
        assert set(session.scalars(sa.select(Purchase.status))) == {"refunded"}
        assert set(session.scalars(sa.select(RefundRequest.state))) == {"paid"}
    print(f"{count} refunds, {stripe.asked['create']} requests to pay, {kills} workers killed")


def start(url: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-c", KILLED, url], cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
