"""The staff API: what a key may do and what not, and that the desk's rules hold over it as on its pages."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import aiohttp
import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from aftercare.base.database import utc_now
from aftercare.conversations.context import Limits
from aftercare.orders import guessing, tickets
from aftercare.orders.migrations import migrate
from aftercare.orders.ownership import verify
from aftercare.orders.refunds.decide import decide
from aftercare.orders.refunds.load import facts_for
from aftercare.orders.requests import open_request
from aftercare.staff.access.api_keys import Scope, revoke_key
from aftercare.staff.access.tables import ROLES, api_key, audit_entry, staff
from aftercare.staff.inbox.live import INBOX
from aftercare.staff.people.throttle import take_attempt
from aftercare.web.context import DESK
from tests.support.chat_client import ChatClient
from tests.support.desk import RunningDesk
from tests.support.order_rows import add_order, add_plan
from tests.support.staff_api import KeyHolder, document, key_for
from tests.support.staff_client import StaffClient

Hold = Callable[..., KeyHolder]


@pytest.fixture
def holder(desk: RunningDesk, http: aiohttp.ClientSession) -> Hold:
    """Makes systems with keys: `holder("agent")`, `holder("agent", ["tickets:read"], name="Mere")`."""

    def make(role: str, *scopes: Any, **who: str) -> KeyHolder:
        return KeyHolder(http, desk.url, key_for(desk, role, *scopes, **who)[1])

    return make


def audited(desk: RunningDesk, action: str) -> list[Any]:
    with desk.app[DESK].store.engine.connect() as connection:
        wanted = sa.select(audit_entry).where(audit_entry.c.action == action).order_by(audit_entry.c.id)
        return list(connection.execute(wanted))


def ask_refund(desk: RunningDesk, conversation_id: str, price: int, number: str = "NZ10000003") -> int:
    """A refund of an order worth `price` that waits for a person; its id."""
    engine, now = desk.app[DESK].orders, utc_now()
    migrate(desk.settings.orders_database_url)
    with Session(engine, future=True) as session:
        plan, bought = f"plan-{price}", now - timedelta(days=1)
        add_plan(session, plan, price_minor=price)
        used = {"profile_state": "installed", "installed_at": bought, "data_used_mb": 3000}
        add_order(session, number, plan_id=plan, bought_at=bought, delivered_at=bought, esim=used)
        loaded = facts_for(session, number, now, fault_reported=True)
        assert loaded is not None
        decision = decide(*loaded, "refund")
        assert decision.outcome == "review"
        request, _ = open_request(session, number, "refund", decision, conversation_id, now)
        session.commit()
        return request.id


async def test_each_route_needs_its_scope_and_each_scope_its_role(desk: RunningDesk, holder: Hold) -> None:
    migrate(desk.settings.orders_database_url)
    example = {"id": "nobody", "number": "1", "name": "x"}
    routes = [
        (method.upper(), path.removeprefix("/api/v1").format(**example), operation["security"][0]["key"])
        for path, operations in document()["paths"].items()
        for method, operation in operations.items()
        if method != "parameters" and "security" in operation
    ]
    assert len(routes) == 20
    # as an administrator, so that only the scope can be missing
    without = {str(scope): holder("admin", [each for each in Scope if each is not scope]) for scope in Scope}
    for method, path, scopes in routes:
        if scopes:
            status, body = await without[scopes[0]].ask(method, path)
            assert (status, body["error"]["code"]) == (403, "scope_missing"), (method, path)
        else:
            assert (await without["tickets:read"].ask(method, path))[0] == 200
    # the role is looked at again with each request
    demoted = holder("admin", Scope, name="Demoted")
    with desk.app[DESK].store.engine.begin() as connection:
        connection.execute(sa.update(staff).where(staff.c.name == "Demoted").values(role="viewer"))
    for method, path, scopes in routes:
        if scopes and scopes[0] not in ("conversations:read", "contacts:read"):
            status, body = await demoted.ask(method, path)
            assert (status, body["error"]["code"]) == (403, "not_allowed"), (method, path)
    assert set(ROLES) == {"viewer", "agent", "annotator", "lead", "admin"}


async def test_no_key_a_wrong_one_a_revoked_one_and_one_of_nobody(
    desk: RunningDesk, http: aiohttp.ClientSession
) -> None:
    who, secret, number = key_for(desk, "agent")
    held = KeyHolder(http, desk.url, secret)
    status, body = await held.get("/key")
    assert (status, body["key"]["acts_for"]["name"]) == (200, who.name)
    for wrong in ("", "x", secret[:-1], secret + "x", "desk_" + "a" * 43, "desk_" + "é" * 43):
        assert (await KeyHolder(http, desk.url, wrong).get("/key"))[0] == 401, wrong
    async with http.get(f"{desk.url}/api/v1/key", headers={"Authorization": f"Basic {secret}"}) as answer:
        assert (answer.status, answer.headers["WWW-Authenticate"]) == (401, "Bearer")
    engine = desk.app[DESK].store.engine
    with engine.begin() as connection:
        row = connection.execute(sa.select(api_key).where(api_key.c.id == number)).one()
        assert secret not in str(row)
        assert row.used_at is not None
        connection.execute(sa.update(staff).where(staff.c.id == who.id).values(disabled_at=utc_now()))
    assert (await held.get("/key"))[1]["error"]["code"] == "key_invalid"
    with engine.begin() as connection:
        connection.execute(sa.update(staff).where(staff.c.id == who.id).values(disabled_at=None))
    assert (await held.get("/key"))[0] == 200
    assert revoke_key(engine, number, utc_now())
    assert (await held.get("/key"))[1]["error"]["code"] == "key_invalid"


async def test_a_key_is_stopped_when_it_asks_too_often(
    start_desk: Callable[..., Awaitable[RunningDesk]], http: aiohttp.ClientSession
) -> None:
    desk = await start_desk(replace(Limits(), api_per_minute=6))
    one, other = (KeyHolder(http, desk.url, key_for(desk, "agent", name=name)[1]) for name in ("Mia", "Ned"))
    assert [(await one.get("/key"))[0] for _ in range(4)] == [200, 200, 200, 429]
    headers = {"Authorization": f"Bearer {one.secret}"}
    async with http.get(f"{desk.url}/api/v1/key", headers=headers) as answer:
        assert 1 <= int(answer.headers["Retry-After"]) <= 10
    assert (await other.get("/key"))[0] == 200


async def test_a_colleague_answers_through_another_system(
    desk: RunningDesk, traveller: ChatClient, holder: Hold
) -> None:
    mere, ned = holder("agent", name="Mere"), holder("agent", name="Ned")
    await traveller.ask("hello, I am at emma@example.com")
    here = f"/conversations/{traveller.conversation_id}"
    text = {"id": "z-1", "text": "Kia ora, this is Mere."}
    assert (await mere.post(f"{here}/messages", text))[1]["error"]["code"] == "nobodys"
    # of many who claim at once one has it; doing it again changes nothing
    outcomes = await asyncio.gather(*(each.post(f"{here}/claim") for each in (mere, ned) * 4))
    won = {body["conversation"]["agent"]["name"] for status, body in outcomes if status == 200}
    assert len(won) == 1
    assert sorted(status for status, _ in outcomes) == [200] * 4 + [409] * 4
    mine, other = (mere, ned) if won == {"Mere"} else (ned, mere)
    assert (await other.post(f"{here}/messages", text))[1]["error"]["code"] == "not_yours"
    written = [await mine.post(f"{here}/messages", text) for _ in range(2)]
    assert [status for status, _ in written] == [201, 200]
    assert written[0][1] == written[1][1]
    told = await traveller.until(lambda event: event["from"] == "agent")
    assert (told["text"], told["agent"]) == (text["text"], won.pop())
    # the other takes over, and writes with the same id of its own
    holder_now = (await other.get(here))[1]["conversation"]["agent"]["id"]
    assert (await other.post(f"{here}/claim", {"expected_agent_id": holder_now}))[0] == 200
    assert (await other.post(f"{here}/messages", text))[0] == 201
    _, page = await other.get(f"{here}?after=0&limit=2")
    assert [each["seq"] for each in page["messages"]] == [1, 2]
    rest = (await other.get(f"{here}?after={page['next_after']}"))[1]
    assert sum(each["text"] == text["text"] for each in rest["messages"]) == 2
    assert rest["next_after"] is None
    assert (await mine.post(f"{here}/resolve"))[0] == 409
    assert (await other.post(f"{here}/hand-back", {"to": "waiting"}))[1]["conversation"]["state"] == "waiting"
    assert (await mine.post(f"{here}/claim"))[0] == 200
    assert (await mine.post(f"{here}/resolve"))[1]["conversation"]["state"] == "closed"
    written_by = audited(desk, "conversation.replied")[0]
    assert written_by.details["via"].startswith("key:")
    assert len(audited(desk, "conversation.viewed")) == 1, "once an hour for each key"


async def test_conversations_are_found_paged_and_tagged(
    desk: RunningDesk, http: aiohttp.ClientSession, holder: Hold
) -> None:
    agent, viewer = holder("agent"), holder("viewer")
    made = []
    for number in range(3):
        chat = ChatClient(http, desk.url)
        await chat.open(locale="en")
        await chat.ask(f"call me at emma{number}@example.com")
        await desk.app[INBOX].refresh(chat.conversation_id)
        made.append(chat.conversation_id)
    found, cursor = [], ""
    while cursor is not None:
        _, page = await agent.get(f"/conversations?limit=2&cursor={cursor}")
        found += [each["id"] for each in page["conversations"]]
        cursor = page["next_cursor"]
    assert found == made[::-1]
    assert (await agent.ask("PUT", f"/conversations/{made[1]}/tags/%20VIP%2FNZ%20"))[1] == {"tags": ["vip/nz"]}
    assert [each["id"] for each in (await viewer.get("/conversations?tag=VIP/nz"))[1]["conversations"]] == [made[1]]
    assert (await agent.ask("DELETE", f"/conversations/{made[1]}/tags/vip%2Fnz"))[1] == {"tags": []}
    assert (await agent.ask("PUT", f"/conversations/{made[1]}/tags/{'x' * 41}"))[0] == 422
    assert (await agent.ask("PUT", "/conversations/nobody/tags/x"))[0] == 404
    said = [(await each.get(f"/conversations/{made[0]}"))[1]["messages"][0]["text"] for each in (agent, viewer)]
    assert "emma0@example.com" in said[0]
    assert "emma0" not in said[1]
    for wrong in (
        "cursor=x", "cursor=-1", "limit=0", "limit=101", "limit=x", "view=none", "colour=1", "view=all&view=mine",
        "first_day=yesterday", "first_day=1-1-1", "rating_from=6", "contact=99999999999", "reviewed=maybe",
    ):  # fmt: skip
        assert (await agent.get(f"/conversations?{wrong}"))[0] == 422, wrong
    await http.delete(f"{desk.url}/api/chat/conversation", headers=chat.headers)
    gone = f"/conversations/{made[2]}"
    assert [(await agent.ask(*each))[0] for each in (
        ("GET", gone), ("POST", f"{gone}/claim"), ("POST", f"{gone}/hand-back"), ("POST", f"{gone}/resolve"),
        ("POST", f"{gone}/messages", {"id": "1", "text": "x"}), ("DELETE", f"{gone}/tags/x"),
    )] == [404] * 6  # fmt: skip


async def test_a_large_refund_takes_two_people_whatever_keys_they_use(
    desk: RunningDesk, traveller: ChatClient, holder: Hold, as_role: Callable[..., StaffClient]
) -> None:
    refund = ask_refund(desk, traveller.conversation_id, 60000)
    mia, ned = holder("agent", name="Mia"), holder("agent", name="Ned")
    mias_other, page = holder("agent", name="Mia"), as_role("agent", name="Mia")
    _, found = await mia.get(f"/refunds?state=requested&conversation={traveller.conversation_id}")
    (asked,) = found["refunds"]
    most = asked["most_minor"]
    assert (asked["id"], most > asked["second_person_above_minor"]) == (refund, True)
    yes = {"amount_minor": most, "reason": "It never worked."}
    assert (await mia.post(f"/refunds/{refund}/approve", {**yes, "amount_minor": most + 1}))[0] == 422
    assert (await mia.post(f"/refunds/{refund}/approve", {**yes, "reason": " "}))[0] == 422
    _, first = await mia.post(f"/refunds/{refund}/approve", yes)
    assert (first["refund"]["state"], first["traveller"]) == ("requested", None)
    assert first["refund"]["first_approval"]["by"] == "Mia"
    # neither another key of hers nor the page makes her a second person
    assert (await mias_other.post(f"/refunds/{refund}/approve", yes))[1]["error"]["code"] == "refund_second"
    form = {"request": refund, "decision": "approve", "amount": f"{most / 100:.2f}", "reason": "again"}
    assert (await page.post(f"/desk/inbox/c/{traveller.conversation_id}/refund", form, htmx=True)).status == 409
    _, second = await ned.post(f"/refunds/{refund}/approve", {**yes, "message": "Sorry again!"})
    assert (second["refund"]["state"], second["refund"]["decided_by"]) == ("approved", "Ned")
    assert second["traveller"] == "told"
    told = await traveller.until(lambda event: "Sorry again!" in event["text"])
    assert told["from"] == "system"
    assert (await ned.post(f"/refunds/{refund}/decline", {"reason": "no"}))[1]["error"]["code"] == "refund_decided"
    assert (await ned.get("/refunds/999"))[0] == 404
    assert [entry.details["via"][:4] for entry in audited(desk, "refund.decided")] == ["key:", "key:"]


async def test_of_two_decisions_at_once_one_counts(desk: RunningDesk, traveller: ChatClient, holder: Hold) -> None:
    refund = ask_refund(desk, traveller.conversation_id, 2900)
    mia, ned = holder("agent", name="Mia"), holder("agent", name="Ned")
    answers = await asyncio.gather(
        *(each.post(f"/refunds/{refund}/approve", {"amount_minor": 100, "reason": "x"}) for each in (mia, ned)),
        *(each.post(f"/refunds/{refund}/decline", {"reason": "x"}) for each in (mia, ned)),
    )
    assert sorted(status for status, _ in answers) == [200, 409, 409, 409]


async def test_tickets_are_listed_closed_and_opened_again(
    desk: RunningDesk, traveller: ChatClient, holder: Hold
) -> None:
    migrate(desk.settings.orders_database_url)
    agent, now = holder("agent"), utc_now()
    await traveller.ask("hello")
    with Session(desk.app[DESK].orders, future=True) as session, session.begin():
        case, _ = tickets.open_ticket(session, traveller.conversation_id, "reissue", "en", {"phone": "iPhone 15"}, now)
        talk, _ = tickets.open_ticket(session, traveller.conversation_id, "handoff", "en", {}, now)
        numbers = case.id, talk.id
    _, page = await agent.get("/tickets?limit=1")
    assert (page["tickets"][0]["number"], page["next_cursor"]) == (numbers[1], str(numbers[1]))
    _, page = await agent.get(f"/tickets?cursor={page['next_cursor']}")
    assert [each["number"] for each in page["tickets"]] == [numbers[0]]
    assert "iPhone 15" in str(page["tickets"][0]["facts"])
    for number in numbers:
        for _ in range(2):
            assert (await agent.post(f"/tickets/{number}/close"))[1]["ticket"]["state"] == "closed"
    assert (await agent.post(f"/tickets/{numbers[0]}/reopen"))[1]["ticket"]["state"] == "open"
    assert (await agent.post(f"/tickets/{numbers[0]}/reopen"))[0] == 200
    listed = (await agent.get("/conversations?view=person"))[1]["conversations"]
    assert [each["id"] for each in listed] == [traveller.conversation_id]
    assert (await agent.post(f"/tickets/{numbers[1]}/reopen"))[1]["error"]["code"] == "ticket_of_talk"
    assert (await agent.post("/tickets/999/reopen"))[0] == 404
    assert (await agent.get("/tickets?cursor=1e3"))[0] == 422
    assert len(audited(desk, "ticket.closed")) == 2


async def test_a_contact_is_no_more_than_another_system_needs(
    desk: RunningDesk, traveller: ChatClient, holder: Hold
) -> None:
    ask_refund(desk, traveller.conversation_id, 2900)
    with Session(desk.app[DESK].orders, future=True) as session:
        verify(session, traveller.conversation_id, "NZ10000003", "emma@example.com", utc_now())
        session.commit()
    await traveller.ask("hello")
    await desk.app[INBOX].refresh(traveller.conversation_id)
    agent, plain = holder("agent"), holder("agent", ["contacts:read"], name="Plain")
    _, body = await agent.post("/contacts/lookup", {"email": " Emma@Example.com"})
    assert (body["contact"]["email"], body["contact"]["name"]) == ("emma@example.com", "Emma")
    assert [each["id"] for each in body["contact"]["conversations"]] == [traveller.conversation_id]
    _, masked = await plain.post("/contacts/lookup", {"order": "nz 1000 0003"})
    assert (masked["contact"]["email"], masked["contact"]["name"]) == ("e••••@example.com", "E••••")
    assert masked["contact"]["orders"] == body["contact"]["orders"]
    assert (await plain.post("/contacts/lookup", {"email": "x@example.com"}))[0] == 404
    for wrong in (
        {},
        {"email": "a@b.nz", "order": "NZ10000003"},
        {"email": ""},
        {"name": "Emma"},
        {"email": 1},
        {"email": "a@b.nz", "order": ""},
    ):
        assert (await plain.post("/contacts/lookup", wrong))[0] == 422, wrong
    assert [entry.action for entry in audited(desk, "contact.looked_up") + audited(desk, "personal.revealed")] == [
        "contact.looked_up",
        "personal.revealed",
    ]


async def test_an_administrator_makes_and_revokes_keys_in_the_desk(
    desk: RunningDesk, http: aiohttp.ClientSession, as_role: Callable[..., StaffClient]
) -> None:
    admin, lead = as_role("admin", name="Ana"), as_role("lead")
    agent = as_role("agent", name="Mere").colleague
    assert admin.colleague is not None
    assert agent is not None
    page = "/desk/people/keys"
    assert (await lead.post(page, {"name": "x", "scope": "tickets:read", "acts_for": agent.id})).status == 403
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"name": " ", "scope": "tickets:read", "acts_for": agent.id}, "name of at most 80"),
        ({"name": "x", "acts_for": agent.id}, "choose what the key may do"),
        ({"name": "x", "scope": "everything", "acts_for": agent.id}, "choose what the key may do"),
        ({"name": "x", "scope": "tickets:read", "acts_for": 999}, "colleague who can sign in"),
        ({"name": "x", "scope": "refunds:write", "acts_for": agent.id}, "large refunds take two people"),
    ]
    for form, says in wrong:
        answer = await admin.post(page, form)
        assert (answer.status, says in await answer.text()) == (422, True), form
    answer = await admin.post(page, {"name": "Zendesk\x00", "scope": "messages:write", "acts_for": agent.id})
    shown = await answer.text()
    secret = shown.partition('value="desk_')[2].partition('"')[0]
    held = KeyHolder(http, desk.url, f"desk_{secret}")
    _, body = await held.get("/key")
    assert body["key"] == {
        "id": 1,
        "name": "Zendesk",
        "scopes": ["messages:write"],
        "acts_for": {"id": str(agent.id), "name": "Mere", "role": "agent"},
    }
    listed = await (await admin.get(page)).text()
    assert "Zendesk" in listed
    assert secret not in listed
    assert (await admin.post(f"{page}/1/revoke")).status == 303
    assert (await held.get("/key"))[0] == 401
    assert (await admin.post(f"{page}/1/revoke")).status == 404
    assert [entry.subject for entry in audited(desk, "key.made") + audited(desk, "key.revoked")] == ["key:1", "key:1"]


async def test_what_cannot_be_read_is_told_and_no_traceback(
    desk: RunningDesk, traveller: ChatClient, holder: Hold, caplog: pytest.LogCaptureFixture
) -> None:
    agent = holder("agent")
    await traveller.ask("hello")
    here = f"/conversations/{traveller.conversation_id}"
    assert (await agent.post(f"{here}/claim"))[0] == 200
    messages = f"{here}/messages"
    for body, expected in (
        (b"{", 400), (b"\xff\xfe", 400), (b"[" * 100_000, 400), (b'{"id": "1", "text": "\\ud800"}', 422),
        (b"[]", 422), (b"null", 422), (b'{"id": 1, "text": "x"}', 422), (b'{"id": "1\\n", "text": "x"}', 422),
        (b'{"id": "1", "text": ""}', 422), (b'{"id": "1", "text": "x", "more": 1}', 422), (b"", 422),
        (b'{"id": "' + b"1" * 49 + b'", "text": "x"}', 422), (b'{"id": "1", "text": "' + b"x" * 4001 + b'"}', 422),
        (b"x" * 200_000, 413), (b'{"id": "1", "text": "' + b"x" * 4000 + b'"}', 201),
    ):  # fmt: skip
        assert (await agent.post(messages, data=body))[0] == expected, body[:60]
    assert (await agent.get("/conversations?q=%00%FF%F0&order=%00"))[0] == 200
    async with agent.http.get(f"{desk.url}/api/v1/nothing") as answer:
        assert (answer.status, (await answer.json())["error"]["code"]) == (404, "not_found")
    async with agent.http.delete(f"{desk.url}/api/v1/tickets") as answer:
        assert (answer.status, answer.headers["Allow"]) == (405, "GET")
    async with agent.http.get(f"{desk.url}/api/v1/openapi.yaml") as answer:
        assert answer.content_type == "application/yaml"
        assert "operationId: postAgentMessage" in await answer.text()
    assert [each.message for each in caplog.records if each.name == "aftercare.web.errors" and each.levelno > 30] == []


async def test_guessing_is_a_figure_for_a_monitoring_system(desk: RunningDesk, http: aiohttp.ClientSession) -> None:
    migrate(desk.settings.orders_database_url)
    held = KeyHolder(http, desk.url, key_for(desk, "lead", ["alarms:read"])[1])
    quiet = {"count": 0, "minutes": 15, "alarm": False}
    expected = {"failed_proofs": {**quiet, "alarm_at": 100}, "sign_in_attempts": {**quiet, "alarm_at": 50}}
    assert await held.get("/alarms") == (200, {"alarms": expected})
    with Session(desk.app[DESK].orders, future=True) as session:
        for number in range(guessing.ALARM_AT):
            verify(session, f"conversation-{number}", "NZ10000003", "nobody@example.com", utc_now())
        session.commit()
    for number in range(3):
        take_attempt(desk.app[DESK].store.engine, "mere@desk.example", f"203.0.113.{number}", utc_now())
    take_attempt(desk.app[DESK].store.engine, "tama@desk.example", "203.0.113.9", utc_now())
    found = (await held.get("/alarms"))[1]["alarms"]
    assert found["failed_proofs"] == {**expected["failed_proofs"], "count": guessing.ALARM_AT, "alarm": True}
    assert found["sign_in_attempts"]["count"] == 3
