"""Repeats calls of the Bot API that failed for a while: too many requests, a broken connection, a server error."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable
from datetime import timedelta

from telegram.error import BadRequest, ChatMigrated, Forbidden, InvalidToken, NetworkError, RetryAfter

log = logging.getLogger(__name__)


# what Telegram refuses for good: trying again changes nothing
PERMANENT_ERRORS = (BadRequest, Forbidden, InvalidToken, ChatMigrated)


class RateLimiter:
    """Spreads messages over time: about 30 a second are allowed (core.telegram.org/bots/faq#broadcasting-to-users)."""

    def __init__(self, per_second: float = 28.0) -> None:
        self._gap = 1 / per_second
        self._next = 0.0

    async def wait(self) -> None:
        """Wait until the next message may leave."""
        now = asyncio.get_running_loop().time()
        at = max(now, self._next)
        self._next = at + self._gap
        if at > now:
            await asyncio.sleep(at - now)


async def with_retries[T](call: Callable[[], Awaitable[T]], first_pause: float = 0.5, longest_pause: float = 30.0) -> T:
    """The result of a call, repeated until Telegram accepts it or refuses it for good.

    A message whose answer got lost on the way is sent again: it may come twice, it is never lost.

    Raises:
        TelegramError: one of `PERMANENT_ERRORS`.
    """
    pause = first_pause
    while True:
        try:
            return await call()
        except PERMANENT_ERRORS:
            raise
        except RetryAfter as error:
            await asyncio.sleep(retry_after_seconds(error) + random.uniform(0, 0.5))  # noqa: S311  not all at the same moment
        except NetworkError as error:  # also 5xx and time-outs
            log.warning("Waiting for Telegram: %s", type(error).__name__)
            await asyncio.sleep(pause * random.uniform(0.8, 1.2))  # noqa: S311
            pause = min(longest_pause, pause * 2)


async def best_effort[T](call: Callable[[], Awaitable[T]], seconds: float = 20.0) -> T | None:
    """The result of a call that may fail without harm (typing, a toast, removing a keyboard); None when it did.

    It is repeated for so many seconds.
    """
    try:
        return await asyncio.wait_for(with_retries(call), seconds)
    except (TimeoutError, *PERMANENT_ERRORS):
        return None


def retry_after_seconds(error: RetryAfter) -> float:
    """How long Telegram asks to wait."""
    wait = error.retry_after
    return wait.total_seconds() if isinstance(wait, timedelta) else float(wait)
