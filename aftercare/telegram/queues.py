"""One worker per chat: in order there, in parallel across chats, repeated after a failure."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable

from sqlalchemy.exc import SQLAlchemyError

from aftercare.base.logs import error_location
from aftercare.base.tasks import cancel_and_wait

log = logging.getLogger(__name__)

FIRST_PAUSE = 0.5  # seconds after a failure, doubled each time
LONGEST_PAUSE = 30.0


class ChatQueues:
    """Runs `work(chat_id)` for each chat that was woken, never twice at once for the same chat."""

    def __init__(self, work: Callable[[int], Awaitable[None]]) -> None:
        self._work = work
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._woken: set[int] = set()

    def wake(self, chat_id: int) -> None:
        """There is something to do for this chat."""
        self._woken.add(chat_id)
        if chat_id not in self._tasks:
            self._tasks[chat_id] = asyncio.get_running_loop().create_task(self._run(chat_id))

    def wake_idle(self, chats: Iterable[int]) -> None:
        """There was something to do for these chats; those at work find it themselves."""
        for chat_id in chats:
            if chat_id not in self._tasks:
                self.wake(chat_id)

    async def stop(self) -> None:
        """Stop at once; what is left to do is in the database."""
        await cancel_and_wait(*self._tasks.values())

    async def _run(self, chat_id: int) -> None:
        pause = FIRST_PAUSE
        try:
            while True:
                self._woken.discard(chat_id)
                try:
                    await self._work(chat_id)
                except SQLAlchemyError as error:  # its message may quote the traveller, so only its kind is logged
                    log.error("The desk database fails: %s", type(error).__name__)
                except Exception as error:  # the same: Telegram's errors may quote the token
                    log.error(
                        "A Telegram chat waits after an error: %s at %s", type(error).__name__, error_location(error)
                    )
                else:
                    if chat_id not in self._woken:
                        return
                    pause = FIRST_PAUSE
                    continue
                await asyncio.sleep(pause)
                pause = min(LONGEST_PAUSE, pause * 2)
        finally:
            self._tasks.pop(chat_id, None)
