"""What is reported at a place: told with the other network of the plan, and until when."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from rasa_sdk.events import UserUttered
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from actions.plans.incidents import answer, at_place, tell_of_place
from aftercare.orders import tables
from aftercare.orders.incidents import open_at
from aftercare.orders.lookup import order_facts
from tests.support.order_rows import NOW, add_plan, days
from tests.support.turns import prove, said, told, turn

NUMBER = "NZ10000003"
NAPIER = {"location": "Napier"}


def disturb(orders: Engine, operator: str, region: str = "Napier", ends: datetime | None = None) -> None:
    with Session(orders, future=True) as session, session.begin():
        values = {"summary_en": f"{operator} is down.", "summary_zh": f"{operator} 故障。", "country": "NZ"}
        starts = NOW - days(1)
        session.add(tables.Incident(id=operator, operator=operator, region=region, starts=starts, ends=ends, **values))


def told_values(**message: Any) -> dict[str, Any]:
    return {name: message[name] for name in ("operators", "until", "summary", "place", "operator") if name in message}


@pytest.mark.parametrize(
    ("operator", "region", "ends", "found"),
    [
        ("Spark", "Napier", None, 1),
        ("Spark", "*", None, 1),
        ("Spark", "Nelson", None, 0),
        ("Spark", "Napier", NOW - days(0.1), 0),
    ],
)
def test_what_is_open_at_a_place(orders: Engine, operator: str, region: str, ends: datetime | None, found: int) -> None:
    disturb(orders, operator, region, ends)
    with Session(orders, future=True) as session:
        assert len(open_at(session, "Napier", NOW)) == found


def test_without_an_order_any_network_counts(orders: Engine) -> None:
    disturb(orders, "Spark")
    here = turn("start:report_no_service", entities=NAPIER, goal="diagnose")
    assert tell_of_place(here)
    assert said(here) == ["utter_incident_open"]
    assert not tell_of_place(here)
    quiet = turn("start:report_no_service", entities={"location": "Nelson"}, goal="diagnose")
    assert tell_of_place(quiet)
    assert said(quiet) == ["utter_no_incident"]


@pytest.mark.parametrize(("bad", "response"), [("Spark", "utter_incident_switch"), ("One NZ", "utter_no_incident")])
def test_an_order_has_its_own_networks(orders: Engine, bad: str, response: str) -> None:
    with Session(orders, future=True) as session, session.begin():
        plan = add_plan(session)
        mine = {network.operator for network in plan.networks}
        spare = next(name for name in ("2degrees", "Skinny") if name not in mine)
        session.query(tables.PlanNetwork).delete()
        for operator in ("Spark", spare):
            session.add(tables.PlanNetwork(plan_id=plan.id, country="NZ", operator=operator, apn="kiwi.data"))
    prove(orders, NUMBER)
    disturb(orders, bad, ends=NOW + days(1))
    here = turn("inform", entities=NAPIER, goal="diagnose", order_number=NUMBER)
    assert tell_of_place(here)
    assert said(here) == [response]
    if response == "utter_incident_switch":
        message = here.dispatcher.messages[0]
        assert message["operators"] == spare
        assert "over by" in message["until"]
        with Session(orders, future=True) as session:
            facts = order_facts(session, NUMBER, NOW)
            assert facts is not None
            there = at_place(session, facts, "Napier")
            assert there.incident is not None
            assert there.last_region == "Napier"
            assert at_place(session, facts, None) is facts


def test_a_place_is_told_of_once(orders: Engine) -> None:
    named = {"text": "in Napier", "entities": [{"entity": "location", "value": "Napier"}]}
    before = [dict(UserUttered("in Napier", named)), told("utter_no_incident")]
    assert not tell_of_place(turn("inform", entities=NAPIER, before=before))
    assert tell_of_place(turn("inform", entities={"location": "Nelson"}, before=before))
    assert not tell_of_place(turn("inform", entities=NAPIER, symptom="hotspot"))


def test_it_is_asked_about(orders: Engine) -> None:
    disturb(orders, "Spark")
    down = "service-health.is-network-down@0.5"
    here = turn("ask", entities=NAPIER, units=down)
    assert answer(here) == []
    assert said(here) == ["utter_incident_open"]
    known = turn("ask", units=down, location="Nelson")
    assert answer(known) == []
    assert said(known) == ["utter_no_incident"]
    assert answer(turn("ask", units=down)) is None
    assert answer(turn("ask", entities=NAPIER, units="coverage.napier@0.6")) is None


def test_until_when(orders: Engine) -> None:
    disturb(orders, "Spark")
    here = turn("ask", text="how long?", location="Napier", before=[told("utter_incident_open")])
    assert answer(here) == []
    assert said(here) == ["utter_incident_until"]
    assert answer(turn("ask", text="how long?", location="Nelson", before=[told("utter_incident_open")])) is None


def test_the_network_without_a_disturbance_is_taken(orders: Engine) -> None:
    prove(orders, NUMBER)
    here = turn("ask", text="Spark or One NZ?", order_number=NUMBER)
    here.tracker.latest_message["entities"] = [{"entity": "operator", "value": name} for name in ("Spark", "One NZ")]
    assert answer(here) == []
    assert said(here) == ["utter_network_choice"]


def test_whether_it_is_the_disturbance(orders: Engine) -> None:
    with Session(orders, future=True) as session, session.begin():
        operator = next(network.operator for network in add_plan(session).networks)
    disturb(orders, operator)
    prove(orders, NUMBER)
    here = turn("ask", text="is that because of the outage", order_number=NUMBER, **NAPIER)
    assert answer(here) == []
    assert said(here) == ["utter_incident_is_it"]
    assert answer(turn("ask", text="is that because of the outage", order_number=NUMBER, location="Nelson")) is None


def test_a_fault_where_nothing_is_reported_is_looked_at() -> None:
    here = turn("start:report_no_service", text="my daughter has no signal in Nelson", entities={"location": "Nelson"})
    events = answer(here) or []
    assert said(here) == ["utter_no_incident"]
    assert events[-1]["name"] == "order_form"


def test_a_town_of_a_region_is_called_as_the_traveller_does() -> None:
    here = turn("start:report_no_service", text="no signal in greymouth")
    here.tracker.latest_message["entities"] = [{"entity": "location", "value": "Hokitika", "start": 13, "end": 22}]
    answer(here)
    assert here.dispatcher.messages[0]["place"] == "Greymouth"
