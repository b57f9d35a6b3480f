"""Hands cases over to Zendesk or Chatwoot, and brings Zendesk's answers back: an example to adapt (webhooks.md).

Settings: OUTGOING_WEBHOOK_SECRET as the desk has it; DESK_URL; DESK_KEY with the scopes tickets:read,
conversations:read, conversations:write and messages:write; ZENDESK_URL, ZENDESK_EMAIL, ZENDESK_TOKEN and
ZENDESK_SIGNING_SECRET, or CHATWOOT_INBOX, the address of an API inbox:
https://app.chatwoot.com/public/api/v1/inboxes/IDENTIFIER
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
from typing import Any

import httpx
from aiohttp import web
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

SHOWN = 50  # messages that are handed over with a case


def desk() -> httpx.AsyncClient:
    """The desk's staff API."""
    headers = {"Authorization": f"Bearer {os.environ['DESK_KEY']}"}
    return httpx.AsyncClient(base_url=f"{os.environ['DESK_URL']}/api/v1", headers=headers, timeout=15)


async def from_desk(request: web.Request) -> web.Response:
    """POST /desk: what OUTGOING_WEBHOOKS are told; a case becomes one there."""
    body = await request.read()
    try:
        told = Webhook(os.environ["OUTGOING_WEBHOOK_SECRET"]).verify(body, dict(request.headers))
    except WebhookVerificationError:
        return web.Response(status=401)
    if told["type"] != "ticket.opened":
        return web.Response(status=204)
    async with desk() as api:
        answer = await api.get(f"/tickets/{told['data']['ticket']}")
        ticket = answer.raise_for_status().json()["ticket"]
        text = await case_in_words(api, ticket)
    to = to_zendesk if "ZENDESK_URL" in os.environ else to_chatwoot
    await to(f"{ticket['name']} {ticket['reason']}", text, ticket["conversation"], request.headers["webhook-id"])
    return web.Response(status=204)


async def case_in_words(api: httpx.AsyncClient, ticket: dict[str, Any]) -> str:
    """What the ticket tells, and the end of the conversation; only that it is there where the traveller deleted it."""
    lines = [ticket["url"], *(f"{fact['name']}: {fact['value']}" for fact in ticket["facts"]), ""]
    here = f"/conversations/{ticket['conversation']}"
    found = await api.get(here, params={"limit": 1})
    if found.status_code == 404:
        return "\n".join(lines)
    after = max(0, found.raise_for_status().json()["conversation"]["last_seq"] - SHOWN)
    found = await api.get(here, params={"after": after})
    lines += [f"{each['from']}: {each['text']}" for each in found.raise_for_status().json()["messages"]]
    return "\n".join(lines)


async def to_zendesk(subject: str, text: str, conversation: str, once: str) -> None:
    """A ticket; a copy of the webhook has the same `once`."""
    ticket = {"subject": subject, "comment": {"body": text, "public": False}, "external_id": conversation}
    who = (f"{os.environ['ZENDESK_EMAIL']}/token", os.environ["ZENDESK_TOKEN"])
    url, headers = f"{os.environ['ZENDESK_URL']}/api/v2/tickets.json", {"Idempotency-Key": once}
    async with httpx.AsyncClient(auth=who, timeout=15) as zendesk:
        (await zendesk.post(url, json={"ticket": ticket}, headers=headers)).raise_for_status()


async def to_chatwoot(subject: str, text: str, conversation: str, _once: str) -> None:
    """A conversation in an API inbox, with a contact of the traveller's conversation."""
    inbox = os.environ["CHATWOOT_INBOX"]
    async with httpx.AsyncClient(timeout=15) as chatwoot:
        made = await chatwoot.post(f"{inbox}/contacts", json={"identifier": conversation})
        contact = f"{inbox}/contacts/{made.raise_for_status().json()['source_id']}"
        attributes = {"custom_attributes": {"desk_conversation": conversation}}
        opened = await chatwoot.post(f"{contact}/conversations", json=attributes)
        messages = f"{contact}/conversations/{opened.raise_for_status().json()['id']}/messages"
        (await chatwoot.post(messages, json={"content": f"{subject}\n{text}"})).raise_for_status()


async def from_zendesk(request: web.Request) -> web.Response:
    """POST /zendesk: a trigger's {"conversation", "text", "at"} goes to the traveller, once."""
    body = await request.read()
    at = request.headers.get("X-Zendesk-Webhook-Signature-Timestamp", "")
    key = os.environ["ZENDESK_SIGNING_SECRET"].encode()
    signature = base64.b64encode(hmac.new(key, at.encode() + body, hashlib.sha256).digest())
    if not hmac.compare_digest(signature, request.headers.get("X-Zendesk-Webhook-Signature", "").encode()):
        return web.Response(status=401)
    told = json.loads(body)
    message = {"id": f"zendesk-{hashlib.sha256(body).hexdigest()[:32]}", "text": told["text"]}
    here = f"/conversations/{told['conversation']}"
    async with desk() as api:
        answer = await api.post(f"{here}/messages", json=message)
        if answer.status_code == 409:  # nobody has it yet; what a colleague has in the desk stays theirs
            await api.post(f"{here}/claim", json={})
            answer = await api.post(f"{here}/messages", json=message)
    # 404: the traveller has deleted the chat, and trying again is of no use; for others Zendesk may try again
    return web.Response(status=204 if answer.is_success or answer.status_code == 404 else 502)


def application() -> web.Application:
    """Both directions."""
    app = web.Application()
    app.router.add_post("/desk", from_desk)
    app.router.add_post("/zendesk", from_zendesk)
    return app


if __name__ == "__main__":
    web.run_app(application(), host="127.0.0.1", port=int(os.environ.get("PORT", "8090")))
