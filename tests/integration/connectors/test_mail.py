"""Mails reach a real SMTP server once, in their buyer's language; refused addresses are marked."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from aftercare.base.database import utc_now
from aftercare.base.settings import settings
from aftercare.connectors.mail_smtp import SmtpMailer, configured_mailer
from aftercare.connectors.ports import ConnectorError, Mail, NotReached, RefusedForGood
from aftercare.orders import payouts
from aftercare.orders.outbox import Outbox
from aftercare.orders.refunds.decide import decide
from aftercare.orders.refunds.load import facts_for
from aftercare.orders.requests import open_request
from aftercare.orders.tables import Customer, OutboxRow, Payout
from aftercare.run.mail_worker import MailWorker
from tests.support.order_rows import add_order
from tests.support.running_stack import free_port
from tests.support.smtp_relay import Relay

pytestmark = pytest.mark.usefixtures("buyers_take_mail")

MAIL = Mail("key-1", "emma@example.com", "订单 NZ10000003", "你好\nline two", (("esim.png", "image/png", b"\x89PNG"),))


async def test_a_mail_arrives_as_it_was_written(relay: Relay) -> None:
    mailer = SmtpMailer(settings())
    await mailer.send(MAIL)
    await mailer.send(MAIL)
    first, second = relay.taken
    assert (first["To"], first["From"], first["Subject"]) == (
        "emma@example.com",
        "Kiwi eSIM <help@shop.example.com>",
        "订单 NZ10000003",
    )
    body = first.get_body()
    assert body is not None
    assert body.get_content().splitlines() == ["你好", "line two"]
    assert [part.get_filename() for part in first.iter_attachments()] == ["esim.png"]
    assert first["Message-ID"] == second["Message-ID"]


@pytest.mark.parametrize(
    ("to_address", "to_mail", "error"),
    [
        ("550 no such user", "250 OK", RefusedForGood),
        ("450 try later", "250 OK", NotReached),
        ("250 OK", "554 spam", RefusedForGood),
        ("250 OK", "451 later", NotReached),
    ],
)
async def test_what_the_relay_refuses(relay: Relay, to_address: str, to_mail: str, error: type[Exception]) -> None:
    relay.answer_to_address, relay.answer_to_mail = to_address, to_mail
    with pytest.raises(error) as refused:
        await SmtpMailer(settings()).send(MAIL)
    assert "emma" not in str(refused.value)


async def test_a_relay_that_is_away_is_tried_again(relay: Relay, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings(), "smtp_port", free_port())
    with pytest.raises(NotReached):
        await SmtpMailer(settings()).send(MAIL)


def approve(engine: Engine, language: str = "en") -> int:
    now = utc_now()
    with Session(engine, future=True) as session:
        purchase = add_order(session, bought_at=now - timedelta(days=1), delivered_at=now - timedelta(days=1))
        purchase.customer.language = language
        loaded = facts_for(session, "NZ10000003", now)
        assert loaded is not None
        request, _ = open_request(session, "NZ10000003", "refund", decide(*loaded, "refund"), "c1", now)
        session.commit()
        return session.execute(sa.select(Payout.id).where(Payout.request_id == request.id)).scalar_one()


async def deliver(engine: Engine, *keys: str) -> dict[str, str]:
    outbox, mailer = Outbox(engine), configured_mailer(settings())
    assert mailer is not None
    MailWorker(engine, mailer).register(outbox)
    return await outbox.deliver(*keys)


async def test_a_refund_is_mailed_when_approved_and_when_paid(orders_engine: Engine, relay: Relay) -> None:
    payout = approve(orders_engine, "zh")
    assert await deliver(orders_engine, "refund_mail:1:approved") == {"refund_mail:1:approved": "done"}
    with Session(orders_engine, future=True) as session:
        payouts.pay_by_hand(session, payout, "1", "Mia", 10**9, utc_now())
        session.commit()
    await deliver(orders_engine, "refund_mail:1:paid")
    assert [mail["Subject"] for mail in relay.taken] == ["订单 NZ10000003 的退款", "订单 NZ10000003 的退款已付款"]
    text = relay.taken[0].get_body()
    assert text is not None
    assert "NZ$29.00" in text.get_content()
    assert "同事" in text.get_content()  # staff pay it: no card is promised


async def test_a_refund_that_failed_is_mailed_and_its_payment_after_it(orders_engine: Engine, relay: Relay) -> None:
    payout = approve(orders_engine)
    for state in ("failed", "paid"):
        with Session(orders_engine, future=True) as session, session.begin():
            payouts.record(session, payout, state, utc_now())
        await deliver(orders_engine, f"refund_mail:1:{state}")
    assert [mail["Subject"] for mail in relay.taken] == [
        "Your refund for order NZ10000003: we are on it",
        "Your refund for order NZ10000003 is paid",
    ]


async def test_the_qr_code_is_mailed_once_an_hour(orders_engine: Engine, relay: Relay) -> None:
    now = utc_now()
    with Session(orders_engine, future=True) as session:
        add_order(session)
        assert payouts.mail_qr(session, "NZ10000003", now)
        assert payouts.mail_qr(session, "NZ10000003", now)
        session.commit()
        keys = list(session.scalars(sa.select(OutboxRow.key)))
    assert len(keys) == 1
    await deliver(orders_engine, *keys)
    (mail,) = relay.taken
    assert next(mail.iter_attachments()).get_content().startswith(b"\x89PNG")


async def test_a_refused_address_is_marked_and_promised_nothing(orders_engine: Engine, relay: Relay) -> None:
    relay.answer_to_address = "550 no such user"
    approve(orders_engine)
    assert await deliver(orders_engine, "refund_mail:1:approved") == {"refund_mail:1:approved": "dead"}
    with Session(orders_engine, future=True) as session:
        assert session.scalars(sa.select(Customer.mail_refused_at)).one() is not None
        assert not payouts.mail_qr(session, "NZ10000003", utc_now())


def test_without_a_mailer_no_mail_is_promised(orders_engine: Engine) -> None:
    assert configured_mailer(settings()) is None
    approve(orders_engine)
    with Session(orders_engine, future=True) as session:
        assert not payouts.mail_qr(session, "NZ10000003", utc_now())
        assert list(session.scalars(sa.select(OutboxRow.key))) == []


def test_a_mailer_needs_an_address_to_write_from(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings(), "smtp_host", "127.0.0.1")
    with pytest.raises(ConnectorError, match="MAIL_FROM"):
        configured_mailer(settings())
