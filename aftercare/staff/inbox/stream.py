"""Streams notices of changes to an open inbox page (SSE); the page then fetches what it shows."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress

from aiohttp import web

from aftercare.conversations.limits import TooMany
from aftercare.conversations.tasks import wait_for_event
from aftercare.staff.access.permissions import Permission, Refused, member, needs
from aftercare.staff.inbox.live import INBOX, Watcher
from aftercare.web.context import DESK, address_of

_LIVES = 600.0  # seconds; the page connects again, and whoever is signed out by then does not come back


@needs(Permission.view_conversations)
async def stream(request: web.Request) -> web.StreamResponse:
    """GET /desk/inbox/live?open=…: notices list, thread, settled, typing, presence, mention."""
    desk, who = request.app[DESK], member(request)
    watcher = Watcher(who.agent_id, who.name, request.query.get("open") or None)
    response = web.StreamResponse(
        headers={
            "Content-Type": "text/event-stream; charset=utf-8",
            "X-Accel-Buffering": "no",
            "Cache-Control": "no-store",
        }
    )
    try:
        with desk.address_streams.one(address_of(request)), request.app[INBOX].watchers.watching(watcher):
            await response.prepare(request)
            with suppress(asyncio.TimeoutError, ConnectionError):
                await asyncio.wait_for(_send(request, response, watcher), _LIVES)
    except TooMany:
        raise Refused(429, "error_429") from None
    return response


async def _send(request: web.Request, response: web.StreamResponse, watcher: Watcher) -> None:
    desk, loop = request.app[DESK], asyncio.get_running_loop()
    await _write(request, response, "retry: 1000\n\n")
    beat = loop.time() + desk.limits.heartbeat_seconds
    while not watcher.closed:
        await wait_for_event(watcher.news, desk.limits.notice_seconds)
        if request.transport is None or request.transport.is_closing():
            return
        if loop.time() >= beat:
            beat = loop.time() + desk.limits.heartbeat_seconds
            # another desk on the same database may have stored something
            watcher.notify("list")
            watcher.notify("thread", id=watcher.conversation_id)
        if taken := watcher.take():
            lines = (f"event: {kind}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n" for kind, data in taken.items())
            await _write(request, response, "".join(lines))


async def _write(request: web.Request, response: web.StreamResponse, text: str) -> None:
    async with asyncio.timeout(request.app[DESK].limits.write_seconds):
        await response.write(text.encode())
