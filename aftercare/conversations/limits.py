"""Limits per conversation and per network address: request rates (token buckets) and open streams."""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_ROUNDING = 1e-9  # of a request: a difference of two times may be that much less than what was waited


class TooMany(Exception):
    """A limit is exceeded; `seconds` until the request may be repeated."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"try again in {seconds} s")
        self.seconds = seconds


class Rate:
    """A token bucket per key: `per_minute` on average, `burst` at once."""

    LARGE = 10_000  # keys; then those that have recovered are forgotten

    def __init__(self, per_minute: float, burst: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_second = per_minute / 60
        self._burst = max(1.0, burst)
        self._clock = clock
        self._buckets: dict[str, tuple[float, float]] = {}

    def take(self, key: str) -> None:
        """Count one request of `key`.

        Raises:
            TooMany: the bucket is empty.
        """
        now = self._clock()
        left, since = self._buckets.get(key, (self._burst, now))
        left = min(self._burst, left + (now - since) * self._per_second)
        if left < 1 - _ROUNDING:
            self._buckets[key] = (left, now)
            raise TooMany(max(1, math.ceil((1 - left) / self._per_second)))
        self._buckets[key] = (left - 1, now)
        if len(self._buckets) > self.LARGE:
            self._forget_full(now)

    def __len__(self) -> int:
        """Keys that are remembered."""
        return len(self._buckets)

    def _forget_full(self, now: float) -> None:
        refill = self._burst / self._per_second
        self._buckets = {key: bucket for key, bucket in self._buckets.items() if now - bucket[1] < refill}


class Places:
    """How many streams may be open per key at the same time."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._open: Counter[str] = Counter()

    @contextmanager
    def one(self, key: str) -> Iterator[None]:
        """Hold a place.

        Raises:
            TooMany: all are taken.
        """
        if self._open[key] >= self._limit:
            raise TooMany(30)
        self._open[key] += 1
        try:
            yield
        finally:
            self._open[key] -= 1
            if not self._open[key]:
                del self._open[key]
