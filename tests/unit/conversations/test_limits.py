"""Rates and places."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aftercare.conversations.limits import Places, Rate, TooMany


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_burst_passes_then_the_rate_rules() -> None:
    clock = Clock()
    rate = Rate(60, burst=3, clock=clock)
    for _ in range(3):
        rate.take("a")
    with pytest.raises(TooMany) as refused:
        rate.take("a")
    assert refused.value.seconds == 1
    rate.take("b")
    clock.now += 1
    rate.take("a")
    with pytest.raises(TooMany):
        rate.take("a")


@given(
    per_minute=st.floats(0.5, 6000),
    burst=st.floats(1, 100),
    waits=st.lists(st.floats(0, 30), max_size=100),
)
def test_never_more_than_burst_and_rate_allow(per_minute: float, burst: float, waits: list[float]) -> None:
    clock = Clock()
    rate = Rate(per_minute, burst, clock)
    passed = 0
    for wait in waits:
        clock.now += wait
        try:
            rate.take("a")
            passed += 1
        except TooMany as refused:
            clock.now += refused.seconds
            rate.take("a")  # the promised time is enough
            passed += 1
        assert passed <= burst + (clock.now - 1000) * per_minute / 60 + 1e-6


def test_addresses_that_left_are_forgotten() -> None:
    clock = Clock()
    rate = Rate(600, burst=2, clock=clock)
    for number in range(Rate.LARGE):
        rate.take(str(number))
    clock.now += 1
    rate.take("one more")
    assert len(rate) == 1


def test_a_place_is_free_again_after_use() -> None:
    places = Places(1)
    with places.one("a"):
        with pytest.raises(TooMany), places.one("a"):
            pass
        with places.one("b"):
            pass
    with pytest.raises(ValueError, match="inside"), places.one("a"):
        raise ValueError("inside")
    with places.one("a"):
        pass


def test_a_large_table_is_not_looked_through_at_every_request() -> None:
    clock, swept = Clock(), []

    class Watched(Rate):
        def _forget_full(self, now: float) -> None:
            swept.append(now)
            super()._forget_full(now)

    rate = Watched(0.6, burst=1000, clock=clock)
    for number in range(Rate.LARGE + 500):
        rate.take(str(number))
    assert len(swept) == 1
    clock.now += Rate.SWEPT_EVERY
    rate.take("later")
    assert len(swept) == 2


def test_more_than_one_can_be_taken_at_once() -> None:
    rate = Rate(60, burst=5, clock=Clock())
    rate.take("a", 4)
    with pytest.raises(TooMany) as refused:
        rate.take("a", 3)
    assert refused.value.seconds == 2


def test_a_place_that_can_be_given_up_makes_room() -> None:
    places, ended = Places(2), []
    with places.one("a", lambda: ended.append("first")), places.one("a") as kept:
        with places.one("a"):
            assert ended == ["first"]
            with pytest.raises(TooMany), places.one("a"):
                pass
        assert kept.give_up is None
    with places.one("a"), places.one("a"):
        pass
