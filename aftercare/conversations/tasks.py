"""Waits for an event with a time limit, and cancels tasks so that they end."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

AGAIN_AFTER = 3.0
"""Seconds after which a task that did not end is cancelled again; what ends in order needs less."""


async def wait_for_event(event: asyncio.Event, seconds: float) -> bool:
    """Wait up to `seconds` for the event; whether it is set."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()
    return event.is_set()


async def cancel_and_wait(*tasks: asyncio.Task[Any]) -> None:
    """Cancel the tasks and wait until they have ended, however they end.

    A time-out inside a library swallows a cancellation that comes in the same moment, so it is repeated to those that
    go on after `AGAIN_AFTER`.
    """
    left = set(tasks)
    while left:
        for task in left:
            task.cancel()
        _, left = await asyncio.wait(left, timeout=AGAIN_AFTER)
    await asyncio.gather(*tasks, return_exceptions=True)  # retrieves their exceptions, which asyncio would log
