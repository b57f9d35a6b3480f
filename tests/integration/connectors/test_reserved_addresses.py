"""Demo orders beside a configured relay: nothing is mailed, queued or promised to the domains reserved for examples."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from aftercare.base.database import utc_now
from aftercare.base.mail_addresses import is_reserved
from aftercare.base.settings import settings
from aftercare.connectors.mail_smtp import configured_mailer
from aftercare.documents.mails import Letter
from aftercare.orders import email_codes, mails, payouts
from aftercare.orders.demo import load_orders
from aftercare.orders.outbox import Outbox
from aftercare.orders.ownership import verify
from aftercare.orders.seed import seed
from aftercare.orders.tables import Customer, OutboxRow, RefundRequest
from aftercare.run.mail_worker import MailWorker
from tests.integration.connectors.test_mail import approve
from tests.support.smtp_relay import Relay


@pytest.mark.parametrize(
    ("address", "reserved"),
    [
        ("emma@example.com", True),
        ("emma@mail.example.org", True),
        ("Emma@EXAMPLE.NET", True),
        ("emma@shop.test", True),
        ("emma@localhost", True),
        ("emma@example.com.", True),
        ("emma@myexample.com", False),
        ("emma@example.co.nz", False),
        ("emma@test.co.nz", False),
    ],
)
def test_reserved_domains(address: str, reserved: bool) -> None:
    assert is_reserved(address) == reserved


def test_every_demo_buyer_has_a_reserved_address() -> None:
    assert all(is_reserved(order.email) for order in load_orders())


def test_seeding_mails_and_tells_nobody(
    orders_url: str, orders_engine: Engine, relay: Relay, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings(), "outgoing_webhooks", "https://hooks.example.com/esim")
    seed(orders_url)
    with Session(orders_engine, future=True) as session:
        assert session.scalars(sa.select(OutboxRow.kind)).all() == []
        assert all(map(is_reserved, session.scalars(sa.select(Customer.email))))


async def test_nothing_is_mailed_or_promised_to_a_reserved_address(orders_engine: Engine, relay: Relay) -> None:
    assert settings().mails
    payout, now = approve(orders_engine), utc_now()
    with Session(orders_engine, future=True) as session, session.begin():
        payouts.pay_by_hand(session, payout, "1", "Mia", 10**9, now)
        assert not payouts.mail_qr(session, "NZ10000003", now)
        assert verify(session, "c1", "NZ10000003", "emma@example.com", now).status == "verified"
        assert not mails.put_transcript(session, "c1", "UTC", now)
        mails.put_decision(session, session.scalars(sa.select(RefundRequest)).one(), now)
        assert not mails.put_invitation(session, 1, "mia@shop.example.org", "en", "https://x", now)
        assert email_codes.ask(session, "c1", "emma@example.com", now).status == "sent"  # as to an unknown address
    with Session(orders_engine, future=True) as session:
        rows = {row.kind: row.key for row in session.scalars(sa.select(OutboxRow))}
    assert {kind for kind in rows if "mail" in kind} == {email_codes.CODE_MAIL}
    outbox, mailer = Outbox(orders_engine), configured_mailer(settings())
    assert mailer is not None
    worker = MailWorker(orders_engine, mailer)
    worker.register(outbox)
    assert set((await outbox.deliver(rows[email_codes.CODE_MAIL])).values()) == {"done"}
    await worker.deliver("k", Letter(None, "mia@shop.example.org", "subject", "text"))
    assert relay.taken == []
