"""Turns of one conversation in several Rasa servers wait for each other in Redis, whatever happens to them or to it."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from rasa.core.lock_store import LockStore
from rasa.utils.endpoints import EndpointConfig

from aftercare.base.settings import Settings
from aftercare.rasa_components import shared_locks
from aftercare.rasa_components.shared_locks import SharedLocks
from aftercare.rasa_components.turn_cancelled import TurnCancelled
from aftercare.run.endpoints import endpoints
from tests.support.rabbit_server import not_installed, redis_server
from tests.support.requirements import missing


@pytest.fixture(scope="module")
def redis_url() -> Iterator[str]:
    if absent := [each for each in not_installed() if each == "redis-server"]:
        missing(f"{absent[0]} not installed (Debian: apt-get install {absent[0]})")
    with tempfile.TemporaryDirectory(prefix="aftercare-redis-") as folder, redis_server(Path(folder)) as url:
        yield url


def locks(url: str) -> SharedLocks:
    """The lock store as Rasa makes it from our endpoints."""
    settings = Settings().model_copy(update={"lock_store_url": url})
    store = LockStore.create(EndpointConfig.from_dict(endpoints(settings)["lock_store"]))
    assert isinstance(store, SharedLocks)
    return store


async def test_of_many_turns_at_once_one_runs(redis_url: str) -> None:
    servers = [locks(redis_url) for _ in range(4)]
    running, order = 0, []

    async def turn(number: int) -> None:
        nonlocal running
        async with servers[number % 4].lock("traveller-1"):
            running += 1
            assert running == 1
            await asyncio.sleep(0.005)
            running -= 1
            order.append(number)

    await asyncio.gather(*map(turn, range(40)))
    assert sorted(order) == list(range(40))


async def test_the_lock_of_a_killed_server_ends_and_that_of_a_long_turn_does_not(
    redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert shared_locks.LIFETIME + shared_locks.POLL <= 15
    for name, value in {"LIFETIME": 1.2, "RENEW_EVERY": 0.2, "_TIMEOUT": 0.3}.items():
        monkeypatch.setattr(shared_locks, name, value)
    killed, living = locks(redis_url), locks(redis_url)
    assert await killed._lock_of("traveller-2").acquire()  # nobody renews or releases it
    began = time.monotonic()
    async with living.lock("traveller-2"):
        assert 0.5 < time.monotonic() - began < 2
    waiting = asyncio.Event()

    async def next_turn() -> float:
        waiting.set()
        async with killed.lock("traveller-2"):
            return time.monotonic()

    async with living.lock("traveller-2"):
        following = asyncio.create_task(next_turn())
        await waiting.wait()
        await asyncio.sleep(2)  # longer than the lock lives without being renewed
        ended = time.monotonic()
    assert await following >= ended


async def test_a_turn_whose_lock_is_lost_ends_and_can_be_repeated(
    redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared_locks, "RENEW_EVERY", 0.05)
    store = locks(redis_url)
    stored = False

    async def turn() -> None:
        nonlocal stored
        async with store.lock("traveller-3"):
            assert store._client is not None
            await store._client.flushdb()
            await asyncio.sleep(5)
            stored = True

    with pytest.raises(TurnCancelled, match="lost"):
        await turn()
    assert not stored
    async with asyncio.timeout(5), store.lock("traveller-3"):
        pass


async def test_while_redis_is_away_turns_are_refused_for_now() -> None:
    store = locks("redis://127.0.0.1:9/1")
    with pytest.raises(TurnCancelled, match="does not answer"):
        async with store.lock("traveller-4"):
            raise AssertionError("nobody holds a lock")
