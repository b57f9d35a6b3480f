"""Waiting for an event ends with the event, the time, or the task."""

from __future__ import annotations

import asyncio

import pytest

from aftercare.desk.waiting import heard_within


async def test_it_tells_whether_the_event_came() -> None:
    event = asyncio.Event()
    assert not await heard_within(event, 0.01)
    event.set()
    assert await heard_within(event, 60)


@pytest.mark.parametrize("rounds", range(6))
async def test_a_cancellation_that_comes_with_the_event_is_not_lost(rounds: int) -> None:
    event = asyncio.Event()

    async def forever() -> None:
        while True:
            await heard_within(event, 60)
            event.clear()

    task = asyncio.create_task(forever())
    for _ in range(3):
        await asyncio.sleep(0)
    event.set()
    for _ in range(rounds):
        await asyncio.sleep(0)
    task.cancel()
    done, _ = await asyncio.wait([task], timeout=5)
    task.cancel()
    assert done == {task}
