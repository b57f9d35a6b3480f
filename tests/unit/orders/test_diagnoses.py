"""How diagnoses end is kept once per case, without a person, and counted by cause."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from aftercare.orders.diagnoses import Ended, by_cause, experience, record
from aftercare.orders.tables import Diagnosis, OrdersBase

DAY = date(2026, 11, 20)
CASE = Ended("a1", DAY, "solved", "no_data", (("no_data", "vpn"),), "iphone", "Spark", "NZ", 3)


@pytest.fixture
def session():
    engine = sa.create_engine("sqlite://")
    OrdersBase.metadata.create_all(engine)
    with Session(engine) as session:
        yield session


def test_what_was_solved_is_experience(session):
    record(session, CASE)
    record(session, replace(CASE, case="a2", causes=(("no_service", "line_off"), ("no_data", "vpn"))))
    record(session, replace(CASE, case="a3", outcome="open"))
    record(session, replace(CASE, case="a4", causes=()))
    record(session, replace(CASE, case="a5", day=DAY - timedelta(days=300)))
    assert experience(session, DAY) == {("no_data", "vpn"): 2, ("no_service", "line_off"): 1}


def test_a_case_that_goes_on_replaces_what_was_stored_of_it(session):
    record(session, replace(CASE, outcome="open", causes=()))
    record(session, CASE)
    rows = session.execute(sa.select(Diagnosis.outcome, Diagnosis.cause)).all()
    assert [tuple(row) for row in rows] == [("solved", "vpn")]


def test_one_cause_behind_two_symptoms_is_one_row(session):
    record(session, replace(CASE, causes=(("no_service", "vpn"), ("no_data", "vpn"))))
    assert experience(session, DAY) == {("no_data", "vpn"): 1}


def test_cases_are_counted_by_cause_phone_network_and_country(session):
    for case in ("a1", "a2"):
        record(session, replace(CASE, case=case))
    record(
        session, replace(CASE, case="a3", outcome="open", causes=(), device_family=None, operator=None, country=None)
    )
    assert by_cause(session, DAY, DAY) == [
        ("solved", "vpn", "iphone", "Spark", "NZ", 2),
        ("open", "", "", "", "", 1),
    ]
    assert by_cause(session, DAY + timedelta(days=1), DAY + timedelta(days=9)) == []


def test_nothing_stored_tells_whose_it_was():
    columns = set(Diagnosis.__table__.columns.keys())
    assert columns == {"case", "cause", "symptom", "day", "outcome", "device_family", "operator", "country", "steps"}
