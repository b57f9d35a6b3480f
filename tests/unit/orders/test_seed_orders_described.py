"""Described orders: offsets, identifiers, and the generated ones are plausible and always the same."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aftercare.base.identifiers import valid_eid, valid_iccid, valid_imei
from aftercare.catalogue.load import load_catalogue
from aftercare.catalogue.yaml_file import CatalogueError
from aftercare.orders.demo import DEMO_ORDERS, DescribedOrder, load_orders, parse_offset
from aftercare.orders.generate import generate_orders

DAY = timedelta(days=1)


@given(st.sampled_from("+-"), st.integers(0, 999), st.integers(0, 99), st.integers(0, 99))
def test_offsets_read_back(sign: str, days: int, hours: int, minutes: int) -> None:
    expected = timedelta(days=days, hours=hours, minutes=minutes) * (-1 if sign == "-" else 1)
    assert parse_offset(f"{sign}{days}d{hours}h{minutes}m") == expected
    assert parse_offset(expected) == expected


@pytest.mark.parametrize("text", ["", "-", "+", "2d", "-2", "-2w", "-d", "-2h3d", "- 2d", "-２d", None, 5])
def test_other_texts_are_no_offsets(text: object) -> None:
    with pytest.raises(ValueError, match="not a time from now"):
        parse_offset(text)


def spoilt(tmp_path: Path, old: str, new: str) -> Path:
    text = DEMO_ORDERS.read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / "orders.yml"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("bought: -1d", "bought: yesterday", r":\d+: orders\[0\]\.bought: .*expected a time from now such as -2d"),
        ("8988300000000000013", "8988300000000000014", r"orders\[0\]\.esim\.iccid: not an ICCID"),
        ("89049032471450708499065123597565", "89049032471450708499065123597566", r"orders\[1\]\.esim\.eid: not an EID"),
        ("358032152093697", "358032152093698", r"orders\[1\]\.esim\.imei: not an IMEI"),
        ("number: NZ10000001", "number: 10000001", r"orders\[0\]\.number"),
        ("first_use: -9d", "last_region: Sydney", r"orders\[1\]\.esim"),
    ],
)
def test_a_wrong_line_is_named(tmp_path: Path, old: str, new: str, message: str) -> None:
    with pytest.raises(CatalogueError, match=message):
        load_orders(spoilt(tmp_path, old, new))


def test_generated_orders_are_always_the_same() -> None:
    catalogue = load_catalogue()
    assert generate_orders(catalogue) == generate_orders(catalogue)
    assert len(generate_orders(catalogue, 20)) == 20


def plausible(order: DescribedOrder) -> None:
    plans = {plan.id: plan for plan in load_catalogue().plans}
    plan, esim = plans[order.plan_id], order.esim
    assert order.bought < timedelta()
    if order.delivered is not None:
        assert order.bought < order.delivered <= timedelta()
    if esim is None:
        return
    assert valid_iccid(esim.iccid)
    assert esim.eid is None or valid_eid(esim.eid)
    assert esim.imei is None or valid_imei(esim.imei)
    assert esim.smdp_address.endswith(".example.com")
    assert (esim.installed is None) == (esim.profile_state == "released")
    times = [order.delivered, esim.installed, esim.first_use, esim.last_seen]
    known = [time for time in times if time is not None]
    assert known == sorted(known)
    extra = sum(top_up.data_mb for top_up in order.top_ups)
    if plan.data_mb is not None:
        assert sum(esim.daily_mb) + esim.used_today_mb <= plan.data_mb + extra
    if esim.first_use is not None:
        assert len(esim.daily_mb) * DAY <= -esim.first_use


def test_every_described_order_is_plausible() -> None:
    orders = (*load_orders(), *generate_orders(load_catalogue()))
    for order in orders:
        plausible(order)
    assert len({order.number for order in orders}) == len(orders)
    profiles = [order.esim for order in orders if order.esim is not None]
    assert len({profile.iccid for profile in profiles}) == len(profiles)
    assert {profile.profile_state for profile in profiles} >= {
        "released",
        "installed",
        "enabled",
        "disabled",
        "deleted",
    }
    assert {order.language for order in orders} == {"en", "zh"}
