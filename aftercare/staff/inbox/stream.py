"""Streams notices of changes to the open inbox pages of a browser (SSE); a page then fetches what it shows."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress

from aiohttp import web

from aftercare.base.database import utc_now
from aftercare.base.tasks import wait_for_event
from aftercare.conversations.limits import TooMany
from aftercare.staff.access.permissions import Permission, Refused, member, needs
from aftercare.staff.access.sessions import VISIT, find_session
from aftercare.staff.inbox.live import INBOX, Watcher
from aftercare.web.context import DESK, network_of

_LIVES = 600.0  # seconds; the page connects again, unless its member has been signed out by then
_MOST_OPEN = 50  # conversations of one browser's pages


@needs(Permission.view_conversations)
async def stream(request: web.Request) -> web.StreamResponse:
    """GET /desk/inbox/live?open=…,…: what happens in the list and in the conversations that pages show.

    The notices are list, thread, settled, typing, presence, mention, given, taken, gone; `out` ends the stream when
    the session has ended.
    """
    desk, who = request.app[DESK], member(request)
    shown = [each for each in request.query.get("open", "").split(",") if each]
    watcher = Watcher(who.agent_id, who.name, frozenset(shown[-_MOST_OPEN:]))
    response = web.StreamResponse(
        headers={
            "Content-Type": "text/event-stream; charset=utf-8",
            "X-Accel-Buffering": "no",
            "Cache-Control": "no-store",
        }
    )
    try:
        with desk.address_streams.one(network_of(request)), request.app[INBOX].watchers.watching(watcher):
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
    check = loop.time() + desk.limits.notice_seconds
    while not watcher.closed:
        await wait_for_event(watcher.news, desk.limits.notice_seconds)
        if request.transport is None or request.transport.is_closing():
            return
        if loop.time() >= check:
            check = loop.time() + desk.limits.notice_seconds
            if not await _is_signed_in(request):
                await _write(request, response, _event("out", {}))
                return
        if loop.time() >= beat:
            beat = loop.time() + desk.limits.heartbeat_seconds
            # another desk on the same database may have stored something
            watcher.notify("list")
            for each in watcher.conversation_ids:
                watcher.notify("thread", id=each)
        if taken := watcher.take():
            await _write(request, response, "".join(_event(kind, data) for kind, data in taken))


async def _is_signed_in(request: web.Request) -> bool:
    """Whether the session still holds: it may have ended in another browser, or with the account."""
    desk, secret = request.app[DESK], request[VISIT].secret
    reads = request.app[INBOX].reads
    return await reads.run(find_session, desk.store.engine, secret, utc_now(), desk.settings, False) is not None


def _event(kind: str, data: object) -> str:
    return f"event: {kind}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n"


async def _write(request: web.Request, response: web.StreamResponse, text: str) -> None:
    async with asyncio.timeout(request.app[DESK].limits.write_seconds):
        await response.write(text.encode())
