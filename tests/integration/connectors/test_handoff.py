"""The example of docs/connectors/webhooks.md: a case goes to a help desk, its answer to the traveller."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import importlib.util
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from sqlalchemy.orm import Session

from aftercare.base.database import utc_now
from aftercare.base.settings import ROOT, settings
from aftercare.orders import tickets
from aftercare.orders.migrations import migrate
from aftercare.web.context import DESK
from tests.support.chat_client import ChatClient
from tests.support.desk import RunningDesk
from tests.support.staff_api import key_for

EXAMPLE = ROOT / "docs" / "connectors" / "examples" / "handoff.py"
SECRET = "whsec_" + base64.b64encode(b"0123456789abcdef0123456789abcdef").decode()
SIGNED_WITH = "zendesk signs with this"


class HelpDesk:
    """Takes what is sent to Zendesk and to an API inbox of Chatwoot."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, Any, str]] = []
        self.news = asyncio.Event()

    async def take(self, request: web.Request) -> web.Response:
        headers = request.headers.get("Authorization", "") + request.headers.get("Idempotency-Key", "")
        self.taken.append((request.path, await request.json(), headers))
        if request.path.endswith(("tickets.json", "messages")):
            self.news.set()
        return web.json_response({"id": 5, "source_id": "s-1"}, status=201)


@pytest.fixture
async def serve() -> AsyncIterator[Callable[[web.Application], Awaitable[str]]]:
    runners: list[web.AppRunner] = []

    async def start(app: web.Application) -> str:
        runners.append(web.AppRunner(app, shutdown_timeout=0.1))
        await runners[-1].setup()
        await web.TCPSite(runners[-1], "127.0.0.1", 0).start()
        return f"http://127.0.0.1:{runners[-1].addresses[0][1]}"

    yield start
    for runner in runners:
        await runner.cleanup()


@pytest.mark.parametrize("kind", ["zendesk", "chatwoot"])
async def test_a_case_is_handed_over_and_answered(
    kind: str,
    serve: Callable[[web.Application], Awaitable[str]],
    start_desk: Callable[..., Awaitable[RunningDesk]],
    http: aiohttp.ClientSession,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    spec = importlib.util.spec_from_file_location("handoff", EXAMPLE)
    assert spec is not None
    assert spec.loader is not None
    example = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(example)
    there, help_desk = web.Application(), HelpDesk()
    there.router.add_post("/{path:.*}", help_desk.take)
    theirs, bridge = await serve(there), await serve(example.application())
    webhooks = {"OUTGOING_WEBHOOKS": f"{bridge}/desk", "OUTGOING_WEBHOOK_SECRET": SECRET}
    desk = await start_desk(**webhooks)
    settings.cache_clear()
    migrate(desk.settings.orders_database_url)
    _, key, _ = key_for(desk, "agent", ["tickets:read", "conversations:read", "conversations:write", "messages:write"])
    place = {"CHATWOOT_INBOX": f"{theirs}/public/api/v1/inboxes/i1"}
    if kind == "zendesk":
        place = {"ZENDESK_URL": theirs, "ZENDESK_EMAIL": "me@example.com", "ZENDESK_TOKEN": "t"}
    for name, value in {
        "DESK_URL": desk.url, "DESK_KEY": key, "ZENDESK_SIGNING_SECRET": SIGNED_WITH, **place,
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    traveller = ChatClient(http, desk.url)
    await traveller.open(locale="en")
    await traveller.ask("my eSIM is lost, I am emma@example.com")
    with Session(desk.app[DESK].orders, future=True) as session, session.begin():
        told = {"phone": "iPhone 15"}
        tickets.open_ticket(session, traveller.conversation_id, "reissue", "en", told, utc_now())
    desk.app[DESK].outbox.wake()
    await asyncio.wait_for(help_desk.news.wait(), 10)
    settings.cache_clear()
    _, case, headers = help_desk.taken[-1]
    assert "traveller: my eSIM is lost, I am e••••@example.com" in str(case)
    assert "iPhone 15" in str(case)
    if kind == "chatwoot":
        assert [path.rpartition("i1")[2] for path, _, _ in help_desk.taken] == [
            "/contacts",
            "/contacts/s-1/conversations",
            "/contacts/s-1/conversations/5/messages",
        ]
        return
    assert (case["ticket"]["external_id"], "msg_" in headers) == (traveller.conversation_id, True)
    answer = {"conversation": traveller.conversation_id, "text": "A new one is on its way.", "at": "1"}

    async def reply(secret: str, told: Any) -> int:
        body = json.dumps(told).encode()
        signature = base64.b64encode(hmac.new(secret.encode(), b"now" + body, hashlib.sha256).digest()).decode()
        signed = {"X-Zendesk-Webhook-Signature": signature, "X-Zendesk-Webhook-Signature-Timestamp": "now"}
        async with http.post(f"{bridge}/zendesk", data=body, headers=signed) as done:
            return done.status

    gone = answer | {"conversation": "x"}
    signed_and_sent = [("another", answer), (SIGNED_WITH, answer), (SIGNED_WITH, answer), (SIGNED_WITH, gone)]
    assert [await reply(*each) for each in signed_and_sent] == [401, 204, 204, 204]
    event = await traveller.until(lambda each: each["from"] == "agent")
    assert event["text"] == answer["text"]
    stored = desk.app[DESK].store.messages_after(traveller.conversation_id, 0, 100)
    assert sum(each.sender == "agent" for each in stored) == 1
