"""Several desks on one PostgreSQL: nothing lost, doubled or asked twice, and a dead desk's messages are answered."""

from __future__ import annotations

import asyncio
import signal
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import aiohttp
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from aftercare.base.database import open_engine, utc_now
from aftercare.base.settings import Settings
from aftercare.conversations.conversation import TokenUse
from aftercare.conversations.messages import NewMessage, TravellerMessage
from aftercare.conversations.owner import LEASE, Owner
from aftercare.conversations.store import Store
from aftercare.conversations.tables import conversation
from aftercare.run.migrations.schema import migrate
from aftercare.staff.people.throttle import PER_ACCOUNT, take_attempt
from aftercare.staff.refresh import refresh
from aftercare.web.context import DESK
from tests.support.chat_client import ChatClient
from tests.support.desk_process import DeskProcess
from tests.support.fake_rasa import FakeRasa
from tests.support.waiting import eventually

StartDesk = Callable[..., Awaitable[Any]]
TOKEN = TokenUse(1, 60)


async def test_messages_that_alternate_between_two_desks_are_answered_once_and_in_order(
    start_desk: StartDesk, rasa: FakeRasa, http: aiohttp.ClientSession, postgres_url: str
) -> None:
    desks = [await start_desk(DESK_DATABASE_URL=postgres_url) for _ in range(2)]
    rasa.seconds = 0.01
    travellers = [ChatClient(http, desks[0].url) for _ in range(40)]

    async def talk(traveller: ChatClient, number: int) -> None:
        await traveller.open(locale="en")
        for each in range(8):
            traveller.base = desks[(each + number) % 2].url
            status, _ = await traveller.post(id=f"m{each}", text=f"m{each}")
            assert status == 202
        await traveller.until(lambda event: event["text"] == "echo m7", seconds=60)

    await asyncio.gather(*(talk(each, number) for number, each in enumerate(travellers)))
    for each in travellers:
        said = [event["text"] for event in each.events if event["from"] == "traveller"]
        heard = [event["text"] for event in each.events if event["from"] == "assistant"]
        assert said == [f"m{number}" for number in range(8)]
        assert heard == [f"echo m{number}" for number in range(8)]
    asked = Counter(message_id for _, message_id, _ in rasa.asked)
    assert len(asked) == 40 * 8
    assert set(asked.values()) == {1}


async def test_what_a_dead_desk_accepted_is_answered_by_another_within_ten_seconds(
    desk_settings: Callable[..., Settings], rasa: FakeRasa, http: aiohttp.ClientSession, postgres_url: str
) -> None:
    dying, living = (DeskProcess(desk_settings(RASA_URL=rasa.url, DESK_DATABASE_URL=postgres_url)) for _ in range(2))
    await dying.start()
    await living.start()
    try:
        traveller = ChatClient(http, dying.url)
        await traveller.open(locale="en")
        await traveller.ask("hello")
        rasa.seconds = 60
        for text in ("one", "two"):
            await traveller.say(text)
        await eventually(lambda: any(text == "one" for _, _, text in rasa.asked))
        rasa.seconds = 0
        dying.kill()
        killed = time.monotonic()
        traveller.base = living.url
        await traveller.until(lambda event: event["text"] == "echo two", seconds=30)
        assert time.monotonic() - killed < 10
        heard = [event["text"] for event in traveller.events if event["from"] == "assistant"]
        assert heard == ["echo hello", "echo one", "echo two"]
    finally:
        living.kill()
        dying.kill()


async def test_a_desk_that_was_frozen_in_a_turn_stores_nothing_twice(
    desk_settings: Callable[..., Settings], rasa: FakeRasa, http: aiohttp.ClientSession, postgres_url: str
) -> None:
    frozen, living = (DeskProcess(desk_settings(RASA_URL=rasa.url, DESK_DATABASE_URL=postgres_url)) for _ in range(2))
    await frozen.start()
    await living.start()
    try:
        traveller = ChatClient(http, frozen.url)
        await traveller.open(locale="en")
        rasa.thinking_seconds = 2
        await traveller.say("pieces")
        await traveller.answer()
        frozen.signal(signal.SIGSTOP)
        rasa.thinking_seconds = 0
        traveller.base = living.url
        await traveller.until(lambda event: event["text"] == "second", seconds=20)
        frozen.signal(signal.SIGCONT)
        await traveller.ask("after")
        traveller.base = frozen.url
        await traveller.ask("and here")
        heard = [event["text"] for event in traveller.events if event["from"] == "assistant"]
        assert heard == ["first", "second", "echo after", "echo and here"]
    finally:
        living.kill()
        frozen.kill()


async def test_what_one_desk_stores_is_streamed_by_another_at_once(
    start_desk: StartDesk, http: aiohttp.ClientSession, postgres_url: str
) -> None:
    one, other = [await start_desk(DESK_DATABASE_URL=postgres_url) for _ in range(2)]
    writer = ChatClient(http, one.url)
    await writer.open(locale="en")
    reader = ChatClient(http, other.url)
    reader.token, reader.conversation_id = writer.token, writer.conversation_id
    heard: list[tuple[str, float]] = []
    elsewhere: list[str] = []
    other.app[DESK].hub.subscribe_elsewhere(elsewhere.append)

    async def listen() -> None:
        async for event in reader.stream():
            if event["seq"]:
                heard.append((event["text"], time.monotonic()))

    listening = asyncio.create_task(listen())
    await eventually(lambda: other.app[DESK].hub.streams(writer.conversation_id))
    for number in range(5):
        sent = time.monotonic()
        await writer.say(f"m{number}")
        await eventually(lambda number=number: any(text == f"echo m{number}" for text, _ in heard), seconds=20)
        assert heard[-1][1] - sent < 0.5
    listening.cancel()
    assert set(elsewhere) == {writer.conversation_id}
    assert [text for text, _ in heard] == [text for number in range(5) for text in (f"m{number}", f"echo m{number}")]


async def test_another_rasa_is_asked_when_one_is_gone_for_good(
    start_desk: StartDesk, rasa: FakeRasa, http: aiohttp.ClientSession
) -> None:
    second = FakeRasa(rasa.secret)
    await second.start()
    try:
        desk = await start_desk(RASA_FALLBACK_URLS=second.url)
        traveller = ChatClient(http, desk.url)
        await traveller.open(locale="en")
        await traveller.ask("one")
        await rasa.stop()
        await traveller.ask("two")
        await traveller.ask("three")
        assert [text for _, _, text in rasa.asked] == ["one"]
        assert [text for _, _, text in second.asked] == ["two", "three"]
    finally:
        await second.stop()


def test_a_turn_has_one_owner_until_its_lease_ends(postgres_url: str) -> None:
    engine = open_engine(postgres_url)
    migrate(engine)
    one, other = (Store(engine, owner=Owner(engine)) for _ in range(2))
    now = utc_now()
    talk = one.open_conversation("web", "en", now)
    assert one.accept(talk.id, TOKEN, TravellerMessage("1", "first"), now).pending is not None
    assert other.accept(talk.id, TOKEN, TravellerMessage("2", "second"), now).pending is None
    assert other.take_pending(talk.id, now) is None
    assert other.take_over([], now) == []
    one.take_over([talk.id], now + LEASE / 2)
    assert other.take_over([], now + LEASE * 1.2) == []
    taken_over = now + LEASE * 1.6
    assert other.take_over([], taken_over) == [talk.id]
    assert one.take_pending(talk.id, taken_over) is None
    first = other.take_pending(talk.id, taken_over)
    assert first is not None
    assert other.finish_turn(talk.id, first.seq, [NewMessage("a")], taken_over).more
    second = other.take_pending(talk.id, taken_over)
    assert second is not None
    assert not other.finish_turn(talk.id, second.seq, [NewMessage("b")], taken_over, remind_at=taken_over).more
    with engine.connect() as connection:
        assert connection.execute(sa.select(conversation.c.answered_by)).scalar_one() is None
    # a reminder is one desk's as well
    due = taken_over + timedelta(minutes=1)
    assert [each.id for each in one.due_reminders(due)] == [talk.id]
    assert other.due_reminders(due) == []
    assert [each.id for each in other.due_reminders(due + LEASE * 1.1)] == [talk.id]
    other.leave()
    assert [each.id for each in one.due_reminders(due + LEASE * 1.1)] == [talk.id]
    engine.dispose()


def test_attempts_to_sign_in_at_once_are_counted_one_by_one(postgres_url: str) -> None:
    engine = open_engine(postgres_url)
    migrate(engine)
    with ThreadPoolExecutor(10) as pool:
        waits = list(pool.map(lambda _: take_attempt(engine, "mere@example.com", "192.0.2.1", utc_now()), range(30)))
    assert waits.count(0) == PER_ACCOUNT
    engine.dispose()


def test_figures_are_read_by_one_desk_at_a_time(postgres_url: str, orders_engine: Engine) -> None:
    engine = open_engine(postgres_url)
    migrate(engine)
    store = Store(engine)
    for _ in range(5):
        talk = store.open_conversation("web", "en", utc_now())
        store.accept(talk.id, TOKEN, TravellerMessage("1", "hello"), utc_now())
    zone = ZoneInfo("Pacific/Auckland")
    with ThreadPoolExecutor(4) as pool:
        read = list(pool.map(lambda _: refresh(engine, orders_engine, zone, utc_now()), range(4)))
    assert sum(read) == 5
    engine.dispose()
