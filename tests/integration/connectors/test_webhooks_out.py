"""Other systems are told of refunds and tickets once for each event, signed, until they have taken it."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from aiohttp import web
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session
from standardwebhooks.webhooks import Webhook

from aftercare.base.database import utc_now
from aftercare.base.settings import settings
from aftercare.connectors.ports import ConnectorError
from aftercare.connectors.webhooks_out import webhook_sender
from aftercare.orders import payouts, tickets
from aftercare.orders.outbox import Outbox, OutboxItem
from aftercare.orders.refunds.decide import decide
from aftercare.orders.refunds.load import facts_for
from aftercare.orders.requests import open_request, withdraw
from aftercare.orders.tables import OutboxRow, Payout
from tests.support.order_rows import NOW, add_order

SECRET = "whsec_" + base64.b64encode(b"0123456789abcdef0123456789abcdef").decode()


class Receiver:
    """What was received, and what is answered."""

    def __init__(self) -> None:
        self.received: list[tuple[dict[str, str], bytes]] = []
        self.status = 204
        self.url = ""

    async def take(self, request: web.Request) -> web.Response:
        self.received.append((dict(request.headers), await request.read()))
        return web.Response(status=self.status)


@pytest.fixture
async def receiver(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Receiver]:
    here, app = Receiver(), web.Application()
    app.router.add_post("/hook", here.take)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    here.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    monkeypatch.setenv("OUTGOING_WEBHOOKS", here.url)
    monkeypatch.setenv("OUTGOING_WEBHOOK_SECRET", SECRET)
    settings.cache_clear()
    yield here
    await runner.cleanup()
    settings.cache_clear()


def keys(engine: Engine) -> list[str]:
    with Session(engine, future=True) as session:
        wanted = sa.select(OutboxRow.key).where(OutboxRow.kind == "webhook").order_by(OutboxRow.id)
        return list(session.scalars(wanted))


async def deliver(engine: Engine, *wanted: str) -> dict[str, str]:
    outbox, sender = Outbox(engine), webhook_sender(settings())
    assert sender is not None
    sender.register(outbox)
    return await outbox.deliver(*wanted)


def request_refund(session: Session, number: str = "NZ10000003") -> int:
    now = utc_now()
    add_order(session, number, bought_at=now - timedelta(days=1), delivered_at=now - timedelta(days=1))
    loaded = facts_for(session, number, now)
    assert loaded is not None
    request, _ = open_request(session, number, "refund", decide(*loaded, "refund"), "c1", now)
    return request.id


async def test_a_refund_is_told_from_approval_to_payment(orders_engine: Engine, receiver: Receiver) -> None:
    with Session(orders_engine, future=True) as session:
        request_refund(session)
        payouts.pay_by_hand(session, session.scalars(sa.select(Payout.id)).one(), "1", "Mia", 10**9, utc_now())
        session.commit()
    assert keys(orders_engine) == ["webhook:refund.approved:1:0", "webhook:refund.paid:1:0"]
    assert set((await deliver(orders_engine, *keys(orders_engine))).values()) == {"done"}
    assert len(receiver.received) == 2
    told: list[Any] = []
    for headers, body in receiver.received:
        Webhook(SECRET).verify(body, headers)
        told.append(json.loads(body))
        assert b"emma" not in body
    assert sorted(each["type"] for each in told) == ["refund.approved", "refund.paid"]
    assert told[0]["data"]["order"] == "NZ10000003"


async def test_what_was_rolled_back_is_not_told(orders_engine: Engine, receiver: Receiver) -> None:
    with Session(orders_engine, future=True) as session:
        request_refund(session)
        session.rollback()
    assert keys(orders_engine) == []


async def test_tickets_and_withdrawals_are_told_once(orders_engine: Engine, receiver: Receiver) -> None:
    with Session(orders_engine, future=True) as session:
        request_refund(session)
        assert withdraw(session, "NZ10000003", utc_now(), "c1")
        for _ in range(2):
            tickets.open_ticket(session, "c1", "handoff", "en", {}, NOW, "NZ10000003")
        session.commit()
    assert keys(orders_engine)[1:] == ["webhook:refund.withdrawn:1:0", "webhook:ticket.opened:1:0"]


@pytest.mark.parametrize(("status", "state"), [(500, "waiting"), (302, "waiting"), (410, "dead")])
async def test_a_receiver_that_does_not_take_it(
    orders_engine: Engine, receiver: Receiver, status: int, state: str
) -> None:
    receiver.status = status
    with Session(orders_engine, future=True) as session:
        request_refund(session)
        session.commit()
    assert await deliver(orders_engine, *keys(orders_engine)) == {"webhook:refund.approved:1:0": state}


def test_slack_gets_a_line_of_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings(), "outgoing_webhooks", "https://hooks.slack.com/services/T0/B0/x")
    sender = webhook_sender(settings())
    assert sender is not None
    data = {"ticket": 7, "reason": "handoff", "language": "zh", "order": None, "conversation_id": "c1"}
    payload = {"address": "", "type": "ticket.opened", "timestamp": NOW.isoformat(), "data": data}
    body, _ = sender._slack(OutboxItem(1, "webhook", "k", payload, 1, NOW))
    text = json.loads(body)["text"]
    assert text.startswith("ticket.opened: ticket 7, reason handoff, language zh (2026-11-25 02:00 UTC)")
    assert text.endswith("/desk/inbox/c/c1")


def test_receivers_need_a_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    assert webhook_sender(settings()) is None
    monkeypatch.setattr(settings(), "outgoing_webhooks", "https://hooks.example.com/x")
    with pytest.raises(ConnectorError, match="OUTGOING_WEBHOOK_SECRET"):
        webhook_sender(settings())
