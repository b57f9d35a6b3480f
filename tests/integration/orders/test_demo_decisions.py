"""The demo orders as seeded: what the README promises for each follows from the rules."""

from __future__ import annotations

import pytest
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from aftercare.base.database import utc_now
from aftercare.orders.lookup import order_facts
from aftercare.orders.payments import duplicate_charge, first_of_duplicate
from aftercare.orders.plans import crossborder_packs, top_ups_for
from aftercare.orders.refunds.decide import decide
from aftercare.orders.refunds.exchange import exchange_options
from aftercare.orders.refunds.load import facts_for
from aftercare.orders.requests import latest_request
from aftercare.orders.seed import seed
from aftercare.orders.usage import summary

EXPECTED = {  # order: outcome, rules that fail, options that must be among those offered
    "NZ10000001": ("approved", [], {"person"}),
    "NZ10000003": ("approved", [], {"person"}),
    "NZ10000004": ("declined", ["window"], {"consumer_rights", "person"}),
    "NZ10000005": ("declined", ["data_limit"], {"exchange", "top_up", "fault_review", "consumer_rights"}),
    "NZ10000007": ("declined", ["profile"], {"person"}),
    "NZ10000011": ("approved", [], {"person"}),
    "NZ10000014": ("approved", [], {"person"}),
}


@pytest.mark.timeout(120)
def test_demo_orders_get_what_is_promised(orders_engine: Engine) -> None:
    seed(orders_engine.url.render_as_string(hide_password=False))
    now = utc_now()
    with Session(orders_engine, future=True) as session:
        for number, (outcome, rules, options) in EXPECTED.items():
            decision = decide(*facts_for(session, number, now), "refund")
            assert (number, decision.outcome) == (number, outcome)
            assert {rule.name for rule in decision.failed} >= set(rules), number
            assert set(decision.options) >= options, number
            if outcome == "approved":
                assert decision.amount_minor == order_facts(session, number, now).amount_minor

        window = decide(*facts_for(session, "NZ10000004", now), "refund").failed[0]
        assert (window.figure, window.limit, window.unit) == (20, 7, "days")
        data = decide(*facts_for(session, "NZ10000005", now), "refund").failed[0]
        assert (data.limit, 2300 < data.figure < 2500) == (500, True)
        assert exchange_options(session, "NZ10000005", now)
        assert top_ups_for(session, "NZ10000005", now)

        abroad = order_facts(session, "NZ10000002", now)
        assert abroad.outside_coverage
        assert crossborder_packs(session, [abroad.last_country])
        usage = summary(session, "NZ10000002", now)
        assert (len({record.day for record in usage.records}), usage.missing_days) == (9, ())
        assert usage.recorded_mb == usage.used_mb

        asked = latest_request(session, "NZ10000008")
        assert (asked.state, asked.amount_minor > 0, asked.arrives_by > now) == ("approved", True, True)
        assert order_facts(session, "NZ10000009", now).incident.region == "Queenstown"
        assert order_facts(session, "NZ10000010", now).throttled

        second = duplicate_charge(session, "NZ10000013").number
        assert "NZ10000013" in (first_of_duplicate(session, second), second)
        later = second if first_of_duplicate(session, second) else "NZ10000013"
        rules = {rule.name for rule in decide(*facts_for(session, later, now), "refund").rules}
        assert "duplicate_charge" in rules
        locked = decide(*facts_for(session, "NZ10000014", now), "refund")
        assert "phone_cannot_use" in {rule.name for rule in locked.rules}
