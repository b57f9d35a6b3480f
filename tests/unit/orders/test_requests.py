"""Requests: opened once, only as confirmed, withdrawn at will."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from aftercare.orders import tables
from aftercare.orders.refunds.decide import Kind, RefundDecision, decide
from aftercare.orders.refunds.load import facts_for
from aftercare.orders.requests import (
    DecisionChanged,
    RequestError,
    latest_of_conversation,
    latest_request,
    open_request,
    withdraw,
)
from tests.support.order_rows import NOW, add_order, add_plan, days

NUMBER = "NZ10000003"


def confirmed(session: Session, kind: Kind = "refund", number: str = NUMBER, fault: bool = False) -> RefundDecision:
    return decide(*facts_for(session, number, NOW, fault_reported=fault), kind)


def rows(session: Session) -> int:
    return session.execute(sa.select(sa.func.count()).select_from(tables.RefundRequest)).scalar_one()


def test_a_confirmed_refund_is_stored_with_its_reasons_and_date(session: Session) -> None:
    add_order(session)
    request, created = open_request(session, NUMBER, "refund", confirmed(session), "c1", NOW)
    assert created
    assert (request.state, request.amount_minor, request.currency, request.decision) == (
        "approved",
        2900,
        "NZD",
        "approved",
    )
    assert request.arrives_by == NOW + days(10)
    assert {"name": "window", "passed": True, "figure": 2, "limit": 7, "unit": "days"} in request.reasons["rules"]


def test_asking_again_changes_nothing_and_gives_the_same_request(session: Session) -> None:
    add_order(session)
    decision = confirmed(session)
    first, _ = open_request(session, NUMBER, "refund", decision, "c1", NOW)
    again, created = open_request(session, NUMBER, "refund", decision, "c2", NOW + timedelta(minutes=1))
    assert (again.id, again.conversation_id, created, rows(session)) == (first.id, "c1", False, 1)


def test_a_decision_that_no_longer_holds_is_not_carried_out(session: Session) -> None:
    add_order(session)
    decision = confirmed(session)
    session.execute(sa.update(tables.Esim).values(profile_state="enabled", data_used_mb=3000))
    with pytest.raises(DecisionChanged) as error:
        open_request(session, NUMBER, "refund", decision, "c1", NOW)
    assert error.value.decision.outcome == "declined"
    assert rows(session) == 0


@pytest.mark.parametrize("change", [{"amount_minor": 999_999}, {"outcome": "partial"}, {"currency": "USD"}])
def test_a_forged_decision_is_not_carried_out(session: Session, change: dict) -> None:
    add_order(session)
    with pytest.raises(DecisionChanged):
        open_request(session, NUMBER, "refund", replace(confirmed(session), **change), "c1", NOW)


def test_a_refusal_opens_nothing(session: Session) -> None:
    add_order(session, bought_at=NOW - days(20))
    with pytest.raises(DecisionChanged):
        open_request(session, NUMBER, "refund", confirmed(session), "c1", NOW)
    with pytest.raises(RequestError):
        open_request(session, "NZ99999999", "refund", confirmed(session), "c1", NOW)


def test_a_review_waits_for_a_person(session: Session) -> None:
    add_order(session, esim={"profile_state": "enabled", "data_used_mb": 3000})
    request, _ = open_request(session, NUMBER, "refund", confirmed(session, fault=True), "c1", NOW)
    assert (request.state, request.amount_minor, request.decided_at, request.arrives_by) == ("requested", 0, None, None)
    assert (request.reasons["up_to_minor"], request.reasons["fault_reported"]) == (2900, True)


def test_an_exchange_names_its_plan_and_difference(session: Session) -> None:
    add_order(session)
    add_plan(session, "kiwi-nz-10", price_minor=3900)
    add_plan(session, "tui-nz", provider_id="tui")
    decision = confirmed(session, "exchange")
    for wrong in (None, "tui-nz", "kiwi-nz-5", "no-such-plan"):
        with pytest.raises(RequestError):
            open_request(session, NUMBER, "exchange", decision, "c1", NOW, target_plan_id=wrong)
    request, _ = open_request(session, NUMBER, "exchange", decision, "c1", NOW, target_plan_id="kiwi-nz-10")
    assert (request.kind, request.target_plan_id, request.amount_minor) == ("exchange", "kiwi-nz-10", 2900)
    assert (request.reasons["difference_minor"], request.arrives_by) == (1000, None)


def test_withdrawing_closes_the_request_once_and_another_may_follow(session: Session) -> None:
    add_order(session)
    decision = confirmed(session)
    first, _ = open_request(session, NUMBER, "refund", decision, "c1", NOW)
    assert withdraw(session, NUMBER, NOW)
    assert not withdraw(session, NUMBER, NOW)
    assert (first.state, latest_request(session, NUMBER).id) == ("withdrawn", first.id)
    second, created = open_request(session, NUMBER, "refund", decision, "c1", NOW + timedelta(minutes=1))
    assert (created, latest_request(session, NUMBER).id) == (True, second.id)


def test_a_withdrawn_request_keeps_its_story(session: Session) -> None:
    add_order(session)
    request, _ = open_request(session, NUMBER, "refund", confirmed(session), "c1", NOW)
    rules, arrives_by = request.reasons["rules"], request.arrives_by
    withdraw(session, NUMBER, NOW + timedelta(hours=1), "c2")
    session.expire_all()
    kept = latest_request(session, NUMBER)
    assert (kept.state, kept.arrives_by, kept.reasons["rules"]) == ("withdrawn", None, rules)
    assert kept.reasons["withdrawn"] == {
        "at": (NOW + timedelta(hours=1)).isoformat(),
        "conversation_id": "c2",
        "was": {"state": "approved", "arrives_by": arrives_by.isoformat()},
    }


def test_the_last_request_of_a_conversation(session: Session) -> None:
    add_order(session)
    assert latest_of_conversation(session, "c1") is None
    request, _ = open_request(session, NUMBER, "refund", confirmed(session), "c1", NOW)
    assert latest_of_conversation(session, "c1").id == request.id
    assert latest_of_conversation(session, "c2") is None


def test_what_is_paid_cannot_be_withdrawn_nor_asked_again(session: Session) -> None:
    add_order(session)
    request, _ = open_request(session, NUMBER, "refund", confirmed(session), "c1", NOW)
    request.state = "paid"
    session.flush()
    assert not withdraw(session, NUMBER, NOW)
    with pytest.raises(DecisionChanged):
        open_request(session, NUMBER, "refund", confirmed(session), "c1", NOW)


def test_only_one_of_two_charges_goes_back_as_a_duplicate(session: Session) -> None:
    add_order(session, "NZ10000013", bought_at=NOW - days(30))
    add_order(session, "NZ10000113", bought_at=NOW - days(30) + timedelta(seconds=20))
    assert confirmed(session, number="NZ10000013").outcome == "declined"
    decision = confirmed(session, number="NZ10000113")
    assert decision.outcome == "approved"
    open_request(session, "NZ10000113", "refund", decision, "c1", NOW)
    assert confirmed(session, number="NZ10000013").outcome == "declined"


def test_an_order_without_request_has_none(session: Session) -> None:
    add_order(session)
    assert latest_request(session, NUMBER) is None
    assert not withdraw(session, NUMBER, NOW)
