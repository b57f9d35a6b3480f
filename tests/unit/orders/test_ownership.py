"""Proof of ownership: equal answers, the lock after five failures, and its ends."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from aftercare.orders import ownership, tables
from aftercare.orders.ownership import VerificationResult, verify
from tests.support.order_rows import NOW, add_order, days

EMMA = "emma@example.com"
MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def _order(session: Session) -> None:
    add_order(session)
    session.commit()


def fail(session: Session, times: int, conversation: str = "c1", number: str = "NZ10000003", start=NOW) -> list[str]:
    return [
        verify(session, conversation, number, "x@example.com", start + timedelta(seconds=n)).status
        for n in range(times)
    ]


@pytest.mark.parametrize("number", ["NZ10000003", "nz 1000 0003", "NZ-10000003", "ｎｚ１００００００３"])
@pytest.mark.parametrize("email", [EMMA, "  Emma@Example.COM ", "emma＠example.com"])
def test_number_and_email_of_the_buyer_verify_for_an_hour(session: Session, number: str, email: str) -> None:
    assert verify(session, "c1", number, email, NOW) == VerificationResult("verified", NOW + timedelta(hours=1))
    assert ownership.verified_order(session, "c1", NOW + 59 * MINUTE) == "NZ10000003"
    assert ownership.verified_order(session, "c1", NOW + 60 * MINUTE) is None
    assert ownership.verified_order(session, "c2", NOW) is None


def test_verifying_again_extends(session: Session) -> None:
    verify(session, "c1", "NZ10000003", EMMA, NOW)
    verify(session, "c1", "NZ10000003", EMMA, NOW + 50 * MINUTE)
    assert ownership.verified_order(session, "c1", NOW + 100 * MINUTE) == "NZ10000003"


def test_wrong_number_wrong_email_and_nonsense_are_answered_by_the_same_statements(session: Session) -> None:
    engine = session.get_bind()
    statements: list[str] = []
    sa.event.listen(engine, "before_cursor_execute", lambda c, cur, text, args, ctx, many: statements.append(text))
    seen = []
    attempts = [("NZ10000003", "x@example.com"), ("NZ99999999", EMMA), ("nonsense' OR 1=1", EMMA), ("", "")]
    for turn, (number, email) in enumerate(attempts):
        statements.clear()
        assert verify(session, f"c{turn}", number, email, NOW) == VerificationResult("refused")
        seen.append(list(statements))
    assert all(one == seen[0] for one in seen)


@pytest.mark.parametrize("number", ["NZ10000003", "NZ99999999"])
def test_five_failures_lock_the_order_number_whether_it_exists_or_not(session: Session, number: str) -> None:
    assert fail(session, 5, number=number) == ["refused"] * 5
    locked = VerificationResult("locked", NOW + timedelta(seconds=4) + 15 * MINUTE)
    assert verify(session, "c2", number, EMMA, NOW + MINUTE) == locked
    assert verify(session, "c2", number, "x@example.com", NOW + MINUTE) == locked
    assert ownership.verified_order(session, "c2", NOW + MINUTE) is None


def test_five_failures_lock_the_conversation_for_every_order(session: Session) -> None:
    add_order(session, "NZ10000004", "tom@example.com")
    for turn in range(5):
        verify(session, "c1", f"NZ2000000{turn}", EMMA, NOW)
    assert verify(session, "c1", "NZ10000004", "tom@example.com", NOW + MINUTE).status == "locked"
    assert verify(session, "c2", "NZ10000004", "tom@example.com", NOW + MINUTE).status == "verified"


def test_the_lock_ends_after_fifteen_minutes_and_asking_meanwhile_does_not_prolong_it(session: Session) -> None:
    fail(session, 5)
    end = NOW + timedelta(seconds=4) + 15 * MINUTE
    for minute in range(1, 15):
        assert verify(session, "c1", "NZ10000003", EMMA, NOW + minute * MINUTE) == VerificationResult("locked", end)
    assert verify(session, "c1", "NZ10000003", EMMA, end).status == "verified"


def test_five_failures_spread_over_more_than_the_window_do_not_lock(session: Session) -> None:
    for turn in range(8):
        assert verify(session, "c1", "NZ10000003", "x@example.com", NOW + turn * 4 * MINUTE).status == "refused"


def test_a_success_of_ones_own_does_not_wipe_failures(session: Session) -> None:
    add_order(session, "NZ10000004", "tom@example.com")
    fail(session, 4)
    assert verify(session, "c1", "NZ10000004", "tom@example.com", NOW + 5 * timedelta(seconds=1)).status == "verified"
    fail(session, 1, start=NOW + MINUTE)
    assert verify(session, "c1", "NZ10000003", EMMA, NOW + 2 * MINUTE).status == "locked"


def test_unreadable_numbers_lock_only_the_conversation(session: Session) -> None:
    assert fail(session, 6, number="my order")[-1] == "locked"
    assert verify(session, "c2", "my order", EMMA, NOW + MINUTE).status == "refused"


def test_old_failures_are_deleted(session: Session) -> None:
    fail(session, 3)
    verify(session, "c1", "NZ10000003", EMMA, NOW + days(1))
    assert session.execute(sa.select(sa.func.count()).select_from(tables.VerificationFailure)).scalar_one() == 0


def test_the_latest_verified_order_is_the_one_talked_about(session: Session) -> None:
    add_order(session, "NZ10000004", "tom@example.com")
    verify(session, "c1", "NZ10000004", "tom@example.com", NOW)
    verify(session, "c1", "NZ10000003", EMMA, NOW + MINUTE)
    assert ownership.verified_orders(session, "c1", NOW + MINUTE) == ("NZ10000003", "NZ10000004")
    verify(session, "c1", "NZ10000004", "tom@example.com", NOW + 2 * MINUTE)
    assert ownership.verified_order(session, "c1", NOW + 2 * MINUTE) == "NZ10000004"
    assert ownership.may_see(session, "c1", "NZ10000003", NOW + 2 * MINUTE)
    assert not ownership.may_see(session, "c1", "NZ10000005", NOW)


def test_a_signed_identity_verifies_all_orders_of_the_customer_and_no_other(session: Session) -> None:
    add_order(session, "NZ10000004", "tom@example.com")
    add_order(session, "NZ10000033", EMMA, bought_at=NOW - days(1))
    assert ownership.verify_identity(session, "c1", " EMMA@example.com", NOW) == ("NZ10000033", "NZ10000003")
    assert ownership.verified_orders(session, "c1", NOW) == ("NZ10000033", "NZ10000003")
    assert ownership.verify_identity(session, "c2", "nobody@example.com", NOW) == ()


def test_forgetting_drops_proofs_and_keeps_the_lock(session: Session) -> None:
    verify(session, "c1", "NZ10000003", EMMA, NOW)
    fail(session, 5)
    ownership.forget(session, "c1")
    assert ownership.verified_orders(session, "c1", NOW) == ()
    assert verify(session, "c1", "NZ10000003", EMMA, NOW + MINUTE).status == "locked"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(st.text(max_size=40), st.text(max_size=40))
def test_no_text_opens_an_order_of_somebody_else(session: Session, number: str, email: str) -> None:
    assert verify(session, "fuzz", number, email, NOW).status in ("refused", "locked")
    assert verify(session, "fuzz2", "NZ10000003", email, NOW).status in ("refused", "locked")
