"""Tells a desk at once what another desk on the same PostgreSQL has stored.

A trigger notifies of each conversation that gets messages (migration 0020 of the desk's database). Without PostgreSQL
there is one desk. While the connection is away, streams and pages look for news at their intervals, as they always do.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import Any

from sqlalchemy.engine import Engine
from sqlalchemy.exc import SQLAlchemyError

from aftercare.base.tasks import Repeated
from aftercare.conversations.hub import Hub

log = logging.getLogger(__name__)

_CHANNEL = "aftercare_stored"
_AGAIN_AFTER = 1.0
_ASK_EVERY = 10.0
"""Seconds after which a silent connection is asked whether it still lives."""


class News:
    """Listens on a connection of its own, and hands on what others have stored."""

    def __init__(self, engine: Engine, name: str, hub: Hub) -> None:
        self._engine = engine
        self._name = name
        self._hub = hub
        self._loop = Repeated("News of other desks", self._listen, _AGAIN_AFTER)

    def start(self) -> None:
        """Begin to listen, on PostgreSQL."""
        if self._engine.dialect.name == "postgresql":
            self._loop.start()

    async def stop(self) -> None:
        """Stop listening."""
        await self._loop.stop()

    async def _listen(self) -> None:
        """Listen until the connection fails."""
        try:
            connection = await asyncio.to_thread(self._connect)
            try:
                self._hub.missed_news()  # what came while nobody listened
                await self._hand_on(connection)
            finally:
                with contextlib.suppress(Exception):
                    connection.close()
        except (SQLAlchemyError, self._errors) as error:
            log.warning("No news of other desks: %s", type(error).__name__)

    @property
    def _errors(self) -> type[Exception]:
        error: type[Exception] = self._engine.dialect.loaded_dbapi.Error
        return error

    def _connect(self) -> Any:
        """A connection of the driver, outside the pool, that listens."""
        arguments, options = self._engine.dialect.create_connect_args(self._engine.url)
        connection: Any = self._engine.dialect.connect(
            *arguments, **options, connect_timeout=3, keepalives_idle=5, keepalives_interval=2, keepalives_count=3
        )
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(f"LISTEN {_CHANNEL}")
        return connection

    async def _hand_on(self, connection: Any) -> None:
        """Hand on notices until the connection fails."""
        loop, readable = asyncio.get_running_loop(), asyncio.Event()
        descriptor = connection.fileno()
        loop.add_reader(descriptor, readable.set)
        try:
            while True:
                try:
                    async with asyncio.timeout(_ASK_EVERY):
                        await readable.wait()
                except TimeoutError:
                    await asyncio.to_thread(_ask, connection)
                readable.clear()
                connection.poll()
                notices, connection.notifies = connection.notifies, []
                for payload in dict.fromkeys(notice.payload for notice in notices):
                    by, _, conversation_id = payload.rpartition(" ")
                    if by != self._name:
                        self._hub.stored_elsewhere(conversation_id)
        finally:
            loop.remove_reader(descriptor)


def _ask(connection: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
