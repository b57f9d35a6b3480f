"""Connections: how many a network may have, how long one may stay silent, and how many the process can hold."""

from __future__ import annotations

import asyncio
import logging
import resource
from collections import Counter
from typing import Any

from aiohttp import web

from aftercare.base.networks import Networks, network
from aftercare.web.errors import Handler

log = logging.getLogger(__name__)

HEADERS_WITHIN = 10.0  # seconds until a connection has sent the headers of its first request
PER_NETWORK = 1000
DESCRIPTORS = 65_536  # as many as the machine allows, up to this
KEPT_FREE = 200  # descriptors for databases, files, Rasa and processes


def raise_descriptor_limit() -> int:
    """Let this process open as many files and connections as the machine allows; how many."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = DESCRIPTORS if hard == resource.RLIM_INFINITY else min(DESCRIPTORS, hard)
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return DESCRIPTORS
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    return wanted


class Connections:
    """Watches the connections of a server. Our own proxies, who speak for many, may have as many as they like."""

    def __init__(
        self, trusted: Networks, most: int, per_network: int = PER_NETWORK, headers_within: float = HEADERS_WITHIN
    ) -> None:
        self._trusted = trusted
        self._most = most
        self._per_network = min(per_network, max(1, most // 2))
        self._headers_within = headers_within
        self._open: Counter[str] = Counter()
        self._waiting: dict[Any, asyncio.TimerHandle] = {}
        self._keys: dict[Any, str] = {}
        self.refused = 0

    def __len__(self) -> int:
        """Connections that are open."""
        return len(self._keys)

    def watch(self, server: web.Server) -> None:
        """Be told by the server of each connection, by its own hooks."""
        made, lost = server.connection_made, server.connection_lost

        def connection_made(handler: Any, transport: asyncio.Transport) -> None:
            made(handler, transport)
            self._made(handler, transport)

        def connection_lost(handler: Any, error: BaseException | None = None) -> None:
            self._lost(handler)
            lost(handler, error)

        server.connection_made = connection_made  # type: ignore[method-assign]
        server.connection_lost = connection_lost  # type: ignore[method-assign, assignment]

    def speaks(self, handler: Any) -> None:
        """A request has arrived on this connection."""
        if (timer := self._waiting.pop(handler, None)) is not None:
            timer.cancel()

    def _made(self, handler: Any, transport: asyncio.Transport) -> None:
        peer = transport.get_extra_info("peername")
        address = str(peer[0]) if isinstance(peer, tuple) else ""
        key = "" if self._trusted.includes(address) else network(address)
        full = len(self._keys) >= self._most or (key and self._open[key] >= self._per_network)
        if full:
            self.refused += 1
            transport.abort()
            return
        self._keys[handler] = key
        self._open[key] += 1
        loop = asyncio.get_running_loop()
        self._waiting[handler] = loop.call_later(self._headers_within, self._silent, handler, transport)

    def _silent(self, handler: Any, transport: asyncio.Transport) -> None:
        self._waiting.pop(handler, None)
        transport.abort()

    def _lost(self, handler: Any) -> None:
        self.speaks(handler)
        key = self._keys.pop(handler, None)
        if key is not None:
            self._open[key] -= 1
            if not self._open[key]:
                del self._open[key]


CONNECTIONS = web.AppKey("connections", Connections)


@web.middleware
async def note_request(request: web.Request, handler: Handler) -> web.StreamResponse:
    """The outermost middleware: the connection is not silent."""
    if (connections := request.app.get(CONNECTIONS)) is not None:
        connections.speaks(request.protocol)
    return await handler(request)


async def serve(app: web.Application, host: str, port: int, connections: Connections, keepalive: float) -> None:
    """Serve until SIGINT or SIGTERM.

    Raises:
        OSError: the address is in use or is not this machine's.
    """
    app[CONNECTIONS] = connections
    runner = web.AppRunner(app, handle_signals=True, access_log=None, keepalive_timeout=keepalive, shutdown_timeout=3.0)
    await runner.setup()
    try:
        assert runner.server is not None
        connections.watch(runner.server)
        await web.TCPSite(runner, host, port, backlog=512).start()
        await asyncio.Event().wait()
    finally:
        await runner.cleanup()
