"""The difference of an exchange is paid by a link; then the issuer carries it out, else staff, and never twice."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from aftercare.base.database import utc_now
from aftercare.base.settings import settings
from aftercare.connectors.checkouts import CheckoutWorker, can_pay
from aftercare.connectors.ports import NotReached
from aftercare.orders import exchanges, intake, payouts, top_ups
from aftercare.orders.order_messages import ORDER_MESSAGE
from aftercare.orders.outbox import Outbox, OutboxPolicy
from aftercare.orders.refunds.decide import decide
from aftercare.orders.refunds.load import facts_for
from aftercare.orders.requests import open_request, withdraw
from aftercare.orders.tables import Esim, OutboxRow, Purchase, RefundRequest, Ticket, TopUpOffer
from tests.integration.connectors.test_reissues import NUMBER, issuer  # noqa: F401  a fixture
from tests.integration.connectors.test_top_ups import stripe, worker  # noqa: F401  a fixture
from tests.support.esim_server import EsimServer
from tests.support.order_rows import add_order, add_plan, days
from tests.support.stripe_server import StripeServer


def exchange(engine: Engine, target: str = "nz-10gb") -> str:
    """The token of the link for an exchange of 29.00 for 34.90."""
    now = utc_now()
    with Session(engine, future=True) as session, session.begin():
        add_order(session, bought_at=now - days(1), delivered_at=now - days(1), payment_reference="pi_1",
                  source="test", shop_number=NUMBER)  # fmt: skip
        add_plan(session, target, price_minor=3490, data_mb=10240, days=30)
        loaded = facts_for(session, NUMBER, now)
        assert loaded is not None
        request, _ = open_request(session, NUMBER, "exchange", decide(*loaded, "exchange"), "c1", now, target)
        assert top_ups.awaits_payment(session, request)
        token = exchanges.pay_link(session, request, "c1", "en", now)
        assert exchanges.pay_link(session, request, "c1", "en", now) == token  # asked again: the same
        return token


def pay(here: CheckoutWorker, server: StripeServer, token: str, **changes: Any) -> bool:
    assert here.page_of(token, "https://x/chat") is not None
    page = list(server.pages.values())[-1]
    page |= {"payment_status": "paid", "payment_intent": f"pi_{len(server.pages)}", **changes}
    return here.take_webhook(*server.event(page, "checkout.session.completed"))


async def carry_out(engine: Engine, here: CheckoutWorker, number: int = 1) -> str:
    outbox, key = Outbox(engine, OutboxPolicy(first_pause=0)), f"exchange:{number}"
    here.register(outbox)
    return (await outbox.deliver(key))[key]


def told(engine: Engine) -> list[str]:
    with Session(engine, future=True) as session:
        rows = session.scalars(sa.select(OutboxRow.payload).where(OutboxRow.kind == ORDER_MESSAGE))
        return [str(each["phrase"]) for each in rows]


def tickets_of(engine: Engine) -> list[str]:
    with Session(engine, future=True) as session:
        return list(session.scalars(sa.select(Ticket.reason)))


async def test_the_issuer_exchanges_once_what_is_paid(
    orders_engine: Engine,
    stripe: StripeServer,  # noqa: F811
    issuer: EsimServer,  # noqa: F811
) -> None:
    assert can_pay()
    token, here = exchange(orders_engine), worker(orders_engine)
    assert pay(here, stripe, token)
    (page,) = stripe.pages.values()
    assert (page["amount_total"], page["currency"]) == (590, "nzd")
    assert not here.take_webhook(*stripe.event(page, "checkout.session.completed"))  # told again
    with Session(orders_engine, future=True) as session:
        assert not withdraw(session, NUMBER, utc_now(), "c1")  # it is paid: no way back without a person
    issuer.loses_answers = 1
    assert await carry_out(orders_engine, here) == "waiting"
    assert await carry_out(orders_engine, here) == "done"
    assert [each["package"] for each in issuer.transactions.values()] == ["NZ_10"]
    with Session(orders_engine, future=True) as session:
        order = session.scalars(sa.select(Purchase)).one()
        assert (order.plan_id, order.amount_minor, order.status) == ("nz-10gb", 3490, "delivered")
        assert order.esim is not None
        assert (order.esim.iccid, order.esim.data_total_mb) == ("8964050000000000001", 10240)
        assert session.scalars(sa.select(RefundRequest.state)).one() == "paid"
        assert not payouts.pays_itself(session, NUMBER)  # two payments: staff pay back
        loaded = facts_for(session, NUMBER, utc_now())
        assert loaded is not None
        assert decide(*loaded, "refund").amount_minor == 3490
    assert (told(orders_engine), tickets_of(orders_engine)) == (["exchange_done"], [])
    assert here.page_of(token, "https://x/chat") is None


async def test_a_shop_that_still_tells_the_old_plan_changes_nothing(
    orders_engine: Engine,
    stripe: StripeServer,  # noqa: F811
    issuer: EsimServer,  # noqa: F811
) -> None:
    token, here = exchange(orders_engine), worker(orders_engine)
    with Session(orders_engine, future=True) as session:
        old = session.scalars(sa.select(Esim.iccid)).one()
        plan = session.scalars(sa.select(Purchase.plan_id)).one()
    assert pay(here, stripe, token)
    assert await carry_out(orders_engine, here) == "done"
    order = intake.ShopOrder.model_validate(
        {
            "number": NUMBER, "email": "emma@example.com", "currency": "NZD", "bought_at": utc_now() - days(1),
            "status": "delivered",
            "items": [{"plan": plan, "amount_minor": 2900,
                       "esim": {"iccid": old, "activation_code": "LPA:1$rsp.example.com$OLD"}}],
        }
    )  # fmt: skip
    with Session(orders_engine, future=True) as session, session.begin():
        intake.take(session, order, "test")
    with Session(orders_engine, future=True) as session:
        row = session.scalars(sa.select(Purchase)).one()
        assert row.esim is not None
        assert (row.plan_id, row.amount_minor, row.esim.matching_id) == ("nz-10gb", 3490, "NEW-1")


@pytest.mark.parametrize("why", ["refuses", "no package"])
async def test_what_the_issuer_does_not_exchange_is_a_colleagues(
    orders_engine: Engine,
    stripe: StripeServer,  # noqa: F811
    issuer: EsimServer,  # noqa: F811
    why: str,
) -> None:
    token, here = exchange(orders_engine, "nz-10gb" if why == "refuses" else "nz-12gb"), worker(orders_engine)
    issuer.refuses = True
    assert pay(here, stripe, token)
    assert await carry_out(orders_engine, here) == "done"
    assert (told(orders_engine), tickets_of(orders_engine)) == (["exchange_paid"], ["exchange"])
    with Session(orders_engine, future=True) as session:
        request = session.scalars(sa.select(RefundRequest)).one()
        assert not top_ups.awaits_payment(session, request)  # nothing more is to pay
        assert session.scalars(sa.select(Ticket)).one().summary["paid"] == "NZ$5.90"


@pytest.mark.parametrize("why", ["another amount", "withdrawn", "paid twice"])
async def test_a_payment_that_does_not_fit_is_a_persons(
    orders_engine: Engine,
    stripe: StripeServer,  # noqa: F811
    issuer: EsimServer,  # noqa: F811
    why: str,
) -> None:
    token, here = exchange(orders_engine), worker(orders_engine)
    if why == "another amount":
        assert pay(here, stripe, token, amount_total=1)
    else:
        assert here.page_of(token, "https://x/chat") is not None  # open in the browser when that happens
        page = {**next(iter(stripe.pages.values())), "payment_status": "paid"}
        with Session(orders_engine, future=True) as session, session.begin():
            request = session.scalars(sa.select(RefundRequest)).one()
            if why == "withdrawn":
                assert withdraw(session, NUMBER, utc_now(), "c1")
            else:
                second = exchanges.pay_link(session, request, "c2", "en", utc_now())
        if why == "paid twice":
            assert pay(here, stripe, second)
        assert here.page_of(token, "https://x/chat") is None
        assert here.take_webhook(*stripe.event(page))
    with Session(orders_engine, future=True) as session:
        assert session.scalars(sa.select(TopUpOffer.state).where(TopUpOffer.token == token)).one() == "failed"
    assert tickets_of(orders_engine) == ["exchange_payment"]
    assert "exchange_payment_by_person" in told(orders_engine)
    assert await carry_out(orders_engine, here) == "done"
    assert not issuer.transactions


def test_stripe_may_be_away(orders_engine: Engine, stripe: StripeServer) -> None:  # noqa: F811
    token, here = exchange(orders_engine), worker(orders_engine)
    stripe.faults = 1.0
    with pytest.raises(NotReached):
        here.page_of(token, "https://x/chat")


def test_without_payment_links_nothing_waits_for_one(
    stripe: StripeServer,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(settings(), "stripe_webhook_secret", "")
    can_pay.cache_clear()
    assert not can_pay()
