"""Double charges: what counts as one, and which of the two is the second."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from aftercare.orders import tables
from aftercare.orders.payments import duplicate_charge, first_of_duplicate, returned_duplicate
from tests.support.order_rows import NOW, add_order, add_plan, days

FIRST = NOW - days(1)


def twins(session: Session, **changes: object) -> None:
    add_order(session, "NZ10000013", "grace@example.com", bought_at=FIRST)
    add_order(
        session, "NZ10000113", **{"email": "grace@example.com", "bought_at": FIRST + timedelta(seconds=30), **changes}
    )


def test_each_finds_the_other_and_only_the_later_is_the_second(session: Session) -> None:
    twins(session)
    assert duplicate_charge(session, "NZ10000013").number == "NZ10000113"
    assert duplicate_charge(session, "NZ10000113").number == "NZ10000013"
    assert first_of_duplicate(session, "NZ10000113") == "NZ10000013"
    assert first_of_duplicate(session, "NZ10000013") is None


def test_charged_in_the_same_second_the_later_row_is_the_second(session: Session) -> None:
    twins(session, bought_at=FIRST)
    assert (first_of_duplicate(session, "NZ10000013"), first_of_duplicate(session, "NZ10000113")) == (
        None,
        "NZ10000013",
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"email": "other@example.com"},
        {"plan_id": "kiwi-nz-10"},
        {"amount_minor": 2899},
        {"bought_at": FIRST + timedelta(minutes=10, seconds=1)},
        {"status": "refunded"},
        {"status": "payment_failed"},
    ],
)
def test_what_differs_is_no_duplicate(session: Session, changes: dict) -> None:
    add_plan(session, "kiwi-nz-10")
    twins(session, **changes)
    assert duplicate_charge(session, "NZ10000013") is None
    assert first_of_duplicate(session, "NZ10000113") is None


def test_once_the_other_is_being_refunded_there_is_no_duplicate(session: Session) -> None:
    twins(session)
    other = session.execute(sa.select(tables.Purchase.id).filter_by(number="NZ10000013")).scalar_one()
    session.add(
        tables.RefundRequest(
            purchase_id=other,
            kind="refund",
            state="approved",
            amount_minor=2900,
            currency="NZD",
            decision="approved",
            reasons={},
            requested_at=NOW,
        )
    )
    session.flush()
    assert duplicate_charge(session, "NZ10000113") is None
    assert returned_duplicate(session, "NZ10000113") == "NZ10000013"
    assert returned_duplicate(session, "NZ10000013") is None


def test_once_the_other_is_refunded_that_is_still_known(session: Session) -> None:
    twins(session)
    assert returned_duplicate(session, "NZ10000113") is None
    other = session.execute(sa.select(tables.Purchase).filter_by(number="NZ10000013")).scalar_one()
    other.status = "refunded"
    assert returned_duplicate(session, "NZ10000113") is None  # refunded for a reason nobody recorded here
    request = {"amount_minor": 2900, "currency": "NZD", "decision": "approved", "reasons": {}, "requested_at": NOW}
    session.add(tables.RefundRequest(purchase_id=other.id, kind="refund", state="paid", **request))
    session.flush()
    assert returned_duplicate(session, "NZ10000113") == "NZ10000013"


def test_a_single_or_unknown_order(session: Session) -> None:
    add_order(session)
    assert duplicate_charge(session, "NZ10000003") is None
    assert first_of_duplicate(session, "NZ99999999") is None
