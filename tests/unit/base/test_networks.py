"""What addresses are counted as, and whose they are."""

from __future__ import annotations

import pytest

from aftercare.base.networks import Networks, network
from aftercare.base.settings import Settings


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", ""),
        ("no address", "no address"),
    ],
)
def test_a_subscriber_of_ipv6_is_counted_once(address: str, counted: str) -> None:
    assert network(address) == counted


def test_proxies_are_told_by_network() -> None:
    ours = Networks(Settings(trusted_proxies="10.0.0.0/24 192.0.2.7, 2001:db8::/32").trusted_networks)
    assert [ours.includes(each) for each in ("10.0.0.9", "192.0.2.7", "2001:db8:9::1", "::ffff:10.0.0.9")] == [True] * 4
    assert [ours.includes(each) for each in ("10.0.1.9", "192.0.2.8", "", "x")] == [False] * 4
