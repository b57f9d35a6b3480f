"""Order facts as they come from the tables."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from aftercare.orders import tables
from aftercare.orders.lookup import order_facts
from tests.support.order_rows import NOW, add_order, add_plan, days


def add_incident(session: Session, incident_id: str, region: str, **changes: object) -> None:
    values = {
        "operator": "One NZ",
        "country": "NZ",
        "starts": NOW - days(1),
        "ends": None,
        "summary_en": "x",
        "summary_zh": "x",
    }
    session.add(tables.Incident(id=incident_id, region=region, **{**values, **changes}))
    session.flush()


def test_an_unknown_number_has_no_facts(session: Session) -> None:
    assert order_facts(session, "NZ99999999", NOW) is None


def test_order_plan_profile_phone_and_networks_come_together(session: Session) -> None:
    session.add(
        tables.Device(
            id="apple-iphone-15", brand="Apple", model="iPhone 15", aliases=[], esim="yes", menu_family="iphone"
        )
    )
    add_plan(session, countries=("NZ", "AU"), fair_use_mb=1000, throttle_kbps=512)
    add_order(
        session,
        esim={
            "profile_state": "enabled",
            "registered": True,
            "device_id": "apple-iphone-15",
            "data_total_mb": 6000,
            "data_used_mb": 1500,
            "last_country": "AU",
            "last_operator": "Optus",
            "throttled_until": NOW + days(0.1),
            "expires_at": NOW + days(3),
        },
    )
    facts = order_facts(session, "NZ10000003", NOW)
    assert facts is not None
    assert (facts.plan_id, facts.provider_zh, facts.profile_state) == ("kiwi-nz-5", "奇异漫游", "enabled")
    assert (facts.device_model, facts.device_family, facts.device_esim) == ("iPhone 15", "iphone", "yes")
    assert (facts.data_left_mb, facts.throttled, facts.expired, facts.outside_coverage) == (4500, True, False, False)
    assert facts.countries == {"NZ", "AU"}
    assert {network.apn for network in facts.networks} == {"kiwi.data"}
    assert facts.incident is None


def test_an_undelivered_order_has_no_profile(session: Session) -> None:
    add_order(session, status="paid", delivered_at=None)
    facts = order_facts(session, "NZ10000003", NOW)
    assert facts is not None
    assert (facts.profile_state, facts.iccid, facts.delivered, facts.carrier_locked) == (None, None, False, False)
    assert (facts.data_left_mb, facts.outside_coverage) == (5000, False)


def test_only_an_open_incident_of_that_operator_at_that_place_is_told(session: Session) -> None:
    place = {"last_country": "NZ", "last_operator": "One NZ", "last_region": "Queenstown"}
    add_order(session, esim={"profile_state": "enabled", **place})
    add_incident(session, "elsewhere", "Nelson")
    add_incident(session, "other-operator", "Queenstown", operator="Spark")
    add_incident(session, "over", "Queenstown", ends=NOW)
    add_incident(session, "planned", "Queenstown", starts=NOW + days(1))
    assert order_facts(session, "NZ10000003", NOW).incident is None
    add_incident(session, "nationwide", "*")
    assert order_facts(session, "NZ10000003", NOW).incident.region == "*"
    add_incident(session, "here", "Queenstown")
    assert order_facts(session, "NZ10000003", NOW).incident.region == "Queenstown"


def test_three_statements_that_all_use_an_index(session: Session) -> None:
    add_order(session, esim={"last_country": "NZ", "last_operator": "One NZ", "last_region": "Queenstown"})
    session.expire_all()
    statements: list[tuple[str, object]] = []
    engine = session.get_bind()
    sa.event.listen(
        engine, "before_cursor_execute", lambda c, cur, text, args, ctx, many: statements.append((text, args))
    )
    order_facts(session, "NZ10000003", NOW)
    assert len(statements) == 3
    for text, args in list(statements):
        plan = session.connection().exec_driver_sql("EXPLAIN QUERY PLAN " + text, args).all()
        assert not [step for step in plan if "SCAN" in step[3]], text
