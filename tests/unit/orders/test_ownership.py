"""Proof of ownership: equal answers, the lock after five failures, and its ends."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from aftercare.orders import guessing, ownership, tables
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


def test_a_stranger_cannot_lock_the_owner_out(session: Session) -> None:
    """Wrong e-mails for the order, wrong numbers for the e-mail, from many conversations and addresses."""
    for turn in range(30):
        verify(session, f"s{turn}", "NZ10000003", f"x{turn}@example.com", NOW, origin=f"net{turn % 20}")
        verify(session, f"t{turn}", f"NZ2000{turn:04}", EMMA, NOW, origin=f"net{turn % 20}")
    assert verify(session, "c1", "NZ10000003", EMMA, NOW + MINUTE, origin="home").status == "verified"


@pytest.mark.parametrize("number", ["NZ10000003", "NZ99999999"])
def test_waiting_is_told_the_same_way_whether_the_pair_is_right_or_wrong(session: Session, number: str) -> None:
    assert fail(session, 5, number=number) == ["refused"] * 5
    waits = VerificationResult("locked", NOW + timedelta(seconds=4) + MINUTE)
    assert verify(session, "c1", number, EMMA, NOW + MINUTE) == waits
    assert verify(session, "c1", number, "x@example.com", NOW + MINUTE) == waits
    assert ownership.verified_order(session, "c1", NOW + MINUTE) is None


def test_failures_make_the_conversation_wait_for_every_order(session: Session) -> None:
    add_order(session, "NZ10000004", "tom@example.com")
    for turn in range(5):
        verify(session, "c1", f"NZ2000000{turn}", EMMA, NOW)
    assert verify(session, "c1", "NZ10000004", "tom@example.com", NOW + MINUTE / 2).status == "locked"
    assert verify(session, "c2", "NZ10000004", "tom@example.com", NOW + MINUTE / 2).status == "verified"


def test_waits_grow_to_a_quarter_of_an_hour_and_asking_meanwhile_does_not_prolong_them(session: Session) -> None:
    fail(session, 5)
    at, waited = NOW + timedelta(seconds=4), []
    for _ in range(6):
        answer = verify(session, "c1", "NZ10000003", EMMA, at + timedelta(seconds=1))
        assert answer.until is not None
        waited.append((answer.until - at) / MINUTE)
        assert verify(session, "c1", "NZ10000003", "y@example.com", answer.until - timedelta(seconds=1)) == answer
        at = answer.until
        assert verify(session, "c1", "NZ10000003", "z@example.com", at).status == "refused"
    assert waited == [1, 2, 4, 8, 15, 15]
    assert verify(session, "c1", "NZ10000003", EMMA, at + 15 * MINUTE).status == "verified"


def test_one_address_gets_few_guesses_however_many_conversations_it_opens(session: Session) -> None:
    """Attack: the orders of a known e-mail, each number in a conversation of its own, for an hour."""
    answers = [
        verify(session, f"g{n}", f"NZ2{n:07}", EMMA, NOW + timedelta(seconds=15 * n), origin="one").status
        for n in range(240)
    ]
    assert answers.count("refused") <= 25
    assert verify(session, "neighbour", "NZ10000003", EMMA, NOW + 10 * MINUTE, origin="other").status == "verified"


def test_what_is_tried_from_everywhere_slows_those_who_have_failed(session: Session) -> None:
    for turn in range(12):
        verify(session, f"s{turn}", f"NZ2000{turn:04}", EMMA, NOW, origin=f"net{turn}")
    again = verify(session, "s1", "NZ10000003", EMMA, NOW + timedelta(seconds=30), origin="net1")
    assert again == VerificationResult("locked", NOW + MINUTE)
    add_order(session, "NZ10000004", "tom@example.com")
    assert verify(session, "s1", "NZ10000004", "tom@example.com", NOW, origin="net1").status == "verified"


def test_the_alarm_counts_recent_failures(session: Session) -> None:
    fail(session, 3)
    assert guessing.recent_failures(session, NOW + MINUTE) == 3
    assert guessing.recent_failures(session, NOW + 16 * MINUTE) == 0


def test_failures_spread_over_hours_do_not_make_wait(session: Session) -> None:
    for turn in range(8):
        assert verify(session, "c1", "NZ10000003", "x@example.com", NOW + turn * 16 * MINUTE).status == "refused"


def test_a_success_of_ones_own_does_not_wipe_failures(session: Session) -> None:
    add_order(session, "NZ10000004", "tom@example.com")
    fail(session, 4)
    assert verify(session, "c1", "NZ10000004", "tom@example.com", NOW + 5 * timedelta(seconds=1)).status == "verified"
    fail(session, 1, start=NOW + MINUTE)
    assert verify(session, "c1", "NZ10000003", EMMA, NOW + MINUTE + timedelta(seconds=5)).status == "locked"


def test_a_proof_left_idle_opens_no_code_and_stays_idle(session: Session) -> None:
    verify(session, "c1", "NZ10000003", EMMA, NOW)
    for minute in (4, 8, 16):
        ownership.keep_fresh(session, "c1", NOW + minute * MINUTE)
        assert ownership.is_fresh(session, "c1", "NZ10000003", NOW + minute * MINUTE)
    ownership.keep_fresh(session, "c1", NOW + 27 * MINUTE)
    assert not ownership.is_fresh(session, "c1", "NZ10000003", NOW + 27 * MINUTE)
    assert ownership.may_see(session, "c1", "NZ10000003", NOW + 27 * MINUTE)
    assert not ownership.verify_beside(session, "c1", "NZ10000003", NOW + 27 * MINUTE)


def test_a_proof_beside_another_ends_with_it(session: Session) -> None:
    add_order(session, "NZ10000033", EMMA)
    add_order(session, "NZ10000004", "tom@example.com")
    verify(session, "c1", "NZ10000003", EMMA, NOW)
    later = NOW + 9 * MINUTE
    assert ownership.verify_beside(session, "c1", "nz 1000 0033", later)
    assert not ownership.verify_beside(session, "c1", "NZ10000004", later)
    assert ownership.verified_orders(session, "c1", NOW + 61 * MINUTE) == ()


def test_a_withdrawn_proof_opens_nothing(session: Session) -> None:
    verify(session, "c1", "NZ10000003", EMMA, NOW)
    ownership.withdraw(session, "c1", "NZ10000003", NOW + MINUTE)
    assert ownership.verified_orders(session, "c1", NOW + MINUTE) == ()


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
    assert verify(session, "c1", "NZ10000003", EMMA, NOW + MINUTE / 2).status == "locked"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(st.text(max_size=40), st.text(max_size=40))
def test_no_text_opens_an_order_of_somebody_else(session: Session, number: str, email: str) -> None:
    assert verify(session, "fuzz", number, email, NOW).status in ("refused", "locked")
    assert verify(session, "fuzz2", "NZ10000003", email, NOW).status in ("refused", "locked")
