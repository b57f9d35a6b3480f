"""The addresses of the staff API, as docs/staff-api.yaml describes them."""

from __future__ import annotations

from aiohttp import web

from aftercare.base.settings import ROOT
from aftercare.staff.access.api_keys import Scope, role_may
from aftercare.staff.api import alarms, cases, contacts, conversations
from aftercare.staff.api.door import API_KEY, needs_key, set_up

_DOCUMENT = ROOT / "docs" / "staff-api.yaml"
_ONE = "/api/v1/conversations/{id:[A-Za-z0-9_.:-]{1,80}}"
_TICKET = "/api/v1/tickets/{number:[0-9]{1,9}}"
_REFUND = "/api/v1/refunds/{number:[0-9]{1,9}}"


def add_routes(app: web.Application) -> None:
    """Add the API to the desk."""
    set_up(app)
    router = app.router
    router.add_get("/api/v1/openapi.yaml", document, allow_head=False)
    router.add_get("/api/v1/key", key, allow_head=False)
    router.add_get("/api/v1/conversations", conversations.list_conversations, allow_head=False)
    router.add_get(_ONE, conversations.read_conversation, allow_head=False)
    router.add_post(f"{_ONE}/claim", conversations.claim)
    router.add_post(f"{_ONE}/hand-back", conversations.hand_back)
    router.add_post(f"{_ONE}/resolve", conversations.resolve)
    router.add_post(f"{_ONE}/messages", conversations.write)
    router.add_put(f"{_ONE}/tags/{{name}}", conversations.tag)
    router.add_delete(f"{_ONE}/tags/{{name}}", conversations.tag)
    router.add_get("/api/v1/tickets", cases.list_tickets, allow_head=False)
    router.add_get(_TICKET, cases.read_ticket, allow_head=False)
    router.add_post(f"{_TICKET}/close", cases.close_ticket)
    router.add_post(f"{_TICKET}/reopen", cases.reopen_ticket)
    router.add_get("/api/v1/refunds", cases.list_refunds, allow_head=False)
    router.add_get(_REFUND, cases.read_refund, allow_head=False)
    router.add_post(f"{_REFUND}/approve", cases.approve)
    router.add_post(f"{_REFUND}/decline", cases.decline)
    router.add_post(f"{_REFUND}/carried-out", cases.carried_out)
    router.add_post("/api/v1/contacts/lookup", contacts.look_up)
    router.add_get("/api/v1/alarms", alarms.read_alarms, allow_head=False)


async def document(_request: web.Request) -> web.FileResponse:
    """GET /api/v1/openapi.yaml: what this API is, for programs; for everybody."""
    return web.FileResponse(_DOCUMENT, headers={"Content-Type": "application/yaml"})


@needs_key()
async def key(request: web.Request) -> web.Response:
    """GET /api/v1/key: what the key that asks may do, and for whom it acts."""
    own = request[API_KEY]
    who = {"id": own.member.agent_id, "name": own.member.name, "role": own.member.role}
    scopes = [str(scope) for scope in Scope if scope in own.scopes and role_may(own.member.role, scope)]
    return web.json_response({"key": {"id": own.id, "name": own.name, "scopes": scopes, "acts_for": who}})
