"""Usage: what is left, daily records, and which days are missing."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from aftercare.orders import tables
from aftercare.orders.usage import DayRecord, missing_days, summary
from tests.support.order_rows import NOW, add_order, days

TODAY = NOW.date()


def add_records(session: Session, esim: tables.Esim, ago: list[int], used_mb: int = 100) -> None:
    session.add_all(
        tables.UsageRecord(esim_id=esim.id, day=TODAY - days(n), country="NZ", operator="One NZ", used_mb=used_mb)
        for n in ago
    )
    session.flush()


def order(session: Session, **esim: object) -> tables.Esim:
    profile = {"profile_state": "enabled", "first_use_at": NOW - days(9), "last_seen_at": NOW - days(1), **esim}
    purchase = add_order(session, bought_at=NOW - days(12), esim=profile)
    return session.query(tables.Esim).filter_by(purchase_id=purchase.id).one()


def test_complete_records_add_up_and_miss_nothing(session: Session) -> None:
    add_records(session, order(session, data_used_mb=900), list(range(1, 10)))
    usage = summary(session, "NZ10000003", NOW)
    assert usage is not None
    assert (usage.total_mb, usage.used_mb, usage.left_mb, usage.recorded_mb) == (5000, 900, 4100, 900)
    assert [record.day for record in usage.records] == sorted(TODAY - days(n) for n in range(1, 10))
    assert (usage.missing_days, usage.unrecorded_mb, usage.recoverable) == ((), 0, False)


def test_days_without_a_record_are_named_and_recoverable_when_data_is_missing_too(session: Session) -> None:
    add_records(session, order(session, data_used_mb=900), [1, 2, 3, 5, 6, 7, 9])
    usage = summary(session, "NZ10000003", NOW)
    assert usage.missing_days == (TODAY - days(8), TODAY - days(4))
    assert (usage.unrecorded_mb, usage.recoverable) == (200, True)


def test_a_day_the_phone_was_off_is_missing_but_nothing_is_to_be_recovered(session: Session) -> None:
    add_records(session, order(session, data_used_mb=800), [1, 2, 3, 5, 6, 7, 8, 9])
    usage = summary(session, "NZ10000003", NOW)
    assert (usage.missing_days, usage.recoverable) == ((TODAY - days(4),), False)


def test_two_networks_on_a_day_are_two_records(session: Session) -> None:
    esim = order(session, data_used_mb=150, first_use_at=NOW - days(1))
    add_records(session, esim, [1])
    session.add(tables.UsageRecord(esim_id=esim.id, day=TODAY - days(1), country="AU", operator="Optus", used_mb=50))
    session.flush()
    usage = summary(session, "NZ10000003", NOW)
    assert [(record.country, record.used_mb) for record in usage.records] == [("NZ", 100), ("AU", 50)]
    assert usage.missing_days == ()


def test_unused_unlimited_and_unknown_orders(session: Session) -> None:
    add_order(session)
    unused = summary(session, "NZ10000003", NOW)
    assert (unused.used_mb, unused.left_mb, unused.records, unused.missing_days) == (0, 5000, (), ())
    add_order(session, "NZ10000011", status="paid", delivered_at=None)
    assert summary(session, "NZ10000011", NOW) is None
    assert summary(session, "NZ99999999", NOW) is None


@given(
    st.sets(st.integers(0, 40)),
    st.integers(0, 40),
    st.none() | st.integers(0, 40),
    st.none() | st.integers(-10, 40),
)
def test_missing_days_are_exactly_the_gaps(
    recorded: set[int], first: int, seen: int | None, expired: int | None
) -> None:
    records = tuple(DayRecord(TODAY - days(n), "NZ", "One NZ", 1) for n in recorded)
    missing = missing_days(
        records,
        NOW - days(first),
        None if seen is None else NOW - days(seen),
        None if expired is None else NOW - days(expired),
        NOW,
    )
    assert not {record.day for record in records} & set(missing)
    last = TODAY - days(max(1, seen or 0, expired or 0))
    span: set[date] = {last - timedelta(days=n) for n in range(100)} & {
        TODAY - days(first) + timedelta(days=n) for n in range(100)
    }
    assert set(missing) == span - {record.day for record in records}
    assert list(missing) == sorted(missing)


def test_days_are_those_of_new_zealand(session: Session) -> None:
    first = NOW.replace(hour=20) - days(4)  # the morning of the next day in Auckland
    esim = order(session, first_use_at=first, last_seen_at=NOW - days(1), data_used_mb=500)
    add_records(session, esim, [3, 1])
    usage = summary(session, "NZ10000003", NOW)
    assert usage is not None
    assert usage.missing_days == (TODAY - days(2),)
