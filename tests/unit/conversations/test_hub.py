"""What open streams are handed."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from aftercare.conversations.hub import MOST_FRESH, MOST_LIVE, Hub, LiveEvent
from aftercare.conversations.messages import Message


def event(seq: int) -> Message:
    return Message(seq, datetime(2026, 11, 22, tzinfo=UTC), "message", "assistant", f"text {seq}")


@given(
    batches=st.lists(st.lists(st.integers(1, 30), min_size=1, max_size=4)),
    takes=st.lists(st.booleans()),
    start=st.integers(0, 5),
)
def test_events_come_without_gaps_whatever_order_they_are_announced_in(
    batches: list[list[int]], takes: list[bool], start: int
) -> None:
    hub, after = Hub(), start
    stored: set[int] = set()
    with hub.open("a") as stream:
        for batch, take in zip(batches, takes + [True] * len(batches), strict=False):
            stored.update(batch)
            hub.publish_stored("a", [event(seq) for seq in batch])
            if not take:
                continue
            fresh = stream.take_fresh(after)
            if fresh is None:
                after = max([after, *stored])  # the store has them all
            elif fresh:
                assert [e.seq for e in fresh] == list(range(after + 1, after + 1 + len(fresh)))
                after = fresh[-1].seq


def test_a_reader_that_is_far_behind_reads_the_store() -> None:
    hub = Hub()
    with hub.open("a") as stream:
        assert stream.take_fresh(0) is None
        hub.publish_stored("a", [event(seq) for seq in range(1, MOST_FRESH + 2)])
        assert stream.fresh == []
        assert stream.take_fresh(0) is None


async def test_what_can_wait_is_told_with_what_comes_before_its_time() -> None:
    hub = Hub()
    with hub.open("a") as stream:
        assert stream.take_fresh(0) is None
        hub.publish_stored("a", [event(1)], within=30)
        assert not stream.news.is_set()
        hub.publish_stored("a", [event(2)])
        assert stream.news.is_set()
        assert [e.seq for e in stream.take_fresh(0) or ()] == [1, 2]
        stream.news.clear()
        hub.publish_stored("a", [event(3)], within=0.01)
        await asyncio.wait_for(stream.news.wait(), 5)
        assert [e.seq for e in stream.take_fresh(2) or ()] == [3]


def test_notices_do_not_pile_up_and_others_do_not_hear_them() -> None:
    hub = Hub()
    with hub.open("a") as stream, hub.open("b") as other:
        for _ in range(100):
            hub.publish_live("a", LiveEvent("typing", "assistant"))
        assert len(stream.take_live()) == MOST_LIVE
        assert stream.take_live() == []
        assert other.take_live() == []
        hub.close("a")
        assert stream.closed
        assert not other.closed
    hub.publish_stored("a", [event(1)])
