"""Other systems are told of conversations once for each event, in their order, also when a desk stops in between."""

from __future__ import annotations

import base64
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import aiohttp
import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from aftercare.base.settings import settings
from aftercare.connectors.webhooks_out import webhook_sender
from aftercare.conversations import staff_actions
from aftercare.conversations.outgoing import ConversationEvents, stop_announcing
from aftercare.conversations.tables import announced
from aftercare.orders.announcements import wants
from aftercare.orders.migrations import migrate
from aftercare.orders.outbox import Outbox, OutboxPolicy
from aftercare.orders.tables import OrdersSwitch, OutboxRow
from aftercare.web.context import DESK
from tests.support.chat_client import ChatClient
from tests.support.desk import RunningDesk
from tests.support.staff_client import StaffClient
from tests.support.waiting import eventually

SECRET = "whsec_" + base64.b64encode(b"0123456789abcdef0123456789abcdef").decode()
NOWHERE = "http://127.0.0.1:1/hook"


@pytest.fixture
def told_to(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    def set_(addresses: str) -> None:
        monkeypatch.setenv("OUTGOING_WEBHOOKS", addresses)
        monkeypatch.setenv("OUTGOING_WEBHOOK_SECRET", SECRET)
        settings.cache_clear()

    yield set_
    settings.cache_clear()


@pytest.fixture
async def watcher(desk: RunningDesk, told_to: Callable[[str], None]) -> ConversationEvents:
    """Looks when the test says so; the desk of the test was started without webhooks."""
    migrate(desk.settings.orders_database_url)
    told_to(NOWHERE)
    here = ConversationEvents(desk.app[DESK])
    here.look()
    return here


def told(desk: RunningDesk) -> list[tuple[str, dict[str, Any]]]:
    with Session(desk.app[DESK].orders, future=True) as session:
        rows = session.scalars(sa.select(OutboxRow).where(OutboxRow.kind == "webhook").order_by(OutboxRow.id))
        return [(str(row.payload["type"]), dict(row.payload["data"])) for row in rows]


async def rate(traveller: ChatClient, score: int) -> None:
    url, body = f"{traveller.base}/api/chat/rating", {"score": score, "comment": "my name is Emma"}
    async with traveller.session.post(url, json=body, headers=traveller.headers) as response:
        assert response.status == 204


async def end(traveller: ChatClient) -> None:
    async with traveller.session.post(f"{traveller.base}/api/chat/end", headers=traveller.headers) as response:
        assert response.status == 204


async def test_a_conversation_is_told_from_its_opening_to_its_rating(
    desk: RunningDesk, traveller: ChatClient, watcher: ConversationEvents
) -> None:
    await traveller.ask("hello, this is Emma")
    here = desk.app[DESK]
    assert await staff_actions.claim(here, traveller.conversation_id, "1", "Mia", expected=None)
    await staff_actions.release(here, traveller.conversation_id, "1")
    await end(traveller)
    await rate(traveller, 2)
    watcher.look()
    kinds = [kind for kind, _ in told(desk)]
    assert kinds[0] == "conversation.opened"
    assert [kind for kind in kinds if kind != "message"] == [
        "conversation.opened",
        "conversation.handed_over",
        "conversation.handed_over",
        "conversation.resolved",
        "rating",
    ]
    data = dict(told(desk))
    assert data["conversation.opened"]["channel"] == "web"
    assert [each["to"] for kind, each in told(desk) if kind == "conversation.handed_over"] == ["agent", "assistant"]
    assert data["rating"] == {"conversation_id": traveller.conversation_id, "score": 2, "chapter": 1}
    assert {each["from"] for kind, each in told(desk) if kind == "message"} == {"traveller", "assistant"}
    assert "Emma" not in str(told(desk))
    assert "Mia" not in str(told(desk))


async def test_nothing_is_told_twice_and_a_new_rating_is_told(
    desk: RunningDesk, traveller: ChatClient, watcher: ConversationEvents
) -> None:
    await traveller.ask("hello")
    await rate(traveller, 5)
    assert watcher.look() == 1
    before = told(desk)
    assert watcher.look() == 0
    with desk.app[DESK].store.engine.begin() as connection:  # killed before it wrote how far it was
        connection.execute(sa.delete(announced))
    ConversationEvents(desk.app[DESK]).look()
    assert told(desk) == before
    await rate(traveller, 1)
    watcher.look()
    assert [each["score"] for kind, each in told(desk) if kind == "rating"] == [5, 1]
    await end(traveller)
    await traveller.ask("one more")
    watcher.look()
    assert [kind for kind, _ in told(desk)].count("conversation.opened") == 2


async def test_what_was_said_before_anybody_was_told_stays_untold(
    desk: RunningDesk, traveller: ChatClient, told_to: Callable[[str], None]
) -> None:
    migrate(desk.settings.orders_database_url)
    await traveller.ask("hello")
    told_to(NOWHERE)
    ConversationEvents(desk.app[DESK]).look()
    assert told(desk) == []
    stop_announcing(desk.app[DESK].orders)
    await traveller.ask("said while nobody was told")
    again = ConversationEvents(desk.app[DESK])
    again.look()
    assert told(desk) == []
    await traveller.ask("and now somebody is")
    again.look()
    assert [kind for kind, _ in told(desk)][:2] == ["conversation.opened", "message"]


async def test_a_deleted_conversation_leaves_no_trace(
    desk: RunningDesk, traveller: ChatClient, watcher: ConversationEvents
) -> None:
    await traveller.ask("hello")
    watcher.look()
    url = f"{traveller.base}/api/chat/conversation"
    async with traveller.session.delete(url, headers=traveller.headers) as response:
        assert response.status in (200, 204)
    watcher.look()
    with desk.app[DESK].store.engine.connect() as connection:
        assert connection.execute(sa.select(announced)).all() == []


async def test_the_running_desk_tells(
    start_desk: Callable[..., Awaitable[RunningDesk]], told_to: Callable[[str], None]
) -> None:
    told_to(NOWHERE)
    running = await start_desk(OUTGOING_WEBHOOKS=NOWHERE, OUTGOING_WEBHOOK_SECRET=SECRET)
    migrate(running.settings.orders_database_url)
    async with aiohttp.ClientSession() as session:
        traveller = ChatClient(session, running.url)
        await traveller.open(locale="en")
        await eventually(lambda: bool(since(running)))  # nobody is told what was said before
        await traveller.ask("hello")
        await eventually(lambda: [kind for kind, _ in told(running)][:1] == ["conversation.opened"])


def since(desk: RunningDesk) -> list[str]:
    with Session(desk.app[DESK].orders, future=True) as session:
        return list(session.scalars(sa.select(OrdersSwitch.name)))


@pytest.mark.parametrize(
    ("address", "event", "wanted"),
    [
        ("https://x.example.com/hook", "message", True),
        ("https://hooks.slack.com/services/T0/B0/x", "message", False),
        ("https://hooks.slack.com/services/T0/B0/x", "rating", True),
        ("https://hooks.slack.com/services/T0/B0/x#message", "message", True),
        ("https://x.example.com/hook#refund.*,rating", "refund.paid", True),
        ("https://x.example.com/hook#refund.*,rating", "conversation.opened", False),
    ],
)
def test_an_address_gets_what_it_wants(address: str, event: str, wanted: bool) -> None:
    assert wants(address, event) == wanted


async def test_the_log_names_event_receiver_and_error(
    desk: RunningDesk, traveller: ChatClient, watcher: ConversationEvents, as_role: Callable[..., StaffClient]
) -> None:
    await traveller.ask("hello")
    watcher.look()
    outbox, sender = Outbox(desk.app[DESK].orders, OutboxPolicy(most_attempts=1)), webhook_sender(settings())
    assert sender is not None
    sender.register(outbox)
    with Session(desk.app[DESK].orders, future=True) as session:
        key = session.scalars(sa.select(OutboxRow.key).where(OutboxRow.key.contains("opened"))).one()
    assert await outbox.deliver(key) == {key: "dead"}
    shown = await (await as_role("agent").get("/desk/inbox/webhooks")).text()
    assert "conversation.opened" in shown
    assert "127.0.0.1" in shown
    assert "NotReached" in shown
    assert "/hook" not in shown  # an address may be a secret
    assert (await as_role("viewer").get("/desk/inbox/webhooks")).status == 403
