"""Many chats at once on SQLite and PostgreSQL: one request, one ticket, and no more guesses than allowed."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier, Event

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from aftercare.orders import requests, tables
from aftercare.orders.lookup import order_facts
from aftercare.orders.ownership import lock_attempts, verified_order, verify
from aftercare.orders.payments import first_of_duplicate
from aftercare.orders.plans import crossborder_packs, promotions_today, top_ups_for
from aftercare.orders.refunds.decide import decide
from aftercare.orders.refunds.load import facts_for
from aftercare.orders.requests import DecisionChanged, latest_request, open_request, withdraw
from aftercare.orders.tickets import open_ticket
from aftercare.orders.usage import summary
from tests.support.order_rows import NOW, add_order, add_plan, days

CHATS = 8


@pytest.fixture
def engine(orders_engine: Engine) -> Engine:
    with Session(orders_engine, future=True) as session:
        add_plan(session, "kiwi-nz-10", price_minor=3900)
        add_order(session)
        session.commit()
    return orders_engine


def all_at_once[Result](engine: Engine, work: Callable[[Session, int], Result], chats: int = CHATS) -> list[Result]:
    """Run `work` in a transaction per chat, all started together."""
    together = Barrier(chats)

    def chat(number: int) -> Result:
        with Session(engine, future=True) as session:
            # Each chat has read its order before it writes, as the assistant does.
            assert order_facts(session, "NZ10000003", NOW) is not None
            together.wait(20)
            result = work(session, number)
            session.commit()
            return result

    with ThreadPoolExecutor(chats) as pool:
        return list(pool.map(chat, range(chats)))


def count(engine: Engine, table: type) -> int:
    with Session(engine, future=True) as session:
        return session.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()


def test_eight_chats_ask_for_a_refund_and_one_request_exists(engine: Engine) -> None:
    def ask(session: Session, chat: int) -> tuple[int, bool]:
        decision = decide(*facts_for(session, "NZ10000003", NOW), "refund")
        request, created = open_request(session, "NZ10000003", "refund", decision, f"c{chat}", NOW)
        return request.id, created

    results = all_at_once(engine, ask)
    assert count(engine, tables.RefundRequest) == 1
    assert len({number for number, _ in results}) == 1
    assert [created for _, created in results].count(True) == 1


def test_refund_and_exchange_at_once_open_one_of_them(engine: Engine) -> None:
    def ask(session: Session, chat: int) -> str:
        kind = "refund" if chat % 2 else "exchange"
        decision = decide(*facts_for(session, "NZ10000003", NOW), kind)
        target = "kiwi-nz-10" if kind == "exchange" else None
        return open_request(session, "NZ10000003", kind, decision, f"c{chat}", NOW, target)[0].kind

    assert len(set(all_at_once(engine, ask))) == 1
    assert count(engine, tables.RefundRequest) == 1


def test_a_request_written_by_another_program_is_respected(engine: Engine) -> None:
    """The constraint holds also against writers that do not take our lock."""
    with Session(engine, future=True) as ours, Session(engine, future=True) as theirs:
        decision = decide(*facts_for(ours, "NZ10000003", NOW), "refund")
        ours.rollback()
        purchase = theirs.execute(sa.select(tables.Purchase.id).filter_by(number="NZ10000003")).scalar_one()
        theirs.add(
            tables.RefundRequest(
                purchase_id=purchase,
                kind="refund",
                state="requested",
                amount_minor=0,
                currency="NZD",
                decision="review",
                reasons={},
                conversation_id="desk",
                requested_at=NOW,
            )
        )
        theirs.commit()
        request, created = open_request(ours, "NZ10000003", "refund", decision, "c1", NOW)
        assert (created, request.conversation_id) == (False, "desk")


def test_both_of_two_charges_at_once_return_only_the_second(engine: Engine) -> None:
    with Session(engine, future=True) as session:
        add_order(session, "NZ10000013", bought_at=NOW - days(30))
        add_order(session, "NZ10000113", bought_at=NOW - days(30) + timedelta(seconds=20))
        session.commit()
        assert first_of_duplicate(session, "NZ10000113") == "NZ10000013"
        seen = {n: decide(*facts_for(session, n, NOW), "refund") for n in ("NZ10000013", "NZ10000113")}

    def ask(session: Session, chat: int) -> bool:
        number = "NZ10000113" if chat % 2 else "NZ10000013"
        try:
            return open_request(session, number, "refund", seen[number], f"c{chat}", NOW)[1]
        except DecisionChanged:
            return False

    assert all_at_once(engine, ask).count(True) == 1
    with Session(engine, future=True) as session:
        assert latest_request(session, "NZ10000013") is None
        assert latest_request(session, "NZ10000113").amount_minor == 2900


def test_nothing_is_paid_between_a_decision_and_its_request(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """While one chat has decided and not yet written, another chat's refund cannot be opened and paid out."""
    decided, settled = Event(), Event()
    insert = requests.insert_unless_there

    def slow_insert(session: Session, table: type, **values: object) -> bool:
        if values["conversation_id"] == "slow":
            decided.set()
            settled.wait(1)
        return insert(session, table, **values)

    monkeypatch.setattr(requests, "insert_unless_there", slow_insert)

    def ask(conversation: str) -> bool:
        with Session(engine, future=True) as session:
            decision = decide(*facts_for(session, "NZ10000003", NOW), "refund")
            if conversation == "quick":
                decided.wait(10)
            request, created = open_request(session, "NZ10000003", "refund", decision, conversation, NOW)
            if created and conversation == "quick":
                request.state = "paid"
            session.commit()
            settled.set()
            return created

    with ThreadPoolExecutor(2) as pool:
        slow, quick = pool.submit(ask, "slow"), pool.submit(ask, "quick")
        assert (slow.result(20), quick.result(20)) == (True, False)
    assert count(engine, tables.RefundRequest) == 1


def test_withdrawn_once(engine: Engine) -> None:
    with Session(engine, future=True) as session:
        decision = decide(*facts_for(session, "NZ10000003", NOW), "refund")
        open_request(session, "NZ10000003", "refund", decision, "c1", NOW)
        session.commit()
    results = all_at_once(engine, lambda session, _: withdraw(session, "NZ10000003", NOW))
    assert results.count(True) == 1


def test_one_ticket_per_conversation_and_reason(engine: Engine) -> None:
    def ask(session: Session, chat: int) -> tuple[int, bool]:
        ticket, created = open_ticket(session, "c1", "handoff", "en", {"chat": chat}, NOW, number="NZ10000003")
        return ticket.id, created

    results = all_at_once(engine, ask)
    assert count(engine, tables.Ticket) == 1
    assert len({number for number, _ in results}) == 1
    assert [created for _, created in results].count(True) == 1


def test_parallel_guesses_from_many_chats_of_one_address_are_counted_one_by_one(engine: Engine) -> None:
    def guess(session: Session, chat: int) -> str:
        return verify(session, f"c{chat}", "NZ10000003", f"guess{chat}@example.com", NOW, origin="one").status

    results = all_at_once(engine, guess)
    assert (results.count("refused"), results.count("locked")) == (5, 3)


def test_verifying_at_once_in_one_conversation_keeps_one_proof(engine: Engine) -> None:
    results = all_at_once(
        engine, lambda session, _: verify(session, "c1", "NZ10000003", "emma@example.com", NOW).status
    )
    assert results == ["verified"] * CHATS
    assert (count(engine, tables.Verification), count(engine, tables.VerificationFailure)) == (1, 0)


def test_chats_that_name_the_same_orders_in_another_order_do_not_block_each_other(engine: Engine) -> None:
    with Session(engine, future=True) as session:
        for number in ("NZ10000004", "NZ10000005"):
            add_order(session, number=number)
        session.commit()
    numbers = ["NZ10000003", "NZ10000004", "NZ10000005"]

    def attempt(session: Session, chat: int) -> list[str]:
        named = numbers[chat % 3 :] + numbers[: chat % 3]
        lock_attempts(session, f"c{chat}", named, f"network{chat}")
        return [verify(session, f"c{chat}", each, "nobody@example.com", NOW, f"network{chat}").status for each in named]

    for _ in range(3):
        assert all(statuses[0] in ("refused", "locked") for statuses in all_at_once(engine, attempt))


def test_the_reading_functions_work_on_this_database(engine: Engine) -> None:
    with Session(engine, future=True) as session:
        add_order(
            session,
            "NZ10000002",
            esim={
                "profile_state": "enabled",
                "last_country": "NZ",
                "last_operator": "One NZ",
                "last_region": "Queenstown",
                "first_use_at": NOW - days(2),
            },
        )
        session.add(
            tables.Incident(
                id="fibre-cut",
                operator="One NZ",
                country="NZ",
                region="Queenstown",
                summary_en="x",
                summary_zh="x",
                starts=NOW - days(1),
            )
        )
        session.commit()
        facts = order_facts(session, "NZ10000002", NOW)
        assert facts is not None
        assert facts.incident is not None
        assert facts.bought_at == NOW - days(2)
        assert len(summary(session, "NZ10000002", NOW).missing_days) == 2
        assert [offer.plan_id for offer in top_ups_for(session, "NZ10000002", NOW)] == ["kiwi-nz-5", "kiwi-nz-10"]
        assert (crossborder_packs(session, ["AU"]), promotions_today(session, NOW)) == ((), ())
        assert verify(session, "c1", "nz 1000 0002", "emma@example.com", NOW).status == "verified"
        assert verified_order(session, "c1", NOW) == "NZ10000002"
