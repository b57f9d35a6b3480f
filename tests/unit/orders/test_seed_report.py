"""What a seeding did is told in words."""

from __future__ import annotations

from collections import Counter

from aftercare.orders.seed_report import SeedReport


def test_a_seeding_is_told_in_words() -> None:
    assert str(SeedReport()) == "the orders are up to date"
    first = SeedReport(added=Counter({"usage_record": 2556, "purchase": 315, "plan": 30, "provider": 6}))
    assert str(first) == "added 315 orders, 30 plans, 6 providers and what belongs to them"
    later = SeedReport(added=Counter({"usage_record": 3}), changed=Counter({"purchase": 14, "esim": 9}))
    assert str(later) == "brought 26 rows up to date"
    assert str(SeedReport(added=first.added, changed=later.changed)).endswith("; brought 23 rows up to date")
