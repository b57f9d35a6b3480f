"""Tasks in the background: repeated from start to stop, cancelled so that they end, and an event with a time limit."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

log = logging.getLogger(__name__)

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


class Repeated:
    """Awaits `step` again and again from `start` to `stop`, with `pause` seconds after each; `name` is for the log.

    What a step raises is logged and ends only that step. Of errors of a database only the kind is logged, as their
    messages may quote the traveller; and only the first of several in a row.
    """

    def __init__(self, name: str, step: Callable[[], Awaitable[None]], pause: float) -> None:
        self._name = name
        self._step = step
        self._pause = pause
        self._woken = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin on the running event loop."""
        self._task = asyncio.get_running_loop().create_task(self._run())

    async def stop(self) -> None:
        """Stop, also in the middle of a step; nothing happens when it was not started."""
        if self._task is not None:
            await cancel_and_wait(self._task)

    def wake(self) -> None:
        """Take the next step now, or once more if one is being taken."""
        self._woken.set()

    async def _run(self) -> None:
        failing = False
        while True:
            self._woken.clear()
            try:
                await self._step()
                failing = False
            except SQLAlchemyError as error:
                if not failing:
                    log.error("%s: the database fails: %s", self._name, type(error).__name__)
                failing = True
            except Exception:
                log.exception("%s: a step broke; the next one is taken as usual", self._name)
            await wait_for_event(self._woken, self._pause)
