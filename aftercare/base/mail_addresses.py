"""Which addresses mail may be sent to: none of the domains that are reserved for examples and tests."""

from __future__ import annotations

from aftercare.base.settings import settings

# RFC 2606 and RFC 6761; the demo orders have such addresses
RESERVED = ("test", "example", "invalid", "localhost", "example.com", "example.net", "example.org")


def is_reserved(address: str) -> bool:
    """Whether an address can be nobody's: its domain is reserved, or below one that is."""
    domain = address.strip().rpartition("@")[2].rstrip(".").lower()
    return any(domain == each or domain.endswith(f".{each}") for each in RESERVED)


def takes_mail(address: str) -> bool:
    """Whether mail is sent at all, and to this address."""
    return settings().mails and not is_reserved(address)
