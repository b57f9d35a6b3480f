"""Limits per conversation and per network: request rates (token buckets) and open streams."""

from __future__ import annotations

import math
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

_ROUNDING = 1e-9  # of a request: a difference of two times may be that much less than what was waited


class TooMany(Exception):
    """A limit is exceeded; `seconds` until the request may be repeated."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"try again in {seconds} s")
        self.seconds = seconds


class Rate:
    """A token bucket per key: `per_minute` on average, `burst` at once."""

    LARGE = 10_000  # keys; with more, those that have recovered are forgotten
    SWEPT_EVERY = 10.0  # seconds: looking through many keys takes longer than many requests

    def __init__(self, per_minute: float, burst: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_second = per_minute / 60
        self._burst = max(1.0, burst)
        self._clock = clock
        self._buckets: dict[str, tuple[float, float]] = {}
        self._sweep_at = -math.inf

    def take(self, key: str, amount: float = 1.0) -> None:
        """Count a request of `key`, or `amount` of whatever is limited.

        Raises:
            TooMany: the bucket holds less.
        """
        now = self._clock()
        left, since = self._buckets.get(key, (self._burst, now))
        left = min(self._burst, left + (now - since) * self._per_second)
        if left < amount - _ROUNDING:
            self._buckets[key] = (left, now)
            raise TooMany(max(1, math.ceil((amount - left) / self._per_second)))
        self._buckets[key] = (left - amount, now)
        if len(self._buckets) > self.LARGE and now >= self._sweep_at:
            self._sweep_at = now + self.SWEPT_EVERY
            self._forget_full(now)

    def __len__(self) -> int:
        """Keys that are remembered."""
        return len(self._buckets)

    def _forget_full(self, now: float) -> None:
        refill = self._burst / self._per_second
        self._buckets = {key: bucket for key, bucket in self._buckets.items() if now - bucket[1] < refill}


@dataclass(eq=False)
class Place:
    """A place that is held."""

    give_up: Callable[[], None] | None = None
    """Ends what holds it, so that somebody who needs it more gets one; None: it is kept."""


class Places:
    """How many streams may be open per key at the same time."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._held: dict[str, dict[Place, None]] = defaultdict(dict)

    @contextmanager
    def one(self, key: str, give_up: Callable[[], None] | None = None) -> Iterator[Place]:
        """Hold a place. When all are taken, the one held longest of those that can be given up is.

        Raises:
            TooMany: all are taken and kept.
        """
        held = self._held[key]
        if len(held) >= self._limit:
            weakest = next((place for place in held if place.give_up is not None), None)
            if weakest is None or weakest.give_up is None:
                raise TooMany(30)
            del held[weakest]
            weakest.give_up()
        place = Place(give_up)
        held[place] = None
        try:
            yield place
        finally:
            held.pop(place, None)
            if not held:
                self._held.pop(key, None)
