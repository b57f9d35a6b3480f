"""Network addresses: which are ours, and as what others are counted."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Network = IPv4Network | IPv6Network


class Networks:
    """A set of networks."""

    def __init__(self, networks: Iterable[Network]) -> None:
        self._networks = tuple(networks)
        self.includes = lru_cache(maxsize=1024)(self._includes)

    def _includes(self, address: str) -> bool:
        found = _parsed(address)
        return found is not None and any(found in network for network in self._networks)


@lru_cache(maxsize=4096)
def network(address: str) -> str:
    """An address as limits count it: of IPv6 its /64, which one subscriber has as a whole; else itself."""
    found = _parsed(address)
    if isinstance(found, IPv6Address):
        return str(ip_network((found, 64), strict=False))
    return str(found) if found is not None else address[:45]


def _parsed(address: str) -> IPv4Address | IPv6Address | None:
    """The address; IPv4 within IPv6 is IPv4. None for what is none, such as a socket of Unix."""
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return None
    mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    return mapped or found
