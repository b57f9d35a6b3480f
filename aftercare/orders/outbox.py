"""Does outside the order database what was decided in it: each row is stored with its decision, and done at least once.

`put` belongs to the transaction of the decision. A worker takes what is due and calls the handler of its kind; what
fails is tried again after growing pauses and is at last set aside as dead, for staff to look at. A worker that is
killed loses nothing: its rows are due again when their lease ends. Handlers may therefore be called again for what they
have done already, and have to recognise the row by its key.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from aftercare.base.database import utc_now
from aftercare.base.sql import begin_to_write, rows_changed
from aftercare.base.tasks import Repeated, cancel_and_wait
from aftercare.orders.locking import insert_unless_there
from aftercare.orders.tables import OutboxRow

log = logging.getLogger(__name__)

KEPT_FOR = timedelta(days=30)
"""How long the keys of what is done are kept."""
_LONGEST_ERROR = 300
_AT_ONCE = 8
_LAST = ("webhook",)
"""Kinds that wait for all others: many of them to a receiver that is away hold up no payment."""
_outbox: Any = OutboxRow.__table__
_ORDER = sa.case((_outbox.c.kind.in_(_LAST), 1), else_=0)


class GiveUp(Exception):
    """A handler says that trying again is of no use; the text is for staff and holds nothing secret."""


@dataclass(frozen=True)
class OutboxItem:
    """What a handler gets."""

    id: int
    kind: str
    key: str
    """The same at each attempt: what makes repeating harmless, e.g. as the idempotency key of a payment."""
    payload: Mapping[str, Any]
    attempt: int
    """From 1."""
    created_at: datetime
    last_error: str | None = None


Handler = Callable[[OutboxItem], Awaitable[None]]
"""Returns when it is done; raises `GiveUp` when it never will be, anything else to be called again."""


@dataclass(frozen=True)
class OutboxPolicy:
    """When a row is tried again and when it is given up; times in seconds."""

    look_every: float = 1.0
    first_pause: float = 1.0
    """After the first failure; each further pause is twice as long."""
    longest_pause: float = 900.0
    most_attempts: int = 24
    """About three and a half hours."""
    within: float = 10.0
    """A handler that takes longer has failed."""
    lease: float = 15.0
    """After which a row that a killed process has taken is due again; more than `within`."""

    def pause(self, attempts: int) -> float:
        """Seconds until the next attempt after so many."""
        longer = min(self.longest_pause, self.first_pause * 2.0 ** min(attempts - 1, 30))
        return longer * random.uniform(0.8, 1.2)  # noqa: S311  spreads what failed together


def put(
    session: Session, kind: str, key: str, payload: Mapping[str, Any], now: datetime, due_at: datetime | None = None
) -> bool:
    """Store what is to be done when the caller's transaction commits; False when the key is there already.

    `payload` is JSON and holds what the handler needs as it was decided; it is deleted when the row is done.
    """
    return insert_unless_there(
        session,
        OutboxRow,
        kind=kind,
        key=key,
        payload=dict(payload),
        due_at=due_at or now,
        attempts=0,
        state="waiting",
        created_at=now,
    )


def undone(session: Session, now: datetime, late: timedelta = timedelta(minutes=1)) -> Sequence[OutboxRow]:
    """What staff should look at: what was given up, and what has been due for longer than `late`; oldest first."""
    due = sa.or_(OutboxRow.attempts > 0, OutboxRow.due_at <= now - late)
    waits = sa.and_(OutboxRow.state == "waiting", OutboxRow.created_at <= now - late, due)
    looked_at = sa.or_(OutboxRow.state == "dead", waits)
    wanted = sa.select(OutboxRow).where(looked_at).order_by(_ORDER, OutboxRow.id).limit(500)
    return session.execute(wanted).scalars().all()


def retry(session: Session, row_id: int, now: datetime) -> bool:
    """Let a row that waits or was given up be tried now, with all attempts before it; whether there is one."""
    return _change(session, row_id, state="waiting", attempts=0, due_at=now)


def settle(session: Session, row_id: int) -> bool:
    """A person has done by hand what a row that waits or was given up is about; whether there is one."""
    return _change(session, row_id, state="done", payload={})


def _change(session: Session, row_id: int, **values: Any) -> bool:
    change = sa.update(OutboxRow).where(OutboxRow.id == row_id, OutboxRow.state != "done").values(**values)
    return bool(rows_changed(session.execute(change.execution_options(synchronize_session=False))))


class Outbox:
    """The worker of one process; several may work on one database."""

    def __init__(self, engine: Engine, policy: OutboxPolicy | None = None) -> None:
        self._engine = engine
        self._policy = policy or OutboxPolicy()
        self._handlers: dict[str, Handler] = {}
        self._running: dict[str, asyncio.Task[None]] = {}  # by key
        self._claiming = asyncio.Lock()
        self._loop = Repeated("The outbox", self._take_due, self._policy.look_every)

    def register(self, kind: str, handler: Handler) -> None:
        """Do rows of this kind with `handler`; rows of a kind without one wait.

        Raises:
            ValueError: the kind has one already.
        """
        if kind in self._handlers:
            raise ValueError(f"{kind} has a handler already")
        self._handlers[kind] = handler

    def start(self) -> None:
        """Begin to work on the running event loop."""
        self._loop.start()

    async def stop(self) -> None:
        """Stop; what was begun is due again when its lease ends."""
        await self._loop.stop()
        await cancel_and_wait(*self._running.values())

    def wake(self) -> None:
        """Something was put here: look now."""
        self._loop.wake()

    async def deliver(self, *keys: str) -> dict[str, str]:
        """Try these rows now and say the state of each after that: "done", "dead", or "waiting" to be tried again.

        What the worker has just taken by itself is waited for.
        """
        try:
            await self._take(len(keys), keys)
            if begun := [self._running[key] for key in keys if key in self._running]:
                await asyncio.wait(begun)
            states = await asyncio.to_thread(self._states, keys)
        except SQLAlchemyError as error:
            log.error("The outbox cannot use the order database: %s", type(error).__name__)
            states = {}
        return {key: states.get(key, "waiting") for key in keys}

    async def _take_due(self) -> None:
        if (free := _AT_ONCE - len(self._running)) > 0:
            await self._take(free)

    async def _take(self, most: int, keys: Collection[str] | None = None) -> None:
        """Begin what is due; nobody sees a row of this process that is claimed and not begun."""
        async with self._claiming:
            for item in await asyncio.to_thread(self._claim, most, keys):
                self._begin(item)

    def _begin(self, item: OutboxItem) -> None:
        task = asyncio.get_running_loop().create_task(self._do(item))
        self._running[item.key] = task
        task.add_done_callback(partial(self._end, item.key))

    def _end(self, key: str, task: asyncio.Task[None]) -> None:
        if self._running.get(key) is task:
            del self._running[key]
        self.wake()

    async def _do(self, item: OutboxItem) -> None:
        """Call the handler and store what came of it; where that fails, the row is due again when its lease ends."""
        state, reason = await self._call(item)
        if state == "dead":
            log.error("%s of the outbox is given up at attempt %s: %s", item.kind, item.attempt, reason)
        elif state == "waiting":
            log.warning("%s of the outbox is tried again: %s", item.kind, reason)
        try:
            await asyncio.to_thread(self._store_end, item, state, reason)
        except SQLAlchemyError as error:
            log.error("The outbox cannot use the order database: %s", type(error).__name__)

    async def _call(self, item: OutboxItem) -> tuple[str, str | None]:
        """The state the row has now, and why it is not done."""
        if item.attempt > self._policy.most_attempts:  # the process died at each of them
            return "dead", item.last_error
        try:
            async with asyncio.timeout(self._policy.within):
                await self._handlers[item.kind](item)
        except GiveUp as error:
            return "dead", str(error)
        except Exception as error:  # its message may quote the payload
            return "dead" if item.attempt >= self._policy.most_attempts else "waiting", type(error).__name__
        return "done", None

    def _claim(self, most: int, keys: Collection[str] | None = None) -> list[OutboxItem]:
        """Take up to `most` rows that are due, of `keys` if given, so that no other worker takes them meanwhile."""
        now = utc_now()
        due = [_outbox.c.state == "waiting", _outbox.c.due_at <= now, _outbox.c.kind.in_(tuple(self._handlers))]
        if keys is not None:
            due.append(_outbox.c.key.in_(keys))
        wanted = sa.select(_outbox).where(*due).order_by(_ORDER, _outbox.c.due_at, _outbox.c.id).limit(most)
        with self._engine.connect() as connection:
            if connection.execute(wanted.with_only_columns(_outbox.c.id)).first() is None:  # without a lock
                return []
            connection.rollback()
            begin_to_write(connection)
            rows = connection.execute(wanted.with_for_update(skip_locked=True)).all()
            leased = {"due_at": now + timedelta(seconds=self._policy.lease), "attempts": _outbox.c.attempts + 1}
            connection.execute(sa.update(_outbox).where(_outbox.c.id.in_([row.id for row in rows])).values(leased))
            connection.commit()
        return [
            OutboxItem(row.id, row.kind, row.key, row.payload, row.attempts + 1, row.created_at, row.last_error)
            for row in rows
        ]

    def _store_end(self, item: OutboxItem, state: str, error: str | None) -> None:
        now = utc_now()
        values: dict[str, Any] = {"state": state, "last_error": error and error[:_LONGEST_ERROR]}
        if state == "waiting":
            values["due_at"] = now + timedelta(seconds=self._policy.pause(item.attempt))
        if state == "done":
            values["payload"] = {}
        with self._engine.connect() as connection:
            begin_to_write(connection)
            # not what another process took after the lease, and has perhaps finished
            mine = (_outbox.c.id == item.id, _outbox.c.state == "waiting", _outbox.c.attempts == item.attempt)
            connection.execute(sa.update(_outbox).where(*mine).values(values))
            _forget_old(connection, now)
            connection.commit()

    def _states(self, keys: Collection[str]) -> dict[str, str]:
        with self._engine.connect() as connection:
            rows = connection.execute(sa.select(_outbox.c.key, _outbox.c.state).where(_outbox.c.key.in_(keys)))
            return {row.key: row.state for row in rows}


def _forget_old(connection: Connection, now: datetime) -> None:
    connection.execute(sa.delete(_outbox).where(_outbox.c.state == "done", _outbox.c.due_at < now - KEPT_FOR))
