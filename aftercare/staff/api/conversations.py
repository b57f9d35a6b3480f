"""Conversations over the staff API: list, read, claim, hand back, resolve, write and tag."""

from __future__ import annotations

from aiohttp import web

from aftercare.base.database import utc_now
from aftercare.staff.access.api_keys import Scope
from aftercare.staff.access.permissions import audit_once
from aftercare.staff.api import views
from aftercare.staff.api.bodies import (
    AgentMessageRequest,
    ClaimRequest,
    ConversationsQuery,
    HandBackRequest,
    MessagesQuery,
    read_query,
)
from aftercare.staff.api.door import API_KEY, needs_key, nothing_there, sees_personal_data
from aftercare.staff.inbox import conversation_actions
from aftercare.staff.inbox.action import ActionRefused, author, require_marking
from aftercare.staff.inbox.live import INBOX
from aftercare.staff.inbox.thread import Thread
from aftercare.web.chat.requests import read_json
from aftercare.web.context import DESK


@needs_key(Scope.conversations_read)
async def list_conversations(request: web.Request) -> web.Response:
    """GET /api/v1/conversations: those that fit every filter; a page of them."""
    asked, service = read_query(request, ConversationsQuery), request.app[INBOX]
    page, tags, _ = await service.reads.run(
        service.queries.more, asked.filters(), author(request).id, utc_now(), asked.after(), asked.limit
    )
    site, personal = request.app[DESK].settings.public_url, sees_personal_data(request)
    shown = [views.conversation(row, row, tags.get(row.conversation_id, ()), site, personal) for row in page.rows]
    return web.json_response({"conversations": shown, "next_cursor": str(page.after) if page.after else None})


@needs_key(Scope.conversations_read)
async def read_conversation(request: web.Request) -> web.Response:
    """GET /api/v1/conversations/{id}: it, and its messages from one on."""
    asked, service = read_query(request, MessagesQuery), request.app[INBOX]
    conversation_id, first = request.match_info["id"], asked.after + 1
    thread = await service.reads.run(service.threads.part, conversation_id, first, asked.limit)
    if thread is None:
        raise nothing_there("conversation")
    # once an hour for each key: systems read again and again
    once = f"api:{request[API_KEY].id}:{conversation_id}:{utc_now():%Y%m%d%H}"
    await audit_once(request, once, "conversation.viewed", conversation_id)
    site, personal = request.app[DESK].settings.public_url, sees_personal_data(request)
    body = {
        "conversation": await _shown(request, thread),
        "messages": [views.message(each, site, personal) for each in thread.events],
        "next_after": thread.last if thread.later else None,
    }
    return web.json_response(body)


@needs_key(Scope.conversations_write)
async def claim(request: web.Request) -> web.Response:
    """POST /api/v1/conversations/{id}/claim; claiming what one has changes nothing."""
    asked, conversation_id, own = await read_json(request, ClaimRequest), request.match_info["id"], author(request)
    try:
        await conversation_actions.claim(request, conversation_id, asked.expected_agent_id)
    except ActionRefused:
        desk = request.app[DESK]
        if (await desk.worker.run(desk.store.conversation, conversation_id)).agent_id != own.id:
            raise
    return await _answer(request)


@needs_key(Scope.conversations_write)
async def hand_back(request: web.Request) -> web.Response:
    """POST /api/v1/conversations/{id}/hand-back: to the assistant, or into the queue."""
    asked = await read_json(request, HandBackRequest)
    await conversation_actions.release(request, request.match_info["id"], asked.to)
    return await _answer(request)


@needs_key(Scope.conversations_write)
async def resolve(request: web.Request) -> web.Response:
    """POST /api/v1/conversations/{id}/resolve: end it."""
    await conversation_actions.resolve(request, request.match_info["id"])
    return await _answer(request)


@needs_key(Scope.messages_write)
async def write(request: web.Request) -> web.Response:
    """POST /api/v1/conversations/{id}/messages: write to the traveller, once for each id of this key's."""
    asked = await read_json(request, AgentMessageRequest)
    # ids of other keys and of the desk's own pages are others
    client_id = f"k{request[API_KEY].id}-{asked.id}"
    done = await conversation_actions.write(request, request.match_info["id"], asked.text, client_id)
    return web.json_response({"seq": done.seq}, status=201 if done.stored else 200)


@needs_key(Scope.tags_write)
async def tag(request: web.Request) -> web.Response:
    """PUT and DELETE /api/v1/conversations/{id}/tags/{name}: put a tag on, or take it off."""
    require_marking(request)
    service, conversation_id = request.app[INBOX], request.match_info["id"]
    if await service.reads.run(service.threads.state, conversation_id) is None:
        raise nothing_there("conversation")
    await conversation_actions.set_tag(request, conversation_id, request.match_info["name"], request.method == "PUT")
    thread = await service.reads.run(service.threads.part, conversation_id, 1, 0)
    if thread is None:
        raise nothing_there("conversation")
    return web.json_response({"tags": list(thread.tags)})


async def _answer(request: web.Request) -> web.Response:
    """How the conversation stands now."""
    service = request.app[INBOX]
    thread = await service.reads.run(service.threads.part, request.match_info["id"], 1, 0)
    if thread is None:
        raise nothing_there("conversation")
    return web.json_response({"conversation": await _shown(request, thread)})


async def _shown(request: web.Request, thread: Thread) -> views.Json:
    service, site = request.app[INBOX], request.app[DESK].settings.public_url
    summary = await service.reads.run(service.queries.summary_of, request.match_info["id"])
    return views.conversation(thread.conversation, summary, thread.tags, site, sees_personal_data(request))
