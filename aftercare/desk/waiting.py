"""Waits for news that may not come, and never longer than the desk wants to run."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from async_timeout import timeout


async def heard_within(event: asyncio.Event, seconds: float) -> bool:
    """Whether the event is set by then.

    `asyncio.wait_for` of Python 3.10 swallows a cancellation that comes together with the event; a task that waits in a
    loop then never ends, and nor does the desk.
    """
    with suppress(asyncio.TimeoutError):
        async with timeout(seconds):
            await event.wait()
    return event.is_set()
