"""What the order database would know of a phone: as the network last saw it, not as the traveller sees it."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta

from aftercare.orders.facts import CoveredNetwork, OpenIncident, OrderFacts
from tests.support.order_samples import NOW, order
from tests.support.phone.device import FAMILIES, Phone
from tests.support.phone.faults import Fault

_MODELS = {
    "iphone": ("apple-iphone-15", "iPhone 15"),
    "samsung": ("samsung-galaxy-s22", "Galaxy S22"),
    "pixel": ("google-pixel-8", "Pixel 8"),
    "xiaomi": ("xiaomi-13", "Xiaomi 13"),
    "huawei": ("huawei-p40", "P40"),
}


def record_of(chance: random.Random, phone: Phone, faults: tuple[Fault, ...]) -> OrderFacts:
    """The facts of the order whose eSIM this is."""
    around, names = phone.around, {fault.name for fault in faults}
    family = phone.family
    if "other_phone" in names:
        family = chance.choice([other for other in FAMILIES if other != phone.family])
    device, model = _MODELS[family]
    region = "Queenstown" if around.country == "NZ" else None
    facts = order(
        networks=tuple(CoveredNetwork(around.country, name, "travel.apn") for name in around.networks),
        profile_state="disabled" if not phone.line_on else "enabled",
        device_id=device,
        device_model=model,
        device_family=family,
        carrier_locked="carrier_lock" in names and chance.random() < 0.5,
        registered=phone.network() is not None or "other_phone" in names,
        last_country=around.country,
        last_region=region,
        last_operator=around.networks[0],
        data_used_mb=0 if phone.internet() == "none" and chance.random() < 0.6 else 2458,
    )
    if around.down:
        operator = min(around.down)
        outage = OpenIncident(operator, region or "Suva", "A fibre was cut.", "光缆中断。", NOW - timedelta(hours=6))
        facts = replace(facts, incident=outage)
    if around.plan == "used_up":
        facts = replace(facts, data_used_mb=facts.data_total_mb or 0)
    if around.plan == "throttled":
        facts = replace(
            facts, data_total_mb=None, data_used_mb=2458, fair_use_mb=2048, throttle_kbps=1000,
            throttled_until=NOW + timedelta(hours=8),
        )  # fmt: skip
    return facts
