"""Streams a conversation's events (SSE): first what the client has not seen, then what happens."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterable
from contextlib import suppress

from aiohttp import web

from aftercare.base.database import utc_now
from aftercare.base.tasks import wait_for_event
from aftercare.conversations.context import Desk
from aftercare.conversations.hub import LiveEvent, Stream
from aftercare.conversations.limits import Place, TooMany
from aftercare.conversations.messages import Message
from aftercare.web.chat.requests import bearer_token, conversation_of
from aftercare.web.context import DESK, network_of
from aftercare.web.errors import ApiError

_PAGE = 200
_SEQ = re.compile(r"[0-9]{1,9}")


async def stream(request: web.Request) -> web.StreamResponse:
    """GET /api/chat/events. A stream ends with its token, with its conversation, or when the reader stops reading."""
    desk = request.app[DESK]
    token = bearer_token(request)
    after = _last_seq(request)
    conversation = await conversation_of(request, token)
    try:
        with (
            desk.conversation_streams.one(conversation.id),
            desk.hub.open(conversation.id) as open_stream,
            # of a network whose places are all taken, a stream in which nothing has been said makes room for others
            desk.address_streams.one(
                network_of(request), None if conversation.last_seq else open_stream.close
            ) as place,
        ):
            response = web.StreamResponse(
                headers={"Content-Type": "text/event-stream; charset=utf-8", "X-Accel-Buffering": "no"}
            )
            await response.prepare(request)
            open_stream.live.extend(desk.turns.notices(conversation.id))
            seconds = (token.expires_at - utc_now()).total_seconds()
            with suppress(asyncio.TimeoutError, ConnectionError):
                await asyncio.wait_for(_send(request, open_stream, place, response, conversation.id, after), seconds)
            return response
    except TooMany as error:
        raise ApiError(429, "too_many_streams", conversation.voice, seconds=error.seconds) from None


async def _send(
    request: web.Request,
    open_stream: Stream,
    place: Place,
    response: web.StreamResponse,
    conversation_id: str,
    after: int,
) -> None:
    desk, loop = request.app[DESK], asyncio.get_running_loop()
    await _write(desk, response, "retry: 2000\n\n")
    while not open_stream.closed:
        open_stream.news.clear()
        # a notice goes out before what was stored since: "typing" must not follow the answer
        live = open_stream.take_live()
        page = open_stream.take_fresh(after)
        if page is None:
            page = await desk.worker.run(desk.store.messages_after, conversation_id, after, _PAGE)
            open_stream.lagging = len(page) == _PAGE
        if live or page:
            if page:
                after, place.give_up = page[-1].seq, None
            await _write(desk, response, "".join((*_lines(live), *_lines(page))))
        if open_stream.lagging:
            continue
        beat = loop.time() + desk.limits.heartbeat_seconds
        while not await wait_for_event(open_stream.news, desk.limits.notice_seconds):
            if request.transport is None or request.transport.is_closing():
                return
            if loop.time() >= beat:
                await _write(desk, response, ":\n\n")
                open_stream.lagging = True  # another desk on the same database may have stored something
                break


async def _write(desk: Desk, response: web.StreamResponse, text: str) -> None:
    async with asyncio.timeout(desk.limits.write_seconds):
        await response.write(text.encode())


def _lines(events: Iterable[Message | LiveEvent]) -> Iterable[str]:
    for event in events:
        numbered = f"id: {event.seq}\n" if isinstance(event, Message) else ""
        yield f"{numbered}data: {json.dumps(event.as_json(), ensure_ascii=False)}\n\n"


def _last_seq(request: web.Request) -> int:
    """The last seq the client has: Last-Event-ID of a reconnect, else ?after=, else none."""
    value = request.headers.get("Last-Event-ID") or request.query.get("after") or "0"
    if not _SEQ.fullmatch(value):
        raise ApiError(422, "malformed", detail="after: a whole number from 0")
    return int(value)
