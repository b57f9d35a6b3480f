"""Short transactions run on the event loop while nobody else writes, and on a thread when they would have to wait."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.engine import Engine
from sqlalchemy.exc import IntegrityError, OperationalError

from aftercare.base.database import open_engine, utc_now
from aftercare.conversations.conversation import Accepted, TokenUse
from aftercare.conversations.messages import TravellerMessage
from aftercare.conversations.store import Store
from aftercare.conversations.store_runner import StoreRunner
from aftercare.conversations.worker import Worker
from aftercare.run.migrations.schema import migrate

USE = TokenUse(1, 60)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Engine]:
    engine = open_engine(f"sqlite:///{tmp_path / 'desk.db'}")
    migrate(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def store_runner(database: Engine) -> Iterator[StoreRunner]:
    store, worker = Store(database), Worker(database)
    runner = StoreRunner(store, worker)
    yield runner
    runner.close()
    worker.close()


def where_it_runs(store: Store) -> tuple[str, int]:
    """A transaction that tells its thread."""
    with store.engine.connect() as connection:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        connection.rollback()
    return threading.current_thread().name, id(store)


async def test_nobody_writes(store_runner: StoreRunner) -> None:
    name, _ = await store_runner.run(where_it_runs)
    assert name == threading.main_thread().name


async def test_while_somebody_writes_the_loop_goes_on(store_runner: StoreRunner, database: Engine) -> None:
    conversation = Store(database).open_conversation("web", "en", utc_now())
    with database.connect() as writer:
        writer.exec_driver_sql("BEGIN IMMEDIATE")
        waiting = asyncio.ensure_future(
            store_runner.run(Store.accept, conversation.id, USE, TravellerMessage("a", text="no signal"), utc_now())
        )
        done, _ = await asyncio.wait({waiting}, timeout=0.2)  # the loop turns meanwhile
        assert not done
        writer.rollback()
    accepted = await waiting
    assert isinstance(accepted, Accepted)
    assert [event.text for event in accepted.stored] == ["no signal"]


async def test_other_errors_are_not_tried_again(store_runner: StoreRunner) -> None:
    tried: list[int] = []

    def breaks(_: Store) -> None:
        tried.append(1)
        raise IntegrityError("", None, Exception("constraint"))

    with pytest.raises(IntegrityError):
        await store_runner.run(breaks)
    assert tried == [1]

    def ill(_: Store) -> None:
        tried.append(2)
        raise OperationalError("", None, Exception("disk I/O error"))

    with pytest.raises(OperationalError):
        await store_runner.run(ill)
    assert tried == [1, 2]


async def test_the_log_is_left_to_others(store_runner: StoreRunner) -> None:
    def pages(store: Store) -> int:
        with store.engine.connect() as connection:
            return int(connection.exec_driver_sql("PRAGMA wal_autocheckpoint").scalar_one())

    assert await store_runner.run(pages) == 0


async def test_a_database_with_many_writers_has_threads(postgres_url: str) -> None:
    engine = open_engine(postgres_url)
    store, worker = Store(engine), Worker(engine)
    runner = StoreRunner(store, worker)
    name = await runner.run(lambda _: threading.current_thread().name)
    assert name != threading.main_thread().name
    worker.close()
    engine.dispose()
