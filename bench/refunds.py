"""Refunds and mails while everything fails: `python -m bench.refunds --count 5000`.

Approves refunds in chats of their own and lets a worker pay, tell and mail them, while it is killed again and again
(kill -9), the payment API answers with errors before and after it has paid, breaks off and hangs, tells its news twice
and early, and the mail relay refuses for the moment. Stripe and the relay are stand-ins on this machine.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from aftercare.base.database import open_engine, utc_now
from aftercare.base.settings import ROOT, settings
from aftercare.connectors.mail_smtp import configured_mailer
from aftercare.connectors.payments import PayoutWorker, payment_provider
from aftercare.conversations import payout_messages
from aftercare.conversations.hub import Hub
from aftercare.conversations.store import Store
from aftercare.conversations.tables import event
from aftercare.conversations.worker import Worker
from aftercare.orders import payouts
from aftercare.orders.migrations import migrate
from aftercare.orders.outbox import Outbox, OutboxPolicy
from aftercare.orders.refunds.decide import decide
from aftercare.orders.refunds.load import facts_for
from aftercare.orders.requests import open_request
from aftercare.orders.tables import OutboxRow, Payout
from aftercare.run.mail_worker import MailWorker
from aftercare.run.migrations.schema import migrate as migrate_desk
from tests.support.order_rows import add_order
from tests.support.smtp_relay import Relay, running_relay
from tests.support.stripe_server import WEBHOOK_SECRET, StripeServer, stripe_server

_POLICY = OutboxPolicy(look_every=0.05, first_pause=0.1, longest_pause=2.0, within=9.5, lease=12.0, most_attempts=60)
# No reserved domain, to which nothing is mailed; all mail goes to a relay of this process.
_BUYERS = "buyers.aftercare-bench.nz"
_PARTS = 25  # the worker is killed each time another part is paid


@dataclass
class Tally:
    """What was seen."""

    kills: int = 0
    webhooks: int = 0
    seconds: float = 0.0
    wrong: list[str] = field(default_factory=list)

    def expect(self, what: str, found: object, wanted: object) -> None:
        """Note a figure that is not as it has to be."""
        if found != wanted:
            self.wrong.append(f"{what}: {found}, not {wanted}")


async def work(orders_url: str, desk_url: str) -> None:
    """What the desk's process does with refunds: pays, tells the traveller, mails. Until it is killed."""
    orders, desk = open_engine(orders_url, 30), open_engine(desk_url, 30)
    outbox, here = Outbox(orders, _POLICY), settings()
    provider, mailer = payment_provider(here), configured_mailer(here)
    assert provider is not None
    assert mailer is not None
    PayoutWorker(orders, provider).register(outbox)
    MailWorker(orders, mailer).register(outbox)
    parts = SimpleNamespace(
        store=Store(desk), worker=Worker(desk), orders=orders, orders_worker=Worker(orders), hub=Hub()
    )

    async def tell(item: Any) -> None:
        await payout_messages.tell(cast(Any, parts), item)

    outbox.register(payouts.PAYOUT_MESSAGE, tell)
    outbox.start()
    await asyncio.Event().wait()


def approve(orders: Engine, desk: Engine, count: int) -> list[str]:
    """Orders of a buyer each, their refunds approved; the conversations that asked."""
    store, talks, now = Store(desk), [], utc_now()
    times = {"bought_at": now - timedelta(days=1), "delivered_at": now - timedelta(days=1)}
    with Session(orders, future=True) as session:
        for place in range(count):
            talks.append(store.open_conversation("web", "en", now).id)
            number = f"NZ{20000000 + place}"
            add_order(session, number, f"{number.lower()}@{_BUYERS}", payment_reference=f"pi_{place}", **times)
            loaded = facts_for(session, number, now)
            assert loaded is not None
            open_request(session, number, "refund", decide(*loaded, "refund"), talks[-1], now)
            if place % 250 == 249:
                session.commit()
                session.expunge_all()
        session.commit()
    return talks


def unpaid(orders: Engine) -> tuple[int, int]:
    """(payouts that are not paid, rows of the outbox that are due still)."""
    with orders.connect() as connection:
        left = sa.select(sa.func.count()).select_from(Payout).where(Payout.state != "paid")
        due = (
            sa.select(sa.func.count())
            .select_from(OutboxRow)
            .where(OutboxRow.state == "waiting", OutboxRow.kind != payouts.PAYOUT_STATUS)
        )
        return connection.execute(left).scalar_one(), connection.execute(due).scalar_one()


def tell_news(stripe: StripeServer, orders: Engine, stop: threading.Event, tally: Tally) -> None:
    """Stripe's webhooks: each twice, some before the worker has written down that the refund was taken."""
    provider = payment_provider(settings())
    assert provider is not None
    worker, told = PayoutWorker(orders, provider), 0
    while not (stop.wait(0.02) and told >= len(stripe.refunds)):
        with stripe.lock:
            new = list(stripe.refunds.values())[told:]
        for refund in new:
            refund["status"] = "succeeded"
            body, headers = stripe.event(refund)
            for _ in range(2):
                try:
                    worker.take_webhook(body, headers)
                except sa.exc.OperationalError:  # Stripe sends again what was not taken
                    worker.take_webhook(body, headers)
                tally.webhooks += 1
        told += len(new)


def start(orders_url: str, desk_url: str) -> subprocess.Popen[bytes]:
    """A worker in a process of its own."""
    command = [sys.executable, "-m", "bench.refunds", "--work", orders_url, desk_url]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def run(count: int, orders_url: str, desk_url: str, stripe: StripeServer) -> Tally:
    """Pay all of them under faults and kills."""
    orders, desk, tally = open_engine(orders_url, 30), open_engine(desk_url, 30), Tally()
    talks = approve(orders, desk, count)
    print(f"{count} refunds approved", flush=True)
    stop, began = threading.Event(), time.monotonic()
    news = threading.Thread(target=tell_news, args=(stripe, orders, stop, tally))
    news.start()
    process, before = start(orders_url, desk_url), count
    try:
        while sum(now := unpaid(orders)) > 0:
            if process.poll() is not None:
                raise SystemExit("the worker ended by itself")
            if before - now[0] >= max(1, count // _PARTS):
                before = now[0]
                process.send_signal(signal.SIGKILL)
                process.wait()
                tally.kills += 1
                print(f"{now[0]} to pay, {now[1]} due, killed", flush=True)
                process = start(orders_url, desk_url)
            time.sleep(0.3)
    finally:
        stop.set()
        news.join()
        process.kill()
        process.wait()
    tally.seconds = time.monotonic() - began
    check(count, talks, orders, desk, stripe, tally)
    return tally


def check(count: int, talks: list[str], orders: Engine, desk: Engine, stripe: StripeServer, tally: Tally) -> None:
    """Each paid exactly once, and each traveller told so exactly once."""
    paid = Counter(str(each["payment_intent"]) for each in stripe.refunds.values())
    tally.expect("payments paid back", len(paid), count)
    tally.expect("paid more than once", sum(times > 1 for times in paid.values()), 0)
    with orders.connect() as connection:
        dead = sa.select(sa.func.count()).select_from(OutboxRow).where(OutboxRow.state == "dead")
        tally.expect("given up", connection.execute(dead).scalar_one(), 0)
        refunded = sa.text("SELECT count(*) FROM purchase WHERE status = 'refunded'")
        tally.expect("orders refunded", connection.execute(refunded).scalar_one(), count)
    with desk.connect() as connection:
        said = connection.execute(
            sa.select(event.c.conversation_id, sa.func.count())
            .where(event.c.name == "desk.payout_paid")
            .group_by(event.c.conversation_id)
        ).all()
    tally.expect("travellers told that it was paid", {row[0] for row in said} == set(talks), True)
    tally.expect("told more than once", sum(row[1] > 1 for row in said), 0)


def report(count: int, tally: Tally, stripe: StripeServer, relay: Relay) -> str:
    """The result as a page."""
    mails = Counter(str(mail["Message-ID"]) for mail in relay.taken)
    of_payment = len({str(mail["To"]) for mail in relay.taken if "is paid" in str(mail["Subject"])})
    tally.expect("buyers mailed that it was paid", of_payment, count)
    lines = [
        "# Refunds and mails under faults",
        "",
        "`python -m bench.refunds --count 5000`; what fails is told in `bench/refunds.py`.",
        "",
        "| | |",
        "|---|---:|",
        f"| refunds approved | {count:,} |",
        f"| paid, each exactly once | {len(stripe.refunds):,} |",
        f"| requests to pay that the payment API got | {stripe.asked['create']:,} |",
        f"| its webhooks, each twice | {tally.webhooks:,} |",
        f"| workers killed with kill -9 | {tally.kills} |",
        f"| mails (approved and not yet paid, paid) | {len(mails):,} |",
        f"| copies of them with the same Message-ID | {sum(mails.values()) - len(mails):,} |",
        f"| seconds | {tally.seconds:,.0f} |",
        "",
        *(f"- WRONG: {each}" for each in tally.wrong),
        *([] if tally.wrong else ["- holds: none lost, none paid twice, every traveller told once in the chat"]),
    ]
    return "\n".join(lines) + "\n"


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=400)
    parser.add_argument("--out", type=Path, help="a file for the result")
    parser.add_argument("--work", nargs=2, metavar=("ORDERS", "DESK"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.work:
        asyncio.run(work(*given.work))
        return
    with stripe_server() as stripe, running_relay() as (relay, mail), tempfile.TemporaryDirectory() as folder:
        payment = {"PAYMENT_PROVIDER": "stripe", "STRIPE_API_KEY": "sk_test", "STRIPE_API_URL": stripe.url}
        os.environ.update(mail | payment | {"STRIPE_WEBHOOK_SECRET": WEBHOOK_SECRET, "AFTERCARE_VAR": folder})
        stripe.status, stripe.faults, stripe.hangs, relay.busy = "pending", 0.33, 0.003, 0.1
        orders_url, desk_url = f"sqlite:///{folder}/orders.db", f"sqlite:///{folder}/desk.db"
        migrate(orders_url)
        migrate_desk(open_engine(desk_url))
        tally = run(given.count, orders_url, desk_url, stripe)
        page = report(given.count, tally, stripe, relay)
    print(page)
    if given.out:
        given.out.write_text(page, encoding="utf-8")
    sys.exit(bool(tally.wrong))


if __name__ == "__main__":
    main()
