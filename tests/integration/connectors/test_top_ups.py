"""A top-up is paid at Stripe's page and added by the issuer once, whatever comes twice or gets lost."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from aftercare.base.database import utc_now
from aftercare.base.settings import settings
from aftercare.connectors import checkouts
from aftercare.connectors.checkouts import CheckoutWorker, can_top_up, checkout_worker
from aftercare.connectors.esims import provider_in_use
from aftercare.connectors.payments import payment_provider
from aftercare.connectors.ports import NotGenuine, NotReached
from aftercare.orders import top_ups
from aftercare.orders.order_messages import ORDER_MESSAGE
from aftercare.orders.outbox import Outbox, OutboxPolicy
from aftercare.orders.plans import PlanOffer
from aftercare.orders.tables import OutboxRow, Ticket, TopUp, TopUpOffer
from tests.integration.connectors.test_reissues import NUMBER, issuer  # noqa: F401  a fixture
from tests.support.esim_server import EsimServer
from tests.support.order_rows import add_order, add_plan
from tests.support.stripe_server import WEBHOOK_SECRET, StripeServer, stripe_server


@pytest.fixture
def stripe(issuer: EsimServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[StripeServer]:  # noqa: F811
    with stripe_server() as server:
        for name, value in (
            ("PAYMENT_PROVIDER", "stripe"),
            ("STRIPE_API_KEY", "rk_test"),
            ("STRIPE_API_URL", server.url),
            ("STRIPE_WEBHOOK_SECRET", WEBHOOK_SECRET),
        ):
            monkeypatch.setenv(name, value)
        settings.cache_clear()
        provider_in_use.cache_clear()
        checkouts.can_pay.cache_clear()
        yield server
    checkouts.can_pay.cache_clear()


def offered(engine: Engine, **changes: object) -> str:
    with Session(engine, future=True) as session, session.begin():
        plan = add_plan(session, "nz-5gb")
        add_order(session)
        known = {name: getattr(plan, name) for name in ("name_en", "name_zh", "provider_id", "kind", "days")}
        offer = PlanOffer(
            plan_id="nz-5gb", price_minor=2290, currency="NZD", provider_en="", provider_zh="", countries=frozenset(),
            data_mb=5120, fair_use_mb=None, throttle_kbps=None, starts_at="purchase", hotspot=True, calls_sms=False,
            top_up=True, **known,
        )  # fmt: skip
        return top_ups.offer(session, NUMBER, offer, "c1", "en", utc_now())


def worker(engine: Engine) -> CheckoutWorker:
    made = checkout_worker(engine, payment_provider(settings()), provider_in_use())
    assert made is not None
    return made


async def credit(engine: Engine, here: CheckoutWorker) -> str:
    outbox = Outbox(engine, OutboxPolicy(first_pause=0))
    here.register(outbox)
    return (await outbox.deliver("top_up:1"))["top_up:1"]


def state(engine: Engine) -> tuple[str, list[str], int]:
    """(state of the offer, what is told, top-ups of the order)."""
    with Session(engine, future=True) as session:
        told = session.scalars(sa.select(OutboxRow.payload).where(OutboxRow.kind == ORDER_MESSAGE)).all()
        added = session.scalars(sa.select(TopUp.id)).all()
        return session.scalars(sa.select(TopUpOffer.state)).one(), [str(each["phrase"]) for each in told], len(added)


async def test_it_is_added_once_when_stripe_says_it_is_paid(
    orders_engine: Engine,
    stripe: StripeServer,
    issuer: EsimServer,  # noqa: F811
) -> None:
    assert can_top_up("nz-5gb")
    assert not can_top_up("another-plan")
    token, here = offered(orders_engine), worker(orders_engine)
    assert here.page_of(token, "https://x/chat") == "https://checkout.example.com/1"
    assert here.page_of(token, "https://x/chat") == "https://checkout.example.com/1"  # opened twice: one to pay
    (page,) = stripe.pages.values()
    assert (page["amount_total"], page["currency"]) == (2290, "nzd")
    assert not here.take_webhook(*stripe.event(page, "checkout.session.completed"))  # a bank that takes its time
    page |= {"payment_status": "paid", "payment_intent": "pi_9"}
    with pytest.raises(NotGenuine):
        here.take_webhook(stripe.event(page)[0], {"Stripe-Signature": "t=1,v1=00"})
    told = [here.take_webhook(*stripe.event(page, "checkout.session.completed")) for _ in range(2)]
    assert told == [True, False]
    issuer.loses_answers = 1
    assert await credit(orders_engine, here) == "waiting"
    assert state(orders_engine) == ("paid", [], 0)
    assert await credit(orders_engine, here) == "done"  # the issuer knows the transaction
    assert [each["package"] for each in issuer.transactions.values()] == ["NZ_5"]
    assert state(orders_engine) == ("credited", ["top_up_done"], 1)
    assert here.page_of(token, "https://x/chat") is None


async def test_what_the_issuer_refuses_or_is_paid_otherwise_is_a_persons(
    orders_engine: Engine,
    stripe: StripeServer,
    issuer: EsimServer,  # noqa: F811
) -> None:
    token, here = offered(orders_engine), worker(orders_engine)
    here.page_of(token, "https://x/chat")
    (page,) = stripe.pages.values()
    page |= {"payment_status": "paid", "amount_total": 1}
    assert here.take_webhook(*stripe.event(page))
    assert await credit(orders_engine, here) == "done"
    assert not issuer.transactions
    assert state(orders_engine) == ("failed", ["top_up_by_person"], 0)
    with Session(orders_engine, future=True) as session:
        assert session.scalars(sa.select(Ticket.reason)).all() == ["top_up"]


async def test_a_refusal_of_the_issuer_opens_a_ticket(
    orders_engine: Engine,
    stripe: StripeServer,
    issuer: EsimServer,  # noqa: F811
) -> None:
    token, here = offered(orders_engine), worker(orders_engine)
    here.page_of(token, "https://x/chat")
    (page,) = stripe.pages.values()
    assert here.take_webhook(*stripe.event({**page, "payment_status": "paid"}))
    issuer.refuses = True
    assert await credit(orders_engine, here) == "done"
    assert state(orders_engine) == ("failed", ["top_up_by_person"], 0)


def test_a_link_ends_and_stripe_may_be_away(
    orders_engine: Engine, stripe: StripeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    token, here = offered(orders_engine), worker(orders_engine)
    stripe.faults = 1.0
    with pytest.raises(NotReached):
        here.page_of(token, "https://x/chat")
    assert here.page_of("unknown", "https://x/chat") is None
    monkeypatch.setattr(top_ups, "LINK_LIVES", timedelta())
    assert here.page_of(token, "https://x/chat") is None


def test_without_webhooks_nothing_is_offered_to_be_paid(stripe: StripeServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings(), "stripe_webhook_secret", "")
    assert not can_top_up("nz-5gb")
