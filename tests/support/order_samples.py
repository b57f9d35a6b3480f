"""Orders as the database would describe them: one healthy order and the demo situations made from it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from aftercare.orders.facts import CoveredNetwork, OpenIncident, OrderFacts

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
DAY = timedelta(days=1)

HEALTHY = OrderFacts(
    now=NOW,
    number="NZ10000001",
    status="delivered",
    provider_id="kiwi-roam",
    provider_en="Kiwi Roam",
    provider_zh="奇异漫游",
    plan_id="kiwi-nz-5gb-15d",
    plan_en="New Zealand 5 GB, 15 days",
    plan_zh="新西兰 5 GB 15 天",
    plan_kind="nz_travel",
    plan_starts_at="first_use",
    days_of_plan=15,
    hotspot=True,
    calls_sms=False,
    top_up=True,
    networks=(CoveredNetwork("NZ", "One NZ", "kiwiroam"), CoveredNetwork("NZ", "2degrees", "kiwi2")),
    amount_minor=2290,
    currency="NZD",
    bought_at=NOW - 3 * DAY,
    delivery_due_at=NOW - 3 * DAY + timedelta(minutes=15),
    delivered_at=NOW - 3 * DAY + timedelta(minutes=5),
    profile_state="enabled",
    iccid="8988300000000000013",
    smdp_address="smdp.kiwiroam.example.com",
    matching_id="KA0E6-A16A3-B39F6",
    device_id="apple-iphone-15",
    device_model="iPhone 15",
    device_family="iphone",
    device_esim="yes",
    device_lte=True,
    carrier_locked=False,
    registered=True,
    installed_country="CN",
    last_country="NZ",
    last_operator="One NZ",
    last_region="Auckland",
    last_seen_at=NOW - timedelta(minutes=5),
    data_total_mb=5120,
    data_used_mb=2458,
    fair_use_mb=None,
    throttle_kbps=None,
    throttled_until=None,
    installed_at=NOW - 3 * DAY,
    first_use_at=NOW - 2 * DAY,
    expires_at=NOW + 13 * DAY,
    incident=None,
)


def order(**changes: Any) -> OrderFacts:
    """The healthy order with some facts changed."""
    return replace(HEALTHY, **changes)


def unused(**changes: Any) -> OrderFacts:
    """An order whose code nobody has used."""
    untouched: dict[str, Any] = {
        "profile_state": "released", "registered": False, "installed_country": None, "last_country": None,
        "last_operator": None, "last_region": None, "last_seen_at": None, "data_used_mb": 0, "installed_at": None,
        "first_use_at": None, "expires_at": None,
    }  # fmt: skip
    return replace(HEALTHY, **{**untouched, **changes})


OUTAGE = OpenIncident("One NZ", "Queenstown", "A fibre was cut.", "光缆中断。", NOW - timedelta(hours=6))
NOT_DELIVERED = unused(
    number="NZ10000011",
    status="paid",
    profile_state=None,
    iccid=None,
    smdp_address=None,
    matching_id=None,
    device_id=None,
    device_model=None,
    device_family=None,
    device_esim=None,
    device_lte=None,
    bought_at=NOW - timedelta(minutes=10),
    delivery_due_at=NOW + timedelta(minutes=110),
    delivered_at=None,
)
DEMO: dict[str, OrderFacts] = {
    "NZ10000001": unused(),
    "NZ10000002": order(number="NZ10000002", registered=False, last_country="AU", last_operator="Optus"),
    "NZ10000003": unused(number="NZ10000003"),
    "NZ10000004": unused(number="NZ10000004", bought_at=NOW - 20 * DAY),
    "NZ10000005": order(number="NZ10000005"),
    "NZ10000006": order(
        number="NZ10000006",
        data_total_mb=6144,
        data_used_mb=0,
        networks=(CoveredNetwork("NZ", "Spark", "pacifica.nz"), CoveredNetwork("AU", "Telstra", "pacifica.au")),
        last_operator="Spark",
        device_family="samsung",
        device_id="samsung-galaxy-s22",
        device_model="Galaxy S22",
    ),
    "NZ10000007": order(number="NZ10000007", profile_state="deleted", registered=False),
    "NZ10000008": unused(number="NZ10000008"),
    "NZ10000009": order(number="NZ10000009", registered=False, last_region="Queenstown", incident=OUTAGE),
    "NZ10000010": order(
        number="NZ10000010",
        data_total_mb=None,
        fair_use_mb=2048,
        throttle_kbps=1000,
        throttled_until=datetime(2026, 11, 22, 11, 0, tzinfo=UTC),
    ),
    "NZ10000011": NOT_DELIVERED,
    "NZ10000012": unused(
        number="NZ10000012", profile_state="installed", installed_country="JP", installed_at=NOW - DAY
    ),
    "NZ10000013": unused(number="NZ10000013"),
    "NZ10000014": unused(number="NZ10000014", carrier_locked=True),
}
