"""One desk at a time talks to Telegram: the others wait until its heartbeat in the database stops."""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from aftercare.conversations.worker import Worker
from aftercare.telegram.tables import telegram_lease

log = logging.getLogger(__name__)

_NAME = "telegram"


class Lease:
    """The right to talk to Telegram. A desk that died gives it up after `patience` seconds, one that stops at once.

    Machines need not agree on the time: each watches the beat by its own clock. The holder stops well before the others
    may take over, so two never work at once unless one of them was frozen meanwhile.
    """

    def __init__(self, engine: Engine, worker: Worker, patience: float = 9.0) -> None:
        self._engine = engine
        self._worker = worker
        self._patience = patience
        self._holder = secrets.token_hex(16)

    async def acquire(self) -> None:
        """Wait until the lease is ours."""
        seen: tuple[int, float] | None = None  # the beat, and since when it has not moved
        while True:
            try:
                holder, beat = await self._worker.run(self._look)
                if seen is None or seen[0] != beat:
                    seen = (beat, time.monotonic())
                stands = time.monotonic() - seen[1] >= self._patience
                if (holder is None or stands) and await self._worker.run(self._take, beat):
                    return
            except SQLAlchemyError as error:
                log.error("The desk database fails: %s", type(error).__name__)
            await asyncio.sleep(self._patience / 9)

    async def keep(self) -> None:
        """Return when the lease is lost, or could not be renewed for too long."""
        renewed = time.monotonic()
        while time.monotonic() - renewed < self._patience * 2 / 3:
            await asyncio.sleep(self._patience / 9)
            asked = time.monotonic()
            try:
                if not await self._worker.run(self._renew):
                    return
                renewed = asked
            except SQLAlchemyError as error:
                log.error("The desk database fails: %s", type(error).__name__)

    async def release(self) -> None:
        """Let another desk take over at once."""
        try:
            await self._worker.run(self._release)
        except SQLAlchemyError as error:
            log.error("The desk database fails: %s", type(error).__name__)

    def _look(self) -> tuple[str | None, int]:
        find = sa.select(telegram_lease.c.holder, telegram_lease.c.beat).where(telegram_lease.c.name == _NAME)
        with self._engine.begin() as connection:
            row = connection.execute(find).one_or_none()
            if row is not None:
                return row.holder, row.beat
        try:
            with self._engine.begin() as connection:
                connection.execute(sa.insert(telegram_lease).values(name=_NAME, holder=None, beat=0))
        except IntegrityError:  # another desk was faster
            return self._look()
        return None, 0

    def _take(self, beat: int) -> bool:
        return self._change(telegram_lease.c.beat == beat, holder=self._holder)

    def _renew(self) -> bool:
        return self._change(telegram_lease.c.holder == self._holder, holder=self._holder)

    def _release(self) -> bool:
        return self._change(telegram_lease.c.holder == self._holder, holder=None)

    def _change(self, condition: sa.sql.ColumnElement[Any], holder: str | None) -> bool:
        with self._engine.begin() as connection:
            changed = connection.execute(
                sa.update(telegram_lease)
                .where(telegram_lease.c.name == _NAME, condition)
                .values(holder=holder, beat=telegram_lease.c.beat + 1)
            )
        return bool(changed.rowcount)
