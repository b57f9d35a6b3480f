"""Calls of the Bot API that outlast its refusals: too many requests, a broken connection, a server in trouble."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import TypeVar

from telegram.error import BadRequest, ChatMigrated, Forbidden, InvalidToken, NetworkError, RetryAfter

log = logging.getLogger(__name__)

T = TypeVar("T")

# what Telegram says no to for good: trying again changes nothing
FINAL = (BadRequest, Forbidden, InvalidToken, ChatMigrated)


class Pace:
    """Spreads messages over time: about 30 a second are allowed (core.telegram.org/bots/faq#broadcasting-to-users)."""

    def __init__(self, per_second: float = 28.0) -> None:
        self._gap = 1 / per_second
        self._next = 0.0

    async def turn(self) -> None:
        """Wait for one's turn."""
        now = asyncio.get_running_loop().time()
        at = max(now, self._next)
        self._next = at + self._gap
        if at > now:
            await asyncio.sleep(at - now)


async def patiently(call: Callable[[], Awaitable[T]], first_pause: float = 0.5, longest_pause: float = 30.0) -> T:
    """The result of a call, tried until Telegram accepts or finally refuses it.

    A message whose answer got lost on the way is sent again: it may come twice, it is never lost.

    Raises:
        TelegramError: one of `FINAL`.
    """
    pause = first_pause
    while True:
        try:
            return await call()
        except FINAL:
            raise
        except RetryAfter as error:
            await asyncio.sleep(seconds_of(error) + random.uniform(0, 0.5))  # noqa: S311  not all at the same moment
        except NetworkError as error:  # also 5xx and time-outs
            log.warning("Waiting for Telegram: %s", type(error).__name__)
            await asyncio.sleep(pause * random.uniform(0.8, 1.2))  # noqa: S311
            pause = min(longest_pause, pause * 2)


async def kindly(call: Callable[[], Awaitable[T]], seconds: float = 20.0) -> T | None:
    """The result of a call that may as well fail (typing, a toast, removing a keyboard); tried for so many seconds."""
    try:
        return await asyncio.wait_for(patiently(call), seconds)
    except (*FINAL, asyncio.TimeoutError):
        return None


def seconds_of(error: RetryAfter) -> float:
    """How long Telegram wants us to wait."""
    wait = error.retry_after
    return wait.total_seconds() if isinstance(wait, timedelta) else float(wait)
