"""The assistant approves refunds by itself only so far; beyond it a person decides."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from aftercare.base.settings import settings
from aftercare.orders import authority
from aftercare.orders.refunds.decide import RefundDecision, decide
from aftercare.orders.refunds.load import facts_for
from aftercare.orders.requests import DecisionChanged, open_request
from aftercare.orders.staff_decisions import AmountNotAllowed, StaffDecision, decide_request
from aftercare.orders.tables import Payout
from tests.support.order_rows import NOW, add_order


def terms_say(session: Session, number: str) -> RefundDecision:
    loaded = facts_for(session, number, NOW)
    assert loaded is not None
    return decide(*loaded, "refund")


def decided(session: Session, number: str) -> RefundDecision:
    return authority.bounded(session, number, terms_say(session, number), NOW)


def approve(session: Session, number: str) -> None:
    request, made = open_request(session, number, "refund", decided(session, number), "c1", NOW)
    assert made
    assert request.state == "approved"


def test_without_limits_the_terms_decide(session: Session) -> None:
    add_order(session)
    assert decided(session, "NZ10000003") == terms_say(session, "NZ10000003")


def test_above_an_amount_a_person_decides(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    add_order(session)
    monkeypatch.setattr(settings(), "auto_refund_up_to", 28.99)
    found = decided(session, "NZ10000003")
    assert (found.outcome, found.amount_minor, found.up_to_minor) == ("review", 0, 2900)
    assert [rule.name for rule in found.failed] == ["authority"]
    monkeypatch.setattr(settings(), "auto_refund_up_to", 29.0)
    assert decided(session, "NZ10000003").outcome == "approved"


def test_a_person_grants_what_the_terms_grant_and_no_more(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    add_order(session)
    monkeypatch.setattr(settings(), "auto_refund_up_to", 1.0)
    request, _ = open_request(session, "NZ10000003", "refund", decided(session, "NZ10000003"), "c1", NOW)
    assert request.state == "requested"
    assert session.query(Payout).count() == 0
    with pytest.raises(AmountNotAllowed):
        decide_request(session, request.id, StaffDecision("1", "Mia", True, 2901, "ok"), NOW, 10**9)
    decide_request(session, request.id, StaffDecision("1", "Mia", True, 2900, "ok"), NOW, 10**9)
    assert session.query(Payout).one().amount_minor == 2900


@pytest.mark.parametrize(
    ("name", "value"),
    [("auto_refunds_per_day", 1), ("auto_refund_total_per_day", 57.0), ("auto_refunds_per_customer", 1)],
)
def test_so_many_a_day_and_customer(session: Session, monkeypatch: pytest.MonkeyPatch, name: str, value: float) -> None:
    for number in ("NZ10000003", "NZ10000004"):
        add_order(session, number, bought_at=NOW - timedelta(days=2 if number.endswith("3") else 3))
    monkeypatch.setattr(settings(), name, value)
    approve(session, "NZ10000003")
    assert decided(session, "NZ10000004").outcome == "review"


def test_another_customer_and_another_day_have_limits_of_their_own(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_order(session, "NZ10000003")
    add_order(session, "NZ10000004", email="ben@example.com")
    monkeypatch.setattr(settings(), "auto_refunds_per_customer", 1)
    approve(session, "NZ10000003")
    assert decided(session, "NZ10000004").outcome == "approved"
    monkeypatch.setattr(settings(), "auto_refunds_per_day", 1)
    assert decided(session, "NZ10000004").outcome == "review"
    tomorrow = authority.bounded(
        session, "NZ10000004", terms_say(session, "NZ10000004"), NOW + timedelta(days=1, minutes=1)
    )
    assert tomorrow.outcome == "approved"


def test_a_limit_that_was_met_meanwhile_is_shown_again(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    add_order(session)
    confirmed = decided(session, "NZ10000003")
    authority.set_stopped(session, True, "Mia", NOW)
    with pytest.raises(DecisionChanged) as changed:
        open_request(session, "NZ10000003", "refund", confirmed, "c1", NOW)
    assert changed.value.decision.outcome == "review"
    authority.set_stopped(session, False, "Mia", NOW)
    approve(session, "NZ10000003")
