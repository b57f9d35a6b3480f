"""The inbox over HTTP: what each role may, what a page shows, taking over, writing, and deciding."""

from __future__ import annotations

import asyncio
import io
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import pytest
import sqlalchemy as sa
import yaml
from PIL import Image
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from aftercare.conversations.messages import Message
from aftercare.conversations.store import Store
from aftercare.conversations.tables import conversation, event
from aftercare.orders.migrations import migrate as migrate_orders
from aftercare.orders.ownership import verify
from aftercare.orders.refunds.decide import decide
from aftercare.orders.refunds.load import facts_for
from aftercare.orders.requests import latest_request, open_request
from aftercare.orders.seed import seed
from aftercare.orders.tables import OutboxRow
from aftercare.orders.tickets import open_ticket, open_tickets
from aftercare.staff.access.audit_chain import verify as verify_audit
from aftercare.staff.access.tables import audit_entry
from aftercare.staff.inbox.filters import Cursor, Filters
from aftercare.staff.inbox.live import INBOX
from aftercare.web.context import DESK
from tests.support.chat_client import ChatClient
from tests.support.desk import RunningDesk
from tests.support.fake_rasa import FakeRasa
from tests.support.staff_client import StaffClient, hire
from tests.support.waiting import eventually

As = Callable[..., Awaitable[StaffClient]]


@pytest.fixture
async def staff(desk: RunningDesk) -> AsyncIterator[As]:
    """Signed-in colleagues: `await staff("agent", "Aroha")`."""
    async with AsyncExitStack() as stack:

        async def make(role: str, name: str = "", language: str = "en") -> StaffClient:
            engine = desk.app[DESK].store.engine
            colleague = hire(engine, desk.settings, role, name, language)
            return await stack.enter_async_context(StaffClient(desk.url, colleague))

        yield make


async def indexed(desk: RunningDesk) -> None:
    """Until everything said is in the index."""
    service = desk.app[INBOX]

    async def up_to_date() -> bool:
        return not await service.reads.run(service.indexer.outdated)

    await eventually(up_to_date)


def path(traveller: ChatClient, act: str = "") -> str:
    return f"/desk/inbox/c/{traveller.conversation_id}" + (f"/{act}" if act else "")


async def text(client: StaffClient, address: str, status: int = 200, **options: Any) -> str:
    response = await client.get(address, **options)
    body = await response.text()
    assert response.status == status, body
    return body


async def do(client: StaffClient, address: str, status: int = 200, **data: Any) -> str:
    response = await client.post(address, data, htmx=True)
    body = await response.text()
    assert response.status == status, body
    return body


async def test_a_conversation_is_found_read_taken_and_answered(
    desk: RunningDesk, traveller: ChatClient, staff: As
) -> None:
    await traveller.ask("my eSIM is slow in Queenstown")
    await traveller.ask("person")
    agent = await staff("agent", "Aroha")
    await indexed(desk)
    page = await text(agent, "/desk/inbox")
    assert traveller.conversation_id in page
    assert "Waiting" in page
    assert traveller.conversation_id in await text(agent, "/desk/inbox/lines?tab=all&q=queenstown", htmx=True)
    assert traveller.conversation_id not in await text(agent, "/desk/inbox/lines?tab=all&q=auckland", htmx=True)

    thread = await text(agent, path(traveller), htmx=True)
    assert "my eSIM is slow in Queenstown" in thread
    assert "<code>greet</code>" in thread
    assert 'id="reply"' not in thread
    await do(agent, path(traveller, "claim"), expected="")
    assert 'id="reply"' in await text(agent, path(traveller), htmx=True)
    assert traveller.conversation_id in await text(agent, "/desk/inbox/lines?tab=mine", htmx=True)

    for _ in range(2):  # sent again after a lost answer
        await do(agent, path(traveller, "reply"), 204, text="Kia ora, I am looking at it.", client_id="one")
    said = await traveller.until(lambda e: e["from"] == "agent" and e["kind"] == "message")
    assert (said["text"], said["agent"]) == ("Kia ora, I am looking at it.", "Aroha")
    await traveller.say("thank you")
    await do(agent, path(traveller, "hand-back"), to="assistant", text="Over to the assistant.")
    assert (await traveller.ask("hello again"))["text"] == "echo hello again"
    texts = [e["text"] for e in traveller.events if e["from"] == "agent" and e["kind"] == "message"]
    assert texts == ["Kia ora, I am looking at it.", "Over to the assistant."]
    await indexed(desk)
    assert traveller.conversation_id not in await text(agent, "/desk/inbox/lines?tab=person", htmx=True)


@pytest.mark.parametrize(
    ("role", "allowed"),
    [
        ("viewer", {"/desk/logout", "/desk/inbox/views"}),
        ("annotator", {"/desk/logout", "/desk/inbox/views", "/desk/inbox/bulk", "tag", "flag", "note", "review"}),
    ],
)
async def test_nobody_sees_a_button_they_may_not_press(
    traveller: ChatClient, desk: RunningDesk, staff: As, role: str, allowed: set[str]
) -> None:
    await traveller.ask("person")
    await indexed(desk)
    client = await staff(role)
    page = await text(client, f"{path(traveller)}?tab=all")
    posts = re.findall(r'(?:hx-post|method="post" action)="([^"]+)"', page)
    assert {each.removeprefix(path(traveller) + "/") for each in posts} <= allowed
    assert ('value="claim"' in page, "data-typing" in page) == (False, False)
    assert ('form="bulk"' in page) is (role == "annotator")


async def test_the_navigation_marks_one_place(desk: RunningDesk, staff: As) -> None:
    lead = await staff("lead", "Lea")
    migrate_orders(desk.settings.orders_database_url)
    for address, place in (("/desk/inbox", "Inbox"), ("/desk/inbox/tickets", "Other tickets")):
        marked = re.findall(r'<a [^>]*aria-current="page">([^<]+)</a>', await text(lead, address))
        assert [each for each in marked if each in ("Inbox", "Other tickets")] == [place]


async def test_a_disabled_colleagues_conversations_return_to_the_queue(
    desk: RunningDesk, traveller: ChatClient, staff: As
) -> None:
    await traveller.ask("person")
    admin, agent, other = await staff("admin", "Ana"), await staff("agent", "Aroha"), await staff("agent", "Tane")
    assert agent.colleague is not None
    assert other.colleague is not None

    def state() -> tuple[str, str | None]:
        with desk.app[DESK].store.engine.connect() as connection:
            return tuple(connection.execute(sa.select(conversation.c.state, conversation.c.agent_id)).one())

    await do(agent, path(traveller, "claim"), expected="")
    assert state() == ("agent", str(agent.colleague.id))
    await admin.post(f"/desk/people/{agent.colleague.id}/disable")
    assert state() == ("waiting", None)
    await do(other, path(traveller, "claim"), expected="")
    await admin.post(f"/desk/people/{other.colleague.id}/role", {"role": "lead"})
    assert state() == ("agent", str(other.colleague.id))
    await admin.post(f"/desk/people/{other.colleague.id}/role", {"role": "viewer"})
    assert state() == ("waiting", None)
    assert "Conversations returned to the queue: 1." in await text(admin, "/desk/people")


async def test_times_are_told_with_their_zone_and_in_the_readers_own(
    desk: RunningDesk, traveller: ChatClient, staff: As
) -> None:
    await traveller.ask("hello")
    agent = await staff("agent", "Aroha")
    assert re.search(r"\d\d:\d\d NZ[DS]T<", await text(agent, path(traveller)))
    profile = {"name": "Aroha", "language": "en", "timezone": "Asia/Tokyo", "shortcuts": "1"}
    await agent.post("/desk/profile", profile)
    page = await text(agent, path(traveller))
    assert re.search(r"\d\d:\d\d JST<", page)
    assert "NZDT" not in page
    assert "<option selected>Asia/Tokyo</option>" in await text(agent, "/desk/profile")
    await agent.post("/desk/profile", {**profile, "language": "zh"})
    page = await text(agent, "/desk/profile")
    assert "已保存。" in page  # in the language of the page, not in that of the form
    assert "Saved." not in page
    await agent.post("/desk/profile", {**profile, "timezone": "Mars/Olympus"})
    assert re.search(r"\d\d:\d\d NZ[DS]T<", await text(agent, path(traveller)))


async def test_two_cannot_have_it(desk: RunningDesk, traveller: ChatClient, staff: As) -> None:
    await traveller.ask("person")
    aroha, tane = await staff("agent", "Aroha"), await staff("agent", "Tane")
    await do(aroha, path(traveller, "claim"), expected="")
    assert "A colleague was faster" in await do(tane, path(traveller, "claim"), 409, expected="")
    assert "Aroha has this conversation" in await do(tane, path(traveller, "reply"), 409, text="me too")
    assert "Aroha has this conversation" in await do(tane, path(traveller, "resolve"), 409)
    assert aroha.colleague is not None
    assert tane.colleague is not None
    await do(aroha, path(traveller, "reassign"), expected=str(aroha.colleague.id), to=str(tane.colleague.id))
    await do(tane, path(traveller, "reply"), 204, text="Now me.")
    await do(tane, path(traveller, "resolve"))
    with desk.app[DESK].store.engine.connect() as connection:
        assert connection.execute(sa.select(conversation.c.state)).scalar_one() == "closed"


async def test_twenty_agents_lose_nothing(desk: RunningDesk, traveller: ChatClient, staff: As) -> None:
    await traveller.ask("person")
    agents = [await staff("agent", f"Agent{number}") for number in range(20)]
    claims = await asyncio.gather(*(a.post(path(traveller, "claim"), {"expected": ""}, htmx=True) for a in agents))
    assert sorted(c.status for c in claims) == [200] + [409] * 19
    winner = agents[[c.status for c in claims].index(200)]
    sent = [winner.post(path(traveller, "reply"), {"text": f"line {n}", "client_id": f"r{n}"}) for n in range(20)]
    notes = [a.post(path(traveller, "note"), {"text": f"note {n}"}) for n, a in enumerate(agents)]
    tags = [a.post(path(traveller, "tag"), {"name": f"tag{n}"}) for n, a in enumerate(agents)]
    done = await asyncio.gather(*sent, *notes, *tags)
    assert {r.status for r in done} == {200, 204}
    await indexed(desk)
    page = await text(winner, path(traveller), htmx=True)
    for number in range(20):
        assert f">line {number}<" in page
        assert f">note {number}<" in page
        assert f"<span>tag{number}</span>" in page
    with desk.app[DESK].store.engine.connect() as connection:
        stored = connection.execute(sa.select(event.c.text).where(event.c.sender == "agent", event.c.kind == "message"))
        assert sorted(stored.scalars()) == sorted(f"line {number}" for number in range(20))
    for number in range(20):
        assert traveller.conversation_id in await text(winner, f"/desk/inbox/lines?tab=all&tag=tag{number}", htmx=True)


async def test_what_each_role_may(desk: RunningDesk, traveller: ChatClient, staff: As) -> None:
    await traveller.ask("person")
    viewer, annotator = await staff("viewer"), await staff("annotator")
    assert "person" in await text(viewer, path(traveller))
    for act in ("claim", "reply", "hand-back", "resolve", "reassign", "snooze", "typing", "note", "tag", "flag"):
        await do(viewer, path(traveller, act), 403)
    for act in ("review", "refund", "reveal"):
        await do(viewer, path(traveller, act), 403)
    await do(annotator, path(traveller, "flag"), seq="1", reason="wrong")
    await do(annotator, path(traveller, "note"), text="look at this")
    await do(annotator, path(traveller, "claim"), 403)
    await do(annotator, path(traveller, "reveal"), 403)
    for act in ("resolve", "claim"):
        await do(annotator, "/desk/inbox/bulk", 403, id=traveller.conversation_id, act=act)


async def test_who_may_not_see_personal_data_finds_none_in_what_was_said(
    desk: RunningDesk, traveller: ChatClient, staff: As
) -> None:
    await traveller.ask("NZ10000005 mei@example.com, call 021 555 0100")
    await indexed(desk)
    agent, viewer = await staff("agent"), await staff("viewer")
    await do(agent, path(traveller, "note"), text="she is mei@example.com")
    for address in (path(traveller), path(traveller, "items?from=1"), "/desk/inbox/lines?tab=all"):
        assert "mei@example.com" in await text(agent, address)
        shown = await text(viewer, address)
        assert "mei@example.com" not in shown
        assert "555 0100" not in shown
        assert "m••••@example.com" in shown


async def test_notes_name_colleagues_and_travellers_never_see_them(
    desk: RunningDesk, traveller: ChatClient, staff: As
) -> None:
    await traveller.ask("hello")
    aroha, mei = await staff("agent", "Aroha"), await staff("agent", "王美", "zh")
    for _ in range(2):
        await do(aroha, path(traveller, "note"), text="@王美 请看一下这个退款", client_id="n1")
    assert "提到您的备注：1 条" in await text(mei, "/desk/inbox")
    await text(mei, path(traveller))
    assert "提到您的备注" not in await text(mei, "/desk/inbox")
    assert "退款" not in str(
        await desk.app[DESK].worker.run(desk.app[DESK].store.transcript, traveller.conversation_id)
    )
    assert "A note needs some text" in await do(aroha, path(traveller, "note"), 422, text=" ")
    answer = await do(aroha, path(traveller, "note"), text="@王美 @Tane @aroha please look")
    assert "nobody is called @Tane, so" in answer
    assert "nobody" not in await do(aroha, path(traveller, "note"), text="write to mei@example.com or @王美")


async def test_filters_combine_and_stay_in_a_view(desk: RunningDesk, http: Any, staff: As) -> None:
    one, two = ChatClient(http, desk.url), ChatClient(http, desk.url)
    await one.open(locale="zh-CN")
    await one.ask("退款什么时候到账")
    await two.open(locale="en")
    await two.ask("when does my refund arrive")
    agent = await staff("agent")
    await indexed(desk)

    async def found(query: str) -> set[str]:
        page = await text(agent, f"/desk/inbox/lines?{query}", htmx=True)
        return {each.conversation_id for each in (one, two) if f'data-id="{each.conversation_id}"' in page}

    assert await found("tab=all") == {one.conversation_id, two.conversation_id}
    tomorrow = str(Cursor(datetime.now(UTC) + timedelta(days=1), 1))
    assert await found(f"tab=all&after={tomorrow}") == {one.conversation_id, two.conversation_id}  # a further page
    assert await found("tab=all&language=zh") == {one.conversation_id}
    assert await found("tab=all&q=退款") == {one.conversation_id}
    assert await found("tab=all&q=到账 退款&intent=greet&certain_from=9") == {one.conversation_id}
    assert await found("tab=all&q=refund&language=zh") == set()
    assert await found("tab=all&intent=greet&certain_to=3") == set()
    page = await text(agent, "/desk/inbox?tab=all&channel=web&certain_from=3&q=refund")
    assert 'href="/desk/inbox?tab=all&amp;q=refund&amp;certain_from=3"' in page
    assert ">Channel Website ×</a>" in page
    assert ">Confidence ≥ 30 % ×</a>" in page
    await do(agent, path(two, "flag"), seq="1", reason="good")
    await do(agent, path(two, "review"), reviewed="yes", saved="yes")
    assert await found("tab=all&flag=good&reviewed=saved") == {two.conversation_id}
    assert await found("tab=all&reviewed=no") == {one.conversation_id}
    response = await agent.post("/desk/inbox/views", {"name": "Good ones", "query": "tab=all&flag=good&x=1"})
    assert response.headers["Location"] == "/desk/inbox?tab=all&flag=good"
    assert "Good ones" in await text(agent, "/desk/inbox")
    await do(agent, path(two, "tag"), name="vip")
    both = [("id", one.conversation_id), ("id", two.conversation_id)]
    done = await agent.post("/desk/inbox/bulk", [*both, ("act", "tag"), ("name", "VIP")], htmx=True)  # type: ignore[arg-type]
    assert await found("tab=all&tag=vip") == {one.conversation_id, two.conversation_id}
    # what is taken back is what was done: the other had the tag before
    undo = json.loads(done.headers["HX-Trigger-After-Settle"])["undo"]
    assert undo == {"act": "untag", "ids": [one.conversation_id], "name": "VIP"}
    await do(agent, "/desk/inbox/bulk", id=one.conversation_id, act="untag", name="VIP")
    assert await found("tab=all&tag=vip") == {two.conversation_id}
    await do(agent, path(two, "tag"), name="vip", off="1")
    assert await found("tab=all&tag=vip") == set()
    done = await agent.post("/desk/inbox/bulk", [*both, ("act", "reviewed")], htmx=True)  # type: ignore[arg-type]
    assert json.loads(done.headers["HX-Trigger-After-Settle"])["undo"]["ids"] == [one.conversation_id]


async def test_a_link_leads_far_back_into_a_long_conversation(
    desk: RunningDesk, traveller: ChatClient, staff: As
) -> None:
    await traveller.ask("hello")
    engine, now = desk.app[DESK].store.engine, datetime.now(UTC)
    unsure = {"intent": "greet", "confidence": 0.2, "entities": [], "actions": [], "ranking": [], "slots": {}}
    with engine.begin() as connection:
        last = connection.execute(sa.select(conversation.c.last_seq)).scalar_one()
        shared = {"conversation_id": traveller.conversation_id, "at": now, "kind": "message", "sender": "traveller"}
        rows = [
            {**shared, "seq": seq, "text": f"said {seq}.", "status": "answered", "turn": unsure if seq == 40 else None}
            for seq in range(last + 1, 1501)
        ]
        connection.execute(sa.insert(event), rows)
        connection.execute(sa.update(conversation).values(last_seq=1500))
    agent = await staff("agent")
    await do(agent, path(traveller, "flag"), seq="700", reason="wrong")
    page = await text(agent, path(traveller), htmx=True)
    assert "said 1500." in page
    assert "said 1401." in page
    assert "said 1400." not in page
    assert 'data-earlier="1401"' in page
    earlier = await text(agent, path(traveller, "items?before=1401"), htmx=True)
    assert "said 1400." in earlier
    assert "said 1301." in earlier
    assert 'data-earlier="1301"' in earlier
    linked = await text(agent, path(traveller) + "?m=40", htmx=True)
    assert "said 40." in linked
    assert "said 200." not in linked
    assert "To the latest messages" in linked
    assert "said 1300." in await text(agent, path(traveller) + "?m=1300", htmx=True)
    assert json.loads(await text(agent, path(traveller, "marked"))) == [40, 700]
    # what is asked for from the end on is only that
    fresh = await text(agent, path(traveller, "items?from=1500"), htmx=True)
    assert "said 1500." in fresh
    assert "said 1499." not in fresh


async def test_a_picture_reaches_the_traveller(traveller: ChatClient, staff: As) -> None:
    await traveller.ask("person")
    agent = await staff("agent")
    await do(agent, path(traveller, "claim"), expected="")
    buffer = io.BytesIO()
    Image.effect_noise((600, 400), 80).save(buffer, "PNG")  # larger than other requests may be
    form = aiohttp.FormData({"text": "Here", "client_id": "p"})
    form.add_field("picture", buffer.getvalue(), filename="a.png", content_type="image/png")
    response = await agent.post(path(traveller, "reply"), form)  # type: ignore[arg-type]
    assert response.status == 204, await response.text()
    said = await traveller.until(lambda e: e["from"] == "agent" and e["kind"] == "message")
    assert said["text"] == "Here"
    assert (await agent.get(said["image"])).content_type == "image/jpeg"
    form = aiohttp.FormData({"client_id": "q"})
    form.add_field("picture", b"no picture", filename="a.png", content_type="image/png")
    response = await agent.post(path(traveller, "reply"), form, htmx=True)  # type: ignore[arg-type]
    assert response.status == 422
    assert "not a picture" in await response.text()


async def test_the_order_is_masked_until_somebody_asks(desk: RunningDesk, traveller: ChatClient, staff: As) -> None:
    now = datetime.now(UTC)
    migrate_orders(desk.settings.orders_database_url)
    seed(desk.settings.orders_database_url, now)
    await traveller.ask("it is slow")
    with Session(desk.app[DESK].orders, future=True) as session:
        assert verify(session, traveller.conversation_id, "NZ10000005", "mei@example.com", now).status == "verified"
        loaded = facts_for(session, "NZ10000005", now, fault_reported=True)
        assert loaded is not None
        decision = decide(*loaded, "refund")
        open_request(session, "NZ10000005", "refund", decision, traveller.conversation_id, now)
        session.commit()
        iccid = loaded[0].number and _iccid(session)
    agent, lead = await staff("agent", "Aroha"), await staff("lead", "Lea")
    page = await text(agent, path(traveller))
    assert "NZ10000005" in page
    assert "mei@example.com" not in page
    assert iccid not in page
    assert iccid[-4:] in page
    shown = await do(agent, path(traveller, "reveal"))
    assert "mei@example.com" in shown
    assert iccid in shown
    with desk.app[DESK].store.engine.connect() as connection:
        actions = list(connection.execute(sa.select(audit_entry.c.action)).scalars())
    assert actions.count("personal.revealed") == 1
    assert "conversation.viewed" in actions

    with Session(desk.app[DESK].orders, future=True) as session:
        request = latest_request(session, "NZ10000005")
        assert request is not None
        fields = {"request": str(request.id), "currency": request.currency, "decision": "approve"}
    assert "write down the reason" in await do(agent, path(traveller, "refund"), 422, **fields, amount="5")
    assert "as a number" in await do(agent, path(traveller, "refund"), 422, **fields, amount="5,5,x", reason="r")
    assert "at most" in await do(agent, path(traveller, "refund"), 422, **fields, amount="5000", reason="r")
    approval = {**fields, "currency": "JPY", "amount": "5.00", "reason": "Slow all week", "words": "Sorry about that."}
    assert "has been told" in await do(lead, path(traveller, "refund"), **approval)
    told = await traveller.until(lambda e: "approved your refund" in e["text"])
    assert told["from"] == "system"
    assert "NZ$5.00" in told["text"]
    assert "NZ10000005" in told["text"]
    assert told["text"].endswith("Sorry about that.")
    assert "Slow all week" not in told["text"]
    assert "decided or withdrawn" in await do(agent, path(traveller, "refund"), 409, **fields, amount="5", reason="r")
    assert "Slow all week" in await text(agent, path(traveller))
    await traveller.ask("and now?")
    await indexed(desk)
    assert traveller.conversation_id in await text(agent, "/desk/inbox/lines?tab=all&order=nz-10000005", htmx=True)


async def test_a_decision_is_told_and_recorded_once_whatever_fails_after_it(
    desk: RunningDesk, traveller: ChatClient, staff: As, monkeypatch: pytest.MonkeyPatch
) -> None:
    await traveller.ask("it is slow")
    migrate_orders(desk.settings.orders_database_url)
    seed(desk.settings.orders_database_url, datetime.now(UTC))
    fields = _ask_for_refund(desk, traveller)
    lead = await staff("lead", "Lea")
    failures = iter(["before", "after"])
    store_own_answers = Store.store_own_answers

    def failing(self: Store, *args: Any, **kwargs: Any) -> list[Message]:
        failure = next(failures, None)
        if failure == "before":
            raise OperationalError("", None, Exception("disk is full"))
        stored = store_own_answers(self, *args, **kwargs)
        if failure == "after":
            raise OperationalError("", None, Exception("killed before the outbox knew"))
        return stored

    monkeypatch.setattr(Store, "store_own_answers", failing)
    approval = {**fields, "decision": "approve", "amount": "5.00", "reason": "Slow all week"}
    assert "is sent by itself" in await do(lead, path(traveller, "refund"), **approval)

    def done() -> bool:
        with Session(desk.app[DESK].orders, future=True) as session:
            return set(session.execute(sa.select(OutboxRow.state)).scalars()) == {"done"}

    await eventually(done)
    transcript = desk.app[DESK].store.transcript(traveller.conversation_id)
    assert transcript is not None
    assert len([each for each in transcript.messages if "approved your refund" in each.text]) == 1
    with desk.app[DESK].store.engine.connect() as connection:
        (entry,) = connection.execute(sa.select(audit_entry).where(audit_entry.c.action == "refund.decided")).all()
    assert (entry.actor, entry.subject) == ("lea@desk.example", traveller.conversation_id)
    assert entry.details == {"refund": int(fields["request"]), "state": "approved", "amount": 500}
    assert verify_audit(desk.app[DESK].store.engine).broken_at is None


async def test_a_message_that_cannot_be_delivered_is_listed_until_staff_settle_it(
    desk: RunningDesk, traveller: ChatClient, staff: As
) -> None:
    await traveller.ask("it is slow")
    migrate_orders(desk.settings.orders_database_url)
    seed(desk.settings.orders_database_url, datetime.now(UTC))
    fields = _ask_for_refund(desk, traveller)
    with Session(desk.app[DESK].orders, future=True) as session:
        told = {"order": "NZ10000005", "plan": "nz-10", "difference": "补 NZ$23.00", "device": "apple-iphone-15"}
        open_ticket(session, traveller.conversation_id, "exchange", "zh", told, datetime.now(UTC))
        session.commit()
    desk.app[DESK].store.delete(traveller.conversation_id)
    agent, annotator = await staff("agent"), await staff("annotator")
    declined = await do(agent, path(traveller, "refund"), **fields, decision="decline", reason="r", words="secret")
    assert "has deleted the chat" in declined
    page = await text(agent, "/desk/inbox/tickets")
    assert "Message to the traveller about a decision" in page
    assert "given up" in page
    assert "secret" not in page
    ticket = page[page.index("<tbody>") : page.index("</tbody>")]
    assert "An exchange to carry out" in ticket
    assert "NZ10000005" in ticket
    assert "Phone: iPhone 15" in ticket
    assert "difference" not in ticket
    (number,) = re.findall(r"undelivered/([0-9]+)/retry", page)
    await do(annotator, f"/desk/inbox/undelivered/{number}/retry", 403)
    await do(agent, f"/desk/inbox/undelivered/{number}/retry", 303)
    await eventually(lambda: _attempts(desk, number) == (1, "dead"))
    await do(agent, f"/desk/inbox/undelivered/{number}/settle", 303)
    assert "undelivered" not in await text(agent, "/desk/inbox/tickets")
    await do(agent, f"/desk/inbox/undelivered/{number}/retry", 404)


def _attempts(desk: RunningDesk, number: str) -> tuple[int, str]:
    with Session(desk.app[DESK].orders, future=True) as session:
        row = session.get_one(OutboxRow, int(number))
        return row.attempts, row.state


def _ask_for_refund(desk: RunningDesk, traveller: ChatClient) -> dict[str, str]:
    """A request that waits for a person; the form's fields that name it."""
    now = datetime.now(UTC)
    with Session(desk.app[DESK].orders, future=True) as session:
        assert verify(session, traveller.conversation_id, "NZ10000005", "mei@example.com", now).status == "verified"
        loaded = facts_for(session, "NZ10000005", now, fault_reported=True)
        assert loaded is not None
        request, _ = open_request(
            session, "NZ10000005", "refund", decide(*loaded, "refund"), traveller.conversation_id, now
        )
        session.commit()
        return {"request": str(request.id), "currency": request.currency}


async def test_who_waits_for_a_tickets_work_is_among_those_who_need_a_person(
    desk: RunningDesk, traveller: ChatClient, staff: As
) -> None:
    migrate_orders(desk.settings.orders_database_url)
    await traveller.ask("deleted from my phone")
    now = datetime.now(UTC)
    with Session(desk.app[DESK].orders, future=True) as session:
        open_ticket(session, traveller.conversation_id, "reissue", "en", {}, now - timedelta(days=7))
        open_ticket(session, traveller.conversation_id, "handoff", "en", {}, now - timedelta(days=7))
        session.commit()
    agent = await staff("agent")
    await traveller.ask("thank you")
    await indexed(desk)
    for tab in ("person", "unassigned"):
        page = await text(agent, f"/desk/inbox/lines?tab={tab}", htmx=True)
        assert traveller.conversation_id in page
        assert "overdue" in page
    assert "A new eSIM code is needed" in await text(agent, path(traveller, "context"))
    await do(agent, path(traveller, "ticket-done"))
    assert traveller.conversation_id not in await text(agent, "/desk/inbox/lines?tab=person", htmx=True)
    with desk.app[DESK].store.engine.connect() as connection:
        assert connection.execute(sa.select(conversation.c.state)).scalar_one() == "assistant"


async def test_who_goes_back_to_the_assistant_is_out_of_the_queue(
    desk: RunningDesk, traveller: ChatClient, staff: As
) -> None:
    migrate_orders(desk.settings.orders_database_url)
    with Session(desk.app[DESK].orders, future=True) as session:
        open_ticket(session, traveller.conversation_id, "handoff", "en", {}, datetime.now(UTC))
        session.commit()
    await traveller.ask("person")
    waiting = await traveller.until(lambda e: e.get("state") == "waiting")
    await traveller.post(choice=waiting["choices"][0]["id"])
    await traveller.until(lambda e: e.get("state") == "assistant")

    def closed() -> bool:
        with Session(desk.app[DESK].orders, future=True) as session:
            return not open_tickets(session, traveller.conversation_id)

    await eventually(closed)


def _iccid(session: Session) -> str:
    found = session.execute(
        sa.text("SELECT iccid FROM esim JOIN purchase p ON p.id = purchase_id WHERE p.number = 'NZ10000005'")
    )
    return str(found.scalar_one())


async def test_the_page_hears_of_news(desk: RunningDesk, traveller: ChatClient, staff: As) -> None:
    await traveller.ask("person")
    aroha, tane = await staff("agent", "Aroha"), await staff("agent", "Tane")
    heard: asyncio.Queue[str] = asyncio.Queue()

    async def listen(client: StaffClient) -> None:
        async with client.session.get(f"{desk.url}/desk/inbox/live?open={traveller.conversation_id}") as response:
            async for line in response.content:
                if line.startswith(b"event: "):
                    heard.put_nowait(line[7:].decode().strip())

    async def until(kind: str) -> None:
        while await asyncio.wait_for(heard.get(), 10) != kind:
            pass

    task = asyncio.create_task(listen(aroha))
    await until("presence")
    other = asyncio.create_task(listen(tane))
    await until("presence")
    await traveller.say("are you there")
    await until("thread")
    await until("list")
    await do(aroha, path(traveller, "claim"), expected="")
    await traveller.session.post(f"{desk.url}/api/chat/typing", headers=traveller.headers)
    await until("typing")
    await do(tane, path(traveller, "note"), text="@Aroha look")
    await until("mention")
    task.cancel()
    other.cancel()


async def test_the_page_hears_when_it_is_known_how_a_message_was_understood(
    desk: RunningDesk, traveller: ChatClient, staff: As, rasa: FakeRasa
) -> None:
    agent = await staff("agent")
    await traveller.ask("first")
    await text(agent, path(traveller), htmx=True)  # the first page takes longer
    rasa.storing_seconds = 0.5
    live = f"{desk.url}/desk/inbox/live?open={traveller.conversation_id}"
    shown: list[bool] = []

    async def look() -> None:
        async with agent.session.get(live) as response:
            await traveller.say("hello")
            async for line in response.content:
                if line.startswith(b"event: thread"):
                    thread = await text(agent, path(traveller), htmx=True)
                    shown.extend([thread.count("<code>greet</code>") == 2] if "echo hello" in thread else [])
                    if any(shown):
                        return

    await asyncio.wait_for(look(), 2)  # the inbox looks by itself after 5
    assert not shown[0], "the answer was there before"


async def test_how_a_message_was_read_in_its_situation_and_which_article_answered(
    desk: RunningDesk, traveller: ChatClient, staff: As
) -> None:
    await traveller.ask("article")
    page = await text(await staff("agent"), path(traveller), htmx=True)
    assert "Had given a step to try: " in page
    assert "Asks something <code>ask</code> 0.91; Not possible now <code>step:not_now</code> 0.30" in page
    assert "<dt>Answered from</dt><dd>Data roaming, on or off? (" in page
    chinese = await text(await staff("agent", "Li", "zh"), path(traveller), htmx=True)
    assert "之前给了一个步骤：" in chinese
    assert "<dt>回答来自</dt><dd>数据漫游要开还是关？" in chinese
    await traveller.ask("hello")
    page = await text(await staff("agent", "Mere"), path(traveller), htmx=True)
    assert "Nothing was asked" in page
    assert page.count("Answered from") == 1
    # a part of the conversation without the traveller
    assert "echo hello" in await text(await staff("agent", "Rua"), path(traveller, "items?from=4"), htmx=True)


async def test_a_conversation_as_a_test_script(desk: RunningDesk, traveller: ChatClient, staff: As) -> None:
    migrate_orders(desk.settings.orders_database_url)
    await traveller.ask("my sim is slow, I'm Jane Roe, jane@roe.nz")
    choice = (await traveller.ask("buttons"))["choices"][0]["id"]
    await traveller.post(choice=choice)
    await traveller.answer()
    script = yaml.safe_load(await text(await staff("agent"), path(traveller, "script")))
    assert script[0]["steps"] == [
        {"user": "my sim is slow, I'm Alex, traveller@example.com", "replies": ["utter_echo"]},
        {"user": "buttons", "replies": ["utter_sure"]},
        {"choose": "/affirm", "replies": ["utter_payload"]},
    ]


async def test_put_off_until_the_traveller_says_more(desk: RunningDesk, traveller: ChatClient, staff: As) -> None:
    await traveller.ask("person")
    agent = await staff("agent")
    await indexed(desk)
    await do(agent, path(traveller, "snooze"), **{"for": "60"})
    assert traveller.conversation_id not in await text(agent, "/desk/inbox/lines?tab=person", htmx=True)
    await traveller.say("hello?")
    await indexed(desk)
    assert traveller.conversation_id in await text(agent, "/desk/inbox/lines?tab=person", htmx=True)


async def test_the_index_takes_up_what_happened_without_it(
    start_desk: Callable[..., Awaitable[RunningDesk]], desk: RunningDesk, traveller: ChatClient
) -> None:
    await traveller.ask("hello")
    await indexed(desk)
    await desk.stop()
    again = await start_desk()
    with again.app[DESK].store.engine.begin() as connection:  # as after a kill between the two writes
        connection.execute(sa.text("UPDATE summary SET indexed_seq = 0, last_at = :old"), {"old": str(datetime.now())})
        connection.execute(sa.text("DELETE FROM posting"))
        connection.execute(
            sa.text("UPDATE summary SET last_at = :old"),
            {"old": (datetime.now(UTC) - timedelta(days=1)).strftime("%Y-%m-%d %H:%M:%S.%f")},
        )
    await again.stop()
    last = await start_desk()
    await indexed(last)
    service = last.app[INBOX]
    now = datetime.now(UTC)
    found = await service.reads.run(service.queries.page, Filters(tab="all", q="hello"), "1", now)
    assert [line.conversation_id for line in found.rows] == [traveller.conversation_id]


async def test_one_that_cannot_be_indexed_keeps_nobody_out(
    desk: RunningDesk, traveller: ChatClient, http: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = desk.app[INBOX]
    index = service.indexer.index

    def broken(conversation_id: str, link: Any = None) -> bool:
        if conversation_id == traveller.conversation_id:
            raise ValueError("on purpose")
        return index(conversation_id, link)

    monkeypatch.setattr(service.indexer, "index", broken)
    await traveller.ask("one")
    other = ChatClient(http, desk.url)
    await other.open(locale="en")
    await other.ask("two")
    await eventually(lambda: service.reads.run(service.queries.summary_of, other.conversation_id))
    monkeypatch.undo()
    await traveller.ask("again")
    await indexed(desk)
