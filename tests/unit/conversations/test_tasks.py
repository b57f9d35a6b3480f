"""Waiting for an event ends with the event, the time, or the task."""

from __future__ import annotations

import asyncio
import time

import pytest

from aftercare.conversations import tasks
from aftercare.conversations.tasks import cancel_and_wait, wait_for_event


async def test_it_tells_whether_the_event_came() -> None:
    event = asyncio.Event()
    assert not await wait_for_event(event, 0.01)
    event.set()
    assert await wait_for_event(event, 60)


@pytest.mark.parametrize("rounds", range(6))
async def test_a_cancellation_that_comes_with_the_event_is_not_lost(rounds: int) -> None:
    event = asyncio.Event()

    async def forever() -> None:
        while True:
            await wait_for_event(event, 60)
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


@pytest.mark.parametrize("cancelled_first", [False, True])
async def test_a_cancellation_that_comes_with_the_end_of_the_time_is_not_lost(cancelled_first: bool) -> None:
    async def forever() -> None:
        while True:
            await wait_for_event(asyncio.Event(), 0.02)

    task = asyncio.create_task(forever())
    await asyncio.sleep(0)
    asyncio.get_running_loop().call_later(0.01 if cancelled_first else 0.03, task.cancel)
    time.sleep(0.05)  # both are due when the loop looks again
    done, _ = await asyncio.wait([task], timeout=5)
    task.cancel()
    assert done == {task}


async def test_a_task_that_did_not_hear_its_cancellation_is_told_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "AGAIN_AFTER", 0.01)
    deaf = 2

    async def forever() -> None:
        nonlocal deaf
        while True:
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                if not deaf:
                    raise
                deaf -= 1

    async def broken() -> None:
        raise ValueError

    endless, failed = asyncio.create_task(forever()), asyncio.create_task(broken())
    await asyncio.sleep(0)
    await asyncio.wait_for(cancel_and_wait(endless, failed), 5)
    assert endless.cancelled()
    assert isinstance(failed.exception(), ValueError)
    await cancel_and_wait()
