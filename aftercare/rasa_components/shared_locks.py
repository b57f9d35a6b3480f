"""Turns of a conversation wait for each other in Redis, where several Rasa servers share the conversations.

Rasa's own Redis store reads, changes and writes a list of tickets: of two servers that do so at once one loses its
ticket, or both take the turn. Here it is one key per conversation, set by whoever finds none (redis-py's Lock). It is
renewed while the turn runs, so that it can be short: a server that is killed blocks its conversations for `LIFETIME`
seconds.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from rasa.core.lock import TicketLock
from rasa.core.lock_store import LockStore
from rasa.utils.endpoints import EndpointConfig
from redis.asyncio import Redis
from redis.asyncio.lock import Lock
from redis.exceptions import LockNotOwnedError, RedisError

from aftercare.rasa_components.turn_cancelled import TurnCancelled

LIFETIME = 10.0
RENEW_EVERY = 2.5
WAIT_AT_MOST = 12.0
POLL = 0.03
_TIMEOUT = 2.0


class SharedLocks(LockStore):  # type: ignore[misc]
    """The lock store of endpoints.yml: `type`, `url` (host), `port`, `db`, `username`, `password`, `use_ssl`."""

    def __init__(self, endpoint_config: EndpointConfig) -> None:
        options = dict(endpoint_config.kwargs)
        self._prefix = f"{options.pop('key_prefix', 'aftercare')}:turn:"
        self._options: dict[str, Any] = {
            "host": endpoint_config.url,
            "port": int(options.pop("port", 6379)),
            "ssl": bool(options.pop("use_ssl", False)),
            "socket_timeout": _TIMEOUT,
            "socket_connect_timeout": _TIMEOUT,
            **options,
        }
        self._client: Redis | None = None

    @asynccontextmanager
    async def lock(
        self, conversation_id: str, lock_lifetime: float = LIFETIME, wait_time_in_seconds: float = POLL
    ) -> AsyncIterator[TicketLock]:
        """Hold the conversation's lock.

        Raises:
            TurnCancelled: Redis does not answer, another turn does not end, or the lock was lost.
        """
        held, turn = self._lock_of(conversation_id), asyncio.current_task()
        assert turn is not None
        try:
            acquired = await held.acquire()
        except RedisError as error:
            raise TurnCancelled(f"the lock store does not answer: {type(error).__name__}") from error
        if not acquired:
            raise TurnCancelled("another turn of the conversation does not end")
        keeping = asyncio.create_task(_keep(held, turn))
        try:
            yield TicketLock(conversation_id)
        except asyncio.CancelledError:
            if keeping.done():
                turn.uncancel()
                raise TurnCancelled("the lock of the conversation was lost") from None
            raise
        finally:
            keeping.cancel()
            with contextlib.suppress(RedisError):  # it ends by itself
                await held.release()

    def _lock_of(self, conversation_id: str) -> Lock:
        if self._client is None:  # belongs to the event loop that uses it first
            self._client = Redis(**self._options)
        return self._client.lock(
            self._prefix + conversation_id, timeout=LIFETIME, sleep=POLL, blocking_timeout=WAIT_AT_MOST
        )


async def _keep(held: Lock, turn: asyncio.Task[Any]) -> None:
    """Renew the lock until cancelled. When it is lost, nothing of the turn may be stored: the turn is cancelled."""
    clock = asyncio.get_running_loop().time
    renewed = clock()
    while clock() - renewed < LIFETIME - _TIMEOUT:
        await asyncio.sleep(RENEW_EVERY)
        try:
            await held.reacquire()
            renewed = clock()
        except LockNotOwnedError:
            break
        except RedisError:  # away for a moment: nobody else gets the lock meanwhile
            continue
    turn.cancel()
