"""What staff decide on refund requests, on SQLite and on PostgreSQL."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from aftercare.orders.order_context import link_of, order_context, tickets_of
from aftercare.orders.ownership import verify
from aftercare.orders.refunds.decide import decide
from aftercare.orders.refunds.load import facts_for
from aftercare.orders.requests import RequestError, latest_request, open_request
from aftercare.orders.seed import seed
from aftercare.orders.staff_decisions import (
    AlreadyDecided,
    AmountNotAllowed,
    SecondPersonNeeded,
    StaffDecision,
    decide_request,
)
from aftercare.orders.tickets import open_ticket, set_state

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
ORDER, EMAIL = "NZ10000005", "mei@example.com"
ABOVE = 1_000_000


@pytest.fixture
def request_id(orders_engine: Engine, orders_url: str) -> int:
    """A request that the rules leave to a person: the traveller says it never worked well."""
    seed(orders_url, NOW)
    with Session(orders_engine, future=True) as session:
        assert verify(session, "talk", ORDER, EMAIL, NOW).status == "verified"
        loaded = facts_for(session, ORDER, NOW, fault_reported=True)
        assert loaded is not None
        decision = decide(*loaded, "refund")
        assert decision.outcome == "review", decision
        request, _ = open_request(session, ORDER, "refund", decision, "talk", NOW)
        session.commit()
        return int(request.id)


def verdict(staff: str = "1", amount: int = 500, approve: bool = True, reason: str = "Slow all week") -> StaffDecision:
    return StaffDecision(staff, f"Staff {staff}", approve, amount, reason)


def decided(engine: Engine, request_id: int, by: StaffDecision, above: int = ABOVE) -> str:
    with Session(engine, future=True) as session:
        state = decide_request(session, request_id, by, NOW, above).state
        session.commit()
        return str(state)


def test_an_approval_sets_amount_date_and_who(orders_engine: Engine, request_id: int) -> None:
    assert decided(orders_engine, request_id, verdict()) == "approved"
    with Session(orders_engine, future=True) as session:
        request = latest_request(session, ORDER)
        assert request is not None
        assert (request.amount_minor, request.decided_by, request.decision_note) == (500, "Staff 1", "Slow all week")
        assert request.decided_at == NOW
        assert request.arrives_by > NOW
    with pytest.raises(AlreadyDecided, match="approved"):
        decided(orders_engine, request_id, verdict("2", approve=False))


def test_a_refusal_keeps_its_reason(orders_engine: Engine, request_id: int) -> None:
    assert (
        decided(orders_engine, request_id, verdict(approve=False, reason="The records show full speed")) == "declined"
    )
    with Session(orders_engine, future=True) as session:
        found = order_context(session, "talk", NOW)
        assert found is not None
        assert [r.decision_note for r in found.requests] == ["The records show full speed"]


def test_no_reason_no_decision(orders_engine: Engine, request_id: int) -> None:
    with pytest.raises(RequestError, match="reason"):
        decided(orders_engine, request_id, verdict(reason="  "))


def test_never_more_than_the_rules_leave(orders_engine: Engine, request_id: int) -> None:
    for amount in (0, -1, 10_000_000):
        with pytest.raises(AmountNotAllowed):
            decided(orders_engine, request_id, verdict(amount=amount))


def test_a_large_amount_takes_two_people(orders_engine: Engine, request_id: int) -> None:
    assert decided(orders_engine, request_id, verdict("1"), above=499) == "requested"
    with pytest.raises(SecondPersonNeeded):
        decided(orders_engine, request_id, verdict("1"), above=499)
    # another amount is another proposal, and needs its own second person
    assert decided(orders_engine, request_id, verdict("2", amount=600), above=499) == "requested"
    with pytest.raises(SecondPersonNeeded):
        decided(orders_engine, request_id, verdict("2", amount=600), above=499)
    assert decided(orders_engine, request_id, verdict("1", amount=600), above=499) == "approved"


def test_of_many_at_once_one_decides(orders_engine: Engine, request_id: int) -> None:
    def attempt(number: int) -> bool:
        try:
            decided(orders_engine, request_id, verdict(str(number), approve=number % 2 == 0))
        except AlreadyDecided:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(attempt, range(8))) == 1


def test_the_order_behind_a_conversation(orders_engine: Engine, request_id: int) -> None:
    later = NOW + timedelta(days=3)  # the traveller's proof has expired, what it was about has not
    with Session(orders_engine, future=True) as session:
        assert (link_of(session, "talk") or ("",))[0] == ORDER
        found = order_context(session, "talk", later)
        assert found is not None
        assert (found.facts.number, found.email, len(found.requests)) == (ORDER, EMAIL, 1)
        assert link_of(session, "another") is None
        assert order_context(session, "another", NOW) is None


def test_tickets_follow_the_conversation(orders_engine: Engine, request_id: int) -> None:
    with Session(orders_engine, future=True) as session:
        open_ticket(session, "talk", "handoff", "en", {"steps_tried": ["restart"]}, NOW, ORDER)
        assert set_state(session, "talk", "claimed") == 1
        assert set_state(session, "talk", "claimed") == 0
        assert set_state(session, "talk", "closed") == 1
        assert set_state(session, "talk", "claimed") == 0
        assert [ticket.state for ticket in tickets_of(session, "talk")] == ["closed"]
