"""Sets up a loaded Rasa agent for the desk: kept-alive connections to the actions, and atomic turns.

Stock Rasa opens a connection per action call and waits up to 300 s for it, answers nothing when the action server is
down, starts every conversation afresh when the tracker database is, looks once a second whether a traveller's previous
message is done, plans its graph anew for every prediction, spends most of a turn on checking a schema, and keeps what
was said until the turn is stored. All of it is replaced on Rasa's objects when a model is loaded; what needs private
names of Rasa's is in `patches`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus
from types import TracebackType
from typing import Any

import aiohttp
from rasa.core.agent import Agent
from rasa.core.lock import TicketLock
from rasa.core.lock_store import LOCK_LIFETIME, InMemoryLockStore, LockError
from rasa.utils.endpoints import ClientResponseError, EndpointConfig

from aftercare.base.memory import release_unused_memory
from aftercare.rasa_components import patches
from aftercare.rasa_components.turn_cancelled import TurnCancelled

ACTION_SECONDS = 10.0
LOCK_POLL_SECONDS = 0.02


class _Kept:
    """Lends a session to Rasa's `async with`, which would otherwise close it."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self.session = session

    async def __aenter__(self) -> aiohttp.ClientSession:
        return self.session

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None


class ActionEndpoint(EndpointConfig):  # type: ignore[misc]
    """The action server over kept-alive connections; unreachable or silent for 10 s, it cancels the turn."""

    _session: aiohttp.ClientSession | None = None

    def session(self) -> Any:
        """The one session of this process, to be used in `async with`."""
        if self._session is None or self._session.closed:
            self._session = super().session()
        return _Kept(self._session)

    async def request(self, *args: Any, **kwargs: Any) -> Any:
        """Send a request as Rasa does.

        Raises:
            TurnCancelled: nobody answered, or 503.
        """
        kwargs["timeout"] = aiohttp.ClientTimeout(total=ACTION_SECONDS)
        try:
            return await super().request(*args, **kwargs)
        except (TimeoutError, aiohttp.ClientConnectionError) as error:
            raise TurnCancelled(f"the action server does not answer: {type(error).__name__}") from error
        except ClientResponseError as error:
            if error.status == HTTPStatus.SERVICE_UNAVAILABLE:
                raise TurnCancelled("the action server cannot answer now") from error
            raise

    async def close(self) -> None:
        """Close the kept connections."""
        if self._session is not None:
            await self._session.close()


class PromptLockStore(InMemoryLockStore):  # type: ignore[misc]
    """Rasa's lock per conversation, looked at every 20 ms instead of every second by a message that has to wait."""

    @asynccontextmanager
    async def lock(
        self,
        conversation_id: str,
        lock_lifetime: float = LOCK_LIFETIME,
        wait_time_in_seconds: float = LOCK_POLL_SECONDS,
    ) -> AsyncIterator[TicketLock]:
        """Hold the conversation's lock; messages get it in the order in which they came.

        Raises:
            TurnCancelled: the turn before it did not end in time.
        """
        ticket = self.issue_ticket(conversation_id, lock_lifetime)
        try:
            try:
                acquired = await patches.acquire_lock(self, conversation_id, ticket, wait_time_in_seconds)
            except LockError as error:
                raise TurnCancelled("another turn of the conversation does not end") from error
            yield acquired
        finally:
            self.cleanup(conversation_id, ticket)


def prepare(agent: Agent) -> None:
    """Apply the set-up to a loaded agent; doing it twice changes nothing."""
    agent.tracker_store = patches.without_fallback(agent.tracker_store)
    if agent.action_endpoint is not None:
        patches.swap_action_endpoint(agent.action_endpoint, ActionEndpoint)
    if type(agent.lock_store) is InMemoryLockStore:  # a shared lock store (Redis) stays
        agent.lock_store = PromptLockStore()
    if agent.processor is not None:
        patches.swap_processor(agent.processor)
        agent.processor.tracker_store = agent.tracker_store
        agent.processor.action_endpoint = agent.action_endpoint
        agent.processor.lock_store = agent.lock_store
    release_unused_memory()
