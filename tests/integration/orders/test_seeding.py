"""Seeding makes the demo orders true, twice changes nothing, and what travellers did is never lost."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from aftercare.orders.facts import OrderFacts
from aftercare.orders.lookup import order_facts
from aftercare.orders.payments import duplicate_charge
from aftercare.orders.refunds.decide import decide
from aftercare.orders.refunds.load import facts_for
from aftercare.orders.requests import latest_request, open_request
from aftercare.orders.seed import seed
from aftercare.orders.tables import Plan, Purchase, RefundRequest, Ticket, Verification, metadata
from aftercare.orders.usage import summary

NOW = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
DAY = timedelta(days=1)


def facts(session: Session, number: str, now: datetime = NOW) -> OrderFacts:
    found = order_facts(session, number, now)
    assert found is not None
    return found


def refund(session: Session, number: str, now: datetime = NOW) -> tuple[str, int, set[str]]:
    loaded = facts_for(session, number, now)
    assert loaded is not None
    decision = decide(*loaded, "refund")
    return decision.outcome, decision.amount_minor, {rule.name for rule in decision.failed}


def rows(engine: Engine) -> Counter[str]:
    """Every row of every table, as text."""
    with engine.connect() as connection:
        return Counter(
            f"{table.name} {row}" for table in metadata.sorted_tables for row in connection.execute(sa.select(table))
        )


@pytest.fixture
def seeded(orders_url: str, orders_engine: Engine) -> Engine:
    seed(orders_url, NOW)
    return orders_engine


def test_each_demo_order_is_what_the_table_says(seeded: Engine) -> None:
    with Session(seeded, future=True) as session:
        wang = facts(session, "NZ10000001")
        assert (wang.profile_state, (wang.now - wang.bought_at).days, wang.delivered) == ("released", 1, True)

        li = facts(session, "NZ10000002")
        assert (li.countries, li.last_country, li.outside_coverage) == ({"NZ"}, "AU", True)
        use = summary(session, "NZ10000002", NOW)
        assert use is not None
        assert (len(use.records), use.missing_days, use.unrecorded_mb) == (9, (), 0)
        assert not li.expired
        assert {record.country for record in use.records} == {"NZ"}

        plan = session.scalars(sa.select(Plan).where(Plan.id == facts(session, "NZ10000003").plan_id)).one()
        assert refund(session, "NZ10000003") == ("approved", plan.price_minor, set())
        assert refund(session, "NZ10000004") == ("declined", 0, {"window"})
        assert refund(session, "NZ10000005") == ("declined", 0, {"data_limit"})
        assert facts(session, "NZ10000005").data_used_mb == 2458

        raj = facts(session, "NZ10000006")
        assert (raj.profile_state, raj.registered, raj.last_country, raj.data_used_mb) == ("enabled", True, "NZ", 0)
        assert raj.last_operator in {network.operator for network in raj.networks}
        assert facts(session, "NZ10000007").profile_state == "deleted"

        sofia = latest_request(session, "NZ10000008")
        assert sofia is not None
        assert (sofia.state, sofia.requested_at) == ("approved", NOW - 3 * DAY)
        assert sofia.amount_minor == facts(session, "NZ10000008").amount_minor
        assert sofia.arrives_by > NOW

        kim = facts(session, "NZ10000009")
        assert kim.incident is not None
        assert (kim.incident.operator, kim.incident.region) == ("One NZ", "Queenstown")

        anna = facts(session, "NZ10000010")
        assert (anna.throttled, anna.data_left_mb) == (True, None)
        assert anna.throttled_until == datetime(2026, 11, 20, 11, 0, tzinfo=UTC)  # midnight in Auckland

        lucas = facts(session, "NZ10000011")
        assert (lucas.status, lucas.delivered, NOW - lucas.bought_at) == ("paid", False, timedelta(minutes=10))
        assert lucas.delivery_due_at > NOW

        yuki = facts(session, "NZ10000012")
        assert (yuki.profile_state, yuki.installed_country, yuki.first_use_at) == ("installed", "JP", None)
        assert "JP" not in yuki.countries
        assert yuki.expires_at is None

        twin = duplicate_charge(session, "NZ10000013")
        assert twin is not None
        assert twin.number == "NZ10000015"
        omar = facts(session, "NZ10000014")
        assert omar.carrier_locked
        assert refund(session, "NZ10000014") == ("approved", omar.amount_minor, set())


def test_seeding_again_changes_nothing(orders_url: str, orders_engine: Engine) -> None:
    first = seed(orders_url, NOW)
    before = rows(orders_engine)
    assert first.changes == sum(before.values()) == first.added.total()
    assert first.added["purchase"] >= 300
    for later in (timedelta(), timedelta(minutes=30)):
        assert seed(orders_url, NOW + later).changes == 0
    assert rows(orders_engine) == before


def test_demo_orders_move_with_the_days_and_generated_ones_grow_old(orders_url: str, orders_engine: Engine) -> None:
    seed(orders_url, NOW)
    later = NOW + 40 * DAY
    report = seed(orders_url, later)
    assert set(report.added) <= {"usage_record"}
    with Session(orders_engine, future=True) as session:
        assert later - facts(session, "NZ10000004", later).bought_at == 20 * DAY
        assert refund(session, "NZ10000003", later)[0] == "approved"
        assert facts(session, "NZ10000009", later).incident is not None
        sofia = latest_request(session, "NZ10000008")
        assert sofia is not None
        assert sofia.requested_at == later - 3 * DAY
        use = summary(session, "NZ10000002", later)
        assert use is not None
        assert (len(use.records), use.missing_days) == (9, ())
        oldest = session.scalars(sa.select(sa.func.min(Purchase.bought_at))).one()
        assert later - oldest > 150 * DAY
    assert seed(orders_url, later).changes == 0


def test_an_overdue_delivery_brings_the_demo_orders_to_the_present(orders_url: str, orders_engine: Engine) -> None:
    seed(orders_url, NOW)
    later = NOW + timedelta(hours=3)
    assert seed(orders_url, later).changes > 0
    with Session(orders_engine, future=True) as session:
        assert later - facts(session, "NZ10000011", later).bought_at == timedelta(minutes=10)


def test_what_travellers_did_stays(orders_url: str, orders_engine: Engine) -> None:
    seed(orders_url, NOW)
    with Session(orders_engine, future=True) as session:
        loaded = facts_for(session, "NZ10000003", NOW)
        assert loaded is not None
        open_request(session, "NZ10000003", "refund", decide(*loaded, "refund"), "chat-1", NOW)
        owner = session.scalars(sa.select(Purchase).where(Purchase.number == "NZ10000007")).one()
        session.add(
            Ticket(
                conversation_id="chat-1", purchase_id=owner.id, reason="reissue", language="zh", summary={},
                state="open", created_at=NOW, read_by=NOW + DAY,
            )
        )  # fmt: skip
        session.add(
            Verification(conversation_id="chat-1", purchase_id=owner.id, how="email", verified_at=NOW, until=NOW + DAY)
        )
        session.commit()
        before = {
            table: session.execute(sa.select(metadata.tables[table])).all() for table in ("ticket", "verification")
        }

    later = NOW + 3 * DAY
    report = seed(orders_url, later)
    assert report.kept == ["NZ10000003"]
    with Session(orders_engine, future=True) as session:
        assert facts(session, "NZ10000003", later).bought_at == NOW - 2 * DAY
        request = latest_request(session, "NZ10000003")
        assert request is not None
        assert (request.conversation_id, request.requested_at) == ("chat-1", NOW)
        after = {
            table: session.execute(sa.select(metadata.tables[table])).all() for table in ("ticket", "verification")
        }
        assert after == before
        assert later - facts(session, "NZ10000007", later).bought_at == 7 * DAY
    assert seed(orders_url, later).changes == 0


def test_a_request_a_person_settled_is_left(orders_url: str, orders_engine: Engine) -> None:
    seed(orders_url, NOW)
    with Session(orders_engine, future=True) as session:
        session.execute(
            sa.update(RefundRequest)
            .where(RefundRequest.id == latest_request(session, "NZ10000008").id)  # type: ignore[union-attr]
            .values(state="paid")
        )
        session.commit()
    assert seed(orders_url, NOW + DAY).kept == ["NZ10000008"]


def test_sellers_may_seed_the_catalogue_alone(orders_url: str, orders_engine: Engine) -> None:
    report = seed(orders_url, NOW, demo=False)
    assert report.added["plan"] >= 24
    assert report.added["device"] >= 80
    assert "purchase" not in report.added
    with Session(orders_engine, future=True) as session:
        assert session.scalars(sa.select(sa.func.count()).select_from(Purchase)).one() == 0
