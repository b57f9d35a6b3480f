"""Waiting ends with the event, the time, or the task; what is repeated goes on after a failure, until it is stopped."""

from __future__ import annotations

import asyncio
import time

import pytest
from sqlalchemy.exc import OperationalError

from aftercare.base import tasks
from aftercare.base.tasks import Repeated, cancel_and_wait, wait_for_event


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


class Steps:
    """Counts the steps; the first ones fail with these errors."""

    def __init__(self, *errors: Exception) -> None:
        self.taken = 0
        self.errors = list(errors)
        self.enough = asyncio.Event()

    async def __call__(self) -> None:
        self.taken += 1
        if self.errors:
            raise self.errors.pop(0)
        self.enough.set()


async def test_what_fails_is_taken_again(caplog: pytest.LogCaptureFixture) -> None:
    away = OperationalError("SELECT secret", {}, Exception("secret"))
    steps = Steps(away, away, ValueError("wrong"))
    repeated = Repeated("Steps", steps, 0)
    repeated.start()
    await asyncio.wait_for(steps.enough.wait(), 5)
    await repeated.stop()
    taken = steps.taken
    await asyncio.sleep(0)
    assert steps.taken == taken >= 4
    logged = [record.getMessage() for record in caplog.records]
    assert logged[:2] == [
        "Steps: the database fails: OperationalError",
        "Steps: a step broke; the next one is taken as usual",
    ]


async def test_a_step_is_taken_when_it_is_woken() -> None:
    steps = Steps()
    repeated = Repeated("Steps", steps, 60)
    repeated.start()
    await asyncio.wait_for(steps.enough.wait(), 5)
    steps.enough.clear()
    repeated.wake()
    await asyncio.wait_for(steps.enough.wait(), 5)
    await repeated.stop()
    assert steps.taken == 2


async def test_what_was_not_started_is_stopped_all_the_same() -> None:
    await Repeated("Steps", Steps(), 60).stop()
