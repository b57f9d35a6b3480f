"""Where travellers write from: the network as a keyed hash, so that nobody is named; the phone; the page."""

from __future__ import annotations

import hashlib
import hmac
from collections import OrderedDict
from typing import NamedTuple

MOST = 50_000  # conversations that are remembered; a message that is asked again after a restart comes from nowhere


class Origin(NamedTuple):
    """Where a conversation was last written from."""

    network: str
    """A hash."""
    phone: str | None
    """The menu family of the phone in hand (`catalogue.browsers`); None for a computer and where nobody knows."""
    seller: str | None
    """On whose page it was, as the page's tag says: the id of a provider."""
    currency: str | None
    """The page's, as its tag says."""


class OriginHashes:
    """Where each conversation was last written from."""

    def __init__(self, secret: str) -> None:
        self._key = hashlib.sha256(b"origins:" + secret.encode()).digest()
        self._origins: OrderedDict[str, Origin] = OrderedDict()

    def note(
        self,
        conversation_id: str,
        network: str,
        phone: str | None = None,
        seller: str | None = None,
        currency: str | None = None,
    ) -> None:
        """The traveller writes from here. `network` is an address as `base.networks.network` gives it, or a user.

        A page that says no seller or currency changes nothing about those.
        """
        before = self._origins.get(conversation_id)
        hashed = hmac.new(self._key, network.encode(), "sha256").hexdigest()[:32]
        seller = seller or (before.seller if before else None)
        currency = currency or (before.currency if before else None)
        self._origins[conversation_id] = Origin(hashed, phone, seller, currency)
        self._origins.move_to_end(conversation_id)
        if len(self._origins) > MOST:
            self._origins.popitem(last=False)

    def of(self, conversation_id: str) -> Origin | None:
        """None when nothing was written since the desk started."""
        return self._origins.get(conversation_id)
