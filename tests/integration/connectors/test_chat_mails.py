"""What staff answer while the traveller is away, transcripts, decisions and invitations reach an SMTP server once."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path

import aiohttp
import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from aftercare.base.database import utc_now
from aftercare.base.settings import settings
from aftercare.connectors.mail_bounces import mark_bounces
from aftercare.connectors.mail_smtp import configured_mailer, message_mark
from aftercare.conversations import staff_actions
from aftercare.conversations.messages import Message
from aftercare.orders import mails, ownership
from aftercare.orders.migrations import migrate
from aftercare.orders.outbox import Outbox
from aftercare.orders.staff_decisions import StaffDecision, decide_request
from aftercare.orders.tables import Customer, OutboxRow, RefundRequest
from aftercare.run.chat_mails import last_answers
from aftercare.run.mail_worker import MailWorker
from aftercare.web.context import DESK
from tests.support.chat_client import ChatClient
from tests.support.desk import RunningDesk
from tests.support.order_rows import add_order
from tests.support.smtp_relay import Relay
from tests.support.waiting import eventually

pytestmark = pytest.mark.usefixtures("buyers_take_mail")


def said(seq: int, sender: str, minutes: float) -> Message:
    return Message(seq, utc_now() + timedelta(minutes=minutes), "message", sender, f"text {seq}")


def test_an_answer_is_mailed_with_what_was_said_just_before_it() -> None:
    talk = [said(1, "traveller", -20), said(2, "agent", -15), said(3, "agent", -2), said(4, "agent", 0)]
    assert [each.seq for each in last_answers(talk, 4)] == [3, 4]
    assert not last_answers(talk, 3)  # more was written since: the later one is mailed
    assert not last_answers([*talk, said(5, "traveller", 1)], 4)
    assert not last_answers(talk, None)


def test_orders_of_two_buyers_leave_nobody_to_mail(orders_engine: Engine) -> None:
    now = utc_now()
    with Session(orders_engine, future=True) as session:
        first = add_order(session)
        ownership.verify_identity(session, "c1", first.customer.email, now)
        found = mails.buyer_of(session, "c1")
        assert found is not None
        assert found.email == first.customer.email
        other = Customer(email="other@example.com", name="Other", language="en")
        session.add(other)
        session.flush()
        second = add_order(session, number="NZ10000004")
        second.customer_id = other.id
        session.flush()
        ownership.verify_identity(session, "c1", "other@example.com", now)
        assert mails.buyer_of(session, "c1") is None
        assert mails.buyer_of(session, "c2") is None


async def deliver(engine: Engine) -> dict[str, str]:
    outbox, mailer = Outbox(engine), configured_mailer(settings())
    assert mailer is not None
    MailWorker(engine, mailer).register(outbox)
    with Session(engine, future=True) as session:
        keys = session.scalars(sa.select(OutboxRow.key).where(OutboxRow.kind.like("%mail"))).all()
    return await outbox.deliver(*keys)


async def test_a_decision_of_staff_is_mailed(orders_engine: Engine, relay: Relay) -> None:
    now = utc_now()
    with Session(orders_engine, future=True) as session:
        purchase = add_order(session)
        purchase.customer.language = "zh"
        request = RefundRequest(
            purchase_id=purchase.id, kind="refund", state="requested", amount_minor=2900, currency="NZD", reasons={},
            decision="person",
            requested_at=now,
        )  # fmt: skip
        session.add(request)
        session.flush()
        decide_request(session, request.id, StaffDecision("1", "Mia", False, 0, "used"), now, 10**6)
        session.commit()
    assert set((await deliver(orders_engine)).values()) == {"done"}
    (mail,) = relay.taken
    assert mail["Subject"] == "订单 NZ10000003 的退款申请"


async def test_an_invitation_is_mailed_and_forgotten(orders_engine: Engine, relay: Relay) -> None:
    with Session(orders_engine, future=True) as session, session.begin():
        link = "https://x/desk/welcome/s3cret"
        assert mails.put_invitation(session, 7, "lee@shop.example.com", "en", link, utc_now())
    assert set((await deliver(orders_engine)).values()) == {"done"}
    (mail,) = relay.taken
    body = mail.get_body()
    assert body is not None
    assert "https://x/desk/welcome/s3cret" in body.get_content()
    with Session(orders_engine, future=True) as session:
        assert session.scalars(sa.select(OutboxRow.payload)).all() == [{}]


BOUNCE = """From: MAILER-DAEMON@relay.example.com
To: help@shop.example.com
Subject: Undelivered
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

Sorry.
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; relay.example.com

Final-Recipient: rfc822; Emma@Example.com
Action: {action}
Status: {status}

--b
Content-Type: text/rfc822-headers

Message-ID: <{mark}@shop.example.com>
Subject: hello

--b--
"""


def test_a_bounce_of_our_mail_marks_its_address(orders_engine: Engine) -> None:
    now = utc_now()
    with Session(orders_engine, future=True) as session:
        add_order(session).customer.email = "emma@example.com"
        session.add(OutboxRow(kind="qr_mail", key="qr_mail:1", payload={}, due_at=now, attempts=1, state="done",
                              created_at=now))  # fmt: skip
        session.flush()

        def marked(mark: str, action: str = "failed", status: str = "5.1.1") -> int:
            report = BOUNCE.format(mark=mark, action=action, status=status)
            return mark_bounces(session, report.replace("\n", "\r\n").encode())

        ours = message_mark("qr_mail:1")
        assert not marked(message_mark("forged"))
        assert not marked(ours, "delayed", "4.4.1")
        assert not mark_bounces(session, b"Subject: hello\r\n\r\nFinal-Recipient: rfc822; emma@example.com\r\n")
        assert marked(ours) == 1
        assert session.scalars(sa.select(Customer.mail_refused_at)).one() is not None


async def test_who_is_away_gets_the_answer_of_staff_and_the_chat_by_mail(
    start_desk: Callable[..., Awaitable[RunningDesk]],
    http: aiohttp.ClientSession,
    relay: Relay,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setattr(mails, "AWAY_AFTER", timedelta())
    migrate(f"sqlite:///{tmp_path}/orders.db")
    running = await start_desk()
    desk, traveller = running.app[DESK], ChatClient(http, running.url)
    talk = (await traveller.open(locale="en"))["conversation_id"]
    address = f"{running.url}/api/chat/transcript-mail"
    async with http.get(address, headers=traveller.headers) as response:
        assert (await response.json()) == {"available": False}
    async with http.post(address, headers=traveller.headers) as response:
        assert response.status == 404
    with Session(desk.orders, future=True) as session, session.begin():
        ownership.verify_identity(session, talk, add_order(session).customer.email, utc_now())
    await staff_actions.claim(desk, talk, "7", "Mere", expected=None)
    await staff_actions.reply(desk, talk, "7", "Your eSIM is ready.", client_id="r1")
    async with http.get(address, headers=traveller.headers) as response:
        assert (await response.json()) == {"available": True}
    for _ in range(2):  # pressed twice: one mail
        async with http.post(address, headers=traveller.headers) as response:
            assert response.status == 204
    await eventually(lambda: len(relay.taken) == 2)
    texts = {mail["Subject"]: mail for mail in relay.taken}
    answer = texts["Our team has answered you in the chat"].get_body()
    assert answer is not None
    assert "Mere of our team" in answer.get_content()
    assert "Your eSIM is ready." in answer.get_content()
    page = next(texts["Your eSIM chat"].iter_attachments())
    assert "Your eSIM is ready." in page.get_content()
