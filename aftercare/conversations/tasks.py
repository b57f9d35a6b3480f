"""Waits for an event with a time limit, and cancels tasks so that they end."""

from __future__ import annotations

import asyncio
from typing import Any

AGAIN_AFTER = 3.0
"""Seconds after which a task that did not end is cancelled again; what ends in order needs less."""


async def wait_for_event(event: asyncio.Event, seconds: float) -> bool:
    """Whether the event is set by then.

    Nothing is cancelled here when the time is over: Python 3.10 cannot tell that from a cancellation of the waiting
    task that comes in the same moment, so `asyncio.wait_for` and `async_timeout` swallow it; a task that waits in a
    loop then never ends, and nor does a stream whose token has expired.
    """
    if not event.is_set():
        waiting = asyncio.ensure_future(event.wait())
        try:
            await asyncio.wait([waiting], timeout=seconds)
        finally:
            waiting.cancel()
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
    await asyncio.gather(*tasks, return_exceptions=True)  # looked at, so that asyncio does not log what they died of
