"""Runs blocking database work beside the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy.engine import Engine


class Worker:
    """A thread pool for one database: 1 thread with SQLite, which has one writer at a time, else 8.

    `threads` overrides the number, for work that only reads.
    """

    def __init__(self, engine: Engine, threads: int | None = None) -> None:
        threads = threads or (1 if engine.dialect.name == "sqlite" else 8)
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="desk-database")

    async def run[**P, T](self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Await `function(*args, **kwargs)` on a thread."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, lambda: function(*args, **kwargs))

    def close(self) -> None:
        """Wait for running calls, then end the threads."""
        self._threads.shutdown(wait=True)
