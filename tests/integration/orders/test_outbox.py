"""What is to be done after a decision is done at least once, whatever fails, on SQLite and on PostgreSQL."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from aftercare.base.database import utc_now
from aftercare.orders.outbox import GiveUp, Handler, Outbox, OutboxItem, OutboxPolicy, put, retry, settle, undone
from aftercare.orders.tables import OutboxRow
from tests.support.waiting import eventually

QUICK = OutboxPolicy(look_every=0.05, first_pause=0.05, longest_pause=0.1, most_attempts=3, within=0.5, lease=1.0)


@asynccontextmanager
async def working(engine: Engine, handler: Handler, number: int = 1) -> AsyncIterator[list[Outbox]]:
    """So many workers with the same handler."""
    workers = [Outbox(engine, QUICK) for _ in range(number)]
    for each in workers:
        each.register("message", handler)
        each.start()
    try:
        yield workers
    finally:
        for each in workers:
            await each.stop()


def store(engine: Engine, *keys: str, **details: object) -> None:
    with Session(engine, future=True) as session:
        for key in keys:
            put(session, "message", key, details, utc_now())
        session.commit()


def rows(engine: Engine) -> dict[str, OutboxRow]:
    with Session(engine, future=True, expire_on_commit=False) as session:
        return {row.key: row for row in session.execute(sa.select(OutboxRow)).scalars()}


def states(engine: Engine) -> dict[str, str]:
    return {key: row.state for key, row in rows(engine).items()}


async def test_what_is_rolled_back_is_not_done(orders_engine: Engine) -> None:
    done: list[str] = []

    async def handler(item: OutboxItem) -> None:
        done.append(f"{item.key} {item.payload['words']}")

    with Session(orders_engine, future=True) as session:
        put(session, "message", "dropped", {"words": "no"}, utc_now())
        session.rollback()
    store(orders_engine, "kept", words="yes")
    store(orders_engine, "kept", words="again")
    async with working(orders_engine, handler):
        await eventually(lambda: states(orders_engine) == {"kept": "done"})
    assert done == ["kept yes"]
    assert rows(orders_engine)["kept"].payload == {}


async def test_several_workers_do_each_row_once(orders_engine: Engine) -> None:
    done: Counter[str] = Counter()

    async def handler(item: OutboxItem) -> None:
        await asyncio.sleep(0)
        done[item.key] += 1

    keys = [f"k{number}" for number in range(40)]
    store(orders_engine, *keys)
    async with working(orders_engine, handler, 3):
        await eventually(lambda: set(states(orders_engine).values()) == {"done"})
    assert done == Counter(keys)


async def test_what_fails_is_tried_again_given_up_and_done_when_staff_ask_for_it(orders_engine: Engine) -> None:
    works = False
    attempts: list[int] = []

    async def handler(item: OutboxItem) -> None:
        attempts.append(item.attempt)
        if not works:
            raise ConnectionError("secret words")

    store(orders_engine, "one", words="secret")
    async with working(orders_engine, handler):
        await eventually(lambda: states(orders_engine) == {"one": "dead"})
        assert attempts == [1, 2, 3]
        with Session(orders_engine, future=True) as session:
            (row,) = undone(session, utc_now())
            assert (row.kind, row.last_error, row.payload) == ("message", "ConnectionError", {"words": "secret"})
            works = True
            assert retry(session, row.id, utc_now())
            session.commit()
        await eventually(lambda: states(orders_engine) == {"one": "done"})
    with Session(orders_engine, future=True) as session:
        assert not undone(session, utc_now())
        assert not retry(session, rows(orders_engine)["one"].id, utc_now())


async def test_a_handler_says_that_trying_again_is_of_no_use(orders_engine: Engine) -> None:
    async def handler(_item: OutboxItem) -> None:
        raise GiveUp("the chat is deleted")

    store(orders_engine, "one")
    async with working(orders_engine, handler) as (worker,):
        assert await worker.deliver("one", "unknown") == {"one": "dead", "unknown": "waiting"}
    assert rows(orders_engine)["one"].last_error == "the chat is deleted"
    with Session(orders_engine, future=True) as session:
        assert settle(session, rows(orders_engine)["one"].id)
        session.commit()
    assert states(orders_engine) == {"one": "done"}


async def test_what_a_killed_worker_had_taken_is_done_by_another(orders_engine: Engine) -> None:
    begun, done = asyncio.Event(), asyncio.Event()

    async def killed(_item: OutboxItem) -> None:
        begun.set()
        await asyncio.Event().wait()

    async def handler(item: OutboxItem) -> None:
        assert item.attempt == 2
        done.set()

    store(orders_engine, "one")
    async with working(orders_engine, killed):
        await begun.wait()
    assert states(orders_engine) == {"one": "waiting"}
    async with working(orders_engine, handler):
        assert not done.is_set()
        await eventually(lambda: states(orders_engine) == {"one": "done"})


async def test_one_that_hangs_holds_up_nothing_else(orders_engine: Engine) -> None:
    done: list[str] = []

    async def handler(item: OutboxItem) -> None:
        if item.key == "hangs":
            await asyncio.Event().wait()
        done.append(item.key)

    store(orders_engine, "hangs", "goes")
    async with working(orders_engine, handler):
        await eventually(lambda: states(orders_engine) == {"hangs": "dead", "goes": "done"})
    assert done == ["goes"]
    assert rows(orders_engine)["hangs"].last_error == "TimeoutError"


async def test_rows_wait_for_a_worker_that_knows_their_kind(orders_engine: Engine) -> None:
    store(orders_engine, "one")
    worker = Outbox(orders_engine, QUICK)
    assert await worker.deliver("one") == {"one": "waiting"}
    assert rows(orders_engine)["one"].attempts == 0
    with Session(orders_engine, future=True) as session:
        assert [row.key for row in undone(session, utc_now() + timedelta(minutes=2))] == ["one"]
    worker.register("message", lambda _item: asyncio.sleep(0))
    with pytest.raises(ValueError, match="message"):
        worker.register("message", lambda _item: asyncio.sleep(0))
    assert await worker.deliver("one") == {"one": "done"}


async def test_what_the_worker_has_just_taken_by_itself_is_waited_for(orders_engine: Engine) -> None:
    taken = asyncio.Event()

    async def slow(item: OutboxItem) -> None:
        taken.set()
        await asyncio.sleep(0.2)

    async with working(orders_engine, slow) as (outbox,):
        store(orders_engine, "a")
        await asyncio.wait_for(taken.wait(), 5)
        assert await outbox.deliver("a") == {"a": "done"}
