"""Asks the shop for an order that somebody names before the next look at its database brings it."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache

from sqlalchemy.engine import Engine

from aftercare.base.identifiers import normalise_order_number, order_numbers
from aftercare.base.settings import settings
from aftercare.connectors.order_pull import order_source, take_all, why_not_read
from aftercare.connectors.ports import OrderSource
from aftercare.orders.ownership import normalise_email

log = logging.getLogger(__name__)

SECONDS = 3.0
"""A traveller waits at most so long for the shop."""
AGAIN_AFTER = 30.0
"""The same is not asked again so soon, and nothing at all after a shop did not answer."""


@lru_cache(maxsize=1)
def _lookup() -> ShopLookup | None:
    source = order_source(settings(), SECONDS)
    return None if source is None else ShopLookup(source)


def bring(engine: Engine, numbers: Iterable[str] = (), emails: Iterable[str] = ()) -> None:
    """Take what the shop has under these order numbers, or, without one, of these buyers.

    Does nothing without ORDERS_SQL. A shop that does not answer leaves what is known. Not inside a transaction.
    """
    if settings().orders_sql and (lookup := _lookup()) is not None:
        lookup.bring(engine, numbers, emails)


class ShopLookup:
    """Looks into one source, not more often than it has to."""

    def __init__(self, source: OrderSource, seconds: float = SECONDS) -> None:
        self._source = source
        self._seconds = seconds
        self._threads = ThreadPoolExecutor(4, thread_name_prefix="shop")
        self._lock = threading.Lock()
        self._asked: dict[str, float] = {}
        self._silent_until = 0.0

    def bring(self, engine: Engine, numbers: Iterable[str], emails: Iterable[str]) -> None:
        """As the function."""
        shops = {order_numbers().shop_number(known) for each in numbers if (known := normalise_order_number(each))}
        wanted = shops or {normalise_email(each) for each in emails}
        for value in sorted(wanted):
            if self._is_due(value):
                self._take(engine, value, by_number=value in shops)

    def _is_due(self, value: str) -> bool:
        now = time.monotonic()
        with self._lock:
            self._asked = {known: at for known, at in self._asked.items() if at + AGAIN_AFTER > now}
            if value in self._asked or now < self._silent_until:
                return False
            self._asked[value] = now
            return True

    def _take(self, engine: Engine, value: str, by_number: bool) -> None:
        look = self._source.by_number if by_number else self._source.by_email
        try:
            orders, _ = self._threads.submit(look, value).result(self._seconds)
        except Exception as error:
            with self._lock:
                self._silent_until = time.monotonic() + AGAIN_AFTER
                self._asked.pop(value, None)
            log.warning("%s could not be asked for an order: %s", self._source.name, why_not_read(error))
        else:  # faults are told by the look that reads everything
            take_all(engine, orders, self._source.name, self._source.name)
