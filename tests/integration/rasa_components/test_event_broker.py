"""Events of conversations on a real RabbitMQ: what they hold, their order, and that none is lost."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aio_pika
import pytest
import sqlalchemy as sa
from rasa.core.brokers.broker import EventBroker
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, BotUttered, SessionStarted, SlotSet, UserUttered
from rasa.utils.endpoints import EndpointConfig

from aftercare.base.settings import ROOT, Settings
from aftercare.rasa_components.event_broker import PatientEventBroker
from aftercare.rasa_components.tracker_store import WindowedTrackerStore
from aftercare.run.endpoints import endpoints, write_endpoints
from aftercare.training.model_in_use import current_model
from tests.support.rabbit_server import RabbitServer, not_installed, rabbit_server, redis_server
from tests.support.requirements import missing
from tests.support.running_stack import free_port, request_json, running_stack

Message = tuple[dict[str, Any], dict[str, Any]]
DEVICE = {"type": "text", "mappings": [{"type": "custom"}]}
DOMAIN = Domain.from_dict({"intents": ["greet"], "slots": {"device": DEVICE}})


@pytest.fixture(scope="module")
def servers() -> None:
    if absent := not_installed():
        missing(f"{', '.join(absent)} not installed (Debian: apt-get install {' '.join(absent)})")


@pytest.fixture(scope="module")
def rabbit(servers: None) -> Iterator[RabbitServer]:
    with tempfile.TemporaryDirectory(prefix="aftercare-rabbit-") as folder, rabbit_server(Path(folder)) as server:
        yield server


@pytest.fixture(scope="module")
def redis_url(servers: None) -> Iterator[str]:
    with tempfile.TemporaryDirectory(prefix="aftercare-redis-") as folder, redis_server(Path(folder)) as url:
        yield url


@pytest.fixture
def settings(rabbit: RabbitServer, tmp_path: Path, request: pytest.FixtureRequest) -> Settings:
    """Settings with this RabbitMQ, a queue and a tracker database of the test's own."""
    return Settings().model_copy(
        update={
            "event_broker_url": rabbit.url,
            "event_broker_queue": request.node.name,
            "var_dir": tmp_path,
            "tracker_database_url": f"sqlite:///{tmp_path}/tracker.db",
        }
    )


async def broker_of(settings: Settings) -> PatientEventBroker:
    """The broker as Rasa makes it from our endpoints."""
    config = EndpointConfig.from_dict(endpoints(settings)["event_broker"])
    made = await EventBroker.create(config, asyncio.get_running_loop())
    assert isinstance(made, PatientEventBroker)
    return made


async def take(settings: Settings, count: int) -> list[Message]:
    """(event, headers) of the queue's `count` messages; fails when there are more, or not that many in a minute."""

    async def read(queue: aio_pika.abc.AbstractQueue) -> list[Message]:
        found: list[Message] = []
        while len(found) < count:
            message = await queue.get(fail=False)
            if message is None:
                await asyncio.sleep(0.05)
                continue
            await message.ack()
            assert message.delivery_mode == aio_pika.DeliveryMode.PERSISTENT
            found.append((json.loads(message.body), dict(message.headers)))
        assert await queue.get(fail=False) is None
        return found

    async with await aio_pika.connect(settings.event_broker_url) as connection:
        queue = await (await connection.channel()).get_queue(settings.event_broker_queue)
        return await asyncio.wait_for(read(queue), 60)


async def converse(settings: Settings, broker: PatientEventBroker, turns: int = 3) -> list[dict[str, Any]]:
    """A conversation saved turn by turn; its events as they are stored."""
    store = WindowedTrackerStore(DOMAIN, settings.tracker_database_url, broker)
    for number in range(turns):
        tracker = await store.get_or_create_tracker("traveller-1")
        if number == 0:
            tracker.update_with_events([ActionExecuted("action_session_start"), SessionStarted()], DOMAIN)
        said = UserUttered(f"你好 {number}", intent={"name": "greet", "confidence": 0.97}, input_channel="web")
        answers = [
            SlotSet("device", f"Pixel {number}"),
            BotUttered(f"Kia ora {number}"),
            ActionExecuted("action_listen"),
        ]
        tracker.update_with_events([said, *answers], DOMAIN)
        await store.save(tracker)
    full = await store.retrieve_full_tracker("traveller-1")
    assert full is not None
    return [event.as_dict() for event in full.events]


async def test_consumers_get_every_event_in_order_with_what_rasa_x_reads(settings: Settings) -> None:
    broker = await broker_of(settings)
    stored = await converse(settings, broker)
    events = [event for event, _ in await take(settings, len(stored))]
    await broker.close()
    assert all(event.pop("sender_id") == "traveller-1" for event in events)
    assert events == json.loads(json.dumps(stored))
    assert [event["timestamp"] for event in events] == sorted(event["timestamp"] for event in events)
    user = next(event for event in events if event["event"] == "user")
    assert {"text", "input_channel", "message_id", "metadata", "parse_data"} <= set(user)
    assert {"intent", "entities"} <= set(user["parse_data"])
    assert {"text", "data"} <= set(next(event for event in events if event["event"] == "bot"))
    assert {"name", "policy", "confidence"} <= set(next(event for event in events if event["event"] == "action"))
    assert {"name", "value"} <= set(next(event for event in events if event["event"] == "slot"))


async def test_what_nobody_reads_waits_and_survives_a_restart_of_rabbitmq(
    settings: Settings, rabbit: RabbitServer
) -> None:
    broker = await broker_of(settings)
    stored = await converse(settings, broker)
    await broker.close()
    await asyncio.to_thread(rabbit.stop)
    await asyncio.to_thread(rabbit.start)
    assert [event["event"] for event, _ in await take(settings, len(stored))] == [event["event"] for event in stored]


async def test_while_rabbitmq_is_away_events_wait_and_come_in_order(settings: Settings, rabbit: RabbitServer) -> None:
    broker = await broker_of(settings)
    for number in range(50):
        broker.publish({"number": number})
    await asyncio.wait_for(broker._empty.wait(), 60)
    await asyncio.to_thread(rabbit.stop)
    for number in range(50, 100):
        broker.publish({"number": number})
    await asyncio.to_thread(rabbit.start)
    await asyncio.wait_for(broker._empty.wait(), 120)
    for number in range(100, 150):
        broker.publish({"number": number})
    numbers = [event["number"] for event, _ in await take(settings, 150)]
    await broker.close()
    assert numbers == list(range(150))


async def test_rasa_starts_without_rabbitmq(
    settings: Settings, rabbit: RabbitServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(PatientEventBroker, "FIRST_CONNECTION", 0.2)
    await asyncio.to_thread(rabbit.stop)
    broker = await broker_of(settings)
    assert not broker.is_ready()
    broker.publish({"number": 1})
    await asyncio.to_thread(rabbit.start)
    await asyncio.wait_for(broker._empty.wait(), 120)
    await broker.close()
    assert [event for event, _ in await take(settings, 1)] == [{"number": 1}]


async def test_closing_sends_what_waits(settings: Settings) -> None:
    broker = await broker_of(settings)
    for number in range(500):
        broker.publish({"number": number})
    await broker.close()
    assert [event["number"] for event, _ in await take(settings, 500)] == list(range(500))


async def test_rasa_export_sends_the_same_events_again(settings: Settings) -> None:
    broker = await broker_of(settings)
    stored = await converse(settings, broker, turns=5)
    live = [event for event, _ in await take(settings, len(stored))]
    await broker.close()
    command = [sys.executable, "-m", "rasa", "export", "--endpoints", str(write_endpoints(settings))]
    environment = {**os.environ, "TRACKER_DATABASE_URL": settings.tracker_database_url}
    done = await asyncio.to_thread(
        subprocess.run, command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=240
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"published {len(stored)} events" in done.stdout
    exported = await take(settings, len(stored))
    assert [event for event, _ in exported] == live
    assert len({headers["rasa-export-process-id"] for _, headers in exported}) == 1


def all_that_is_there(settings: Settings) -> list[dict[str, Any]]:
    """The queue's events."""

    async def read() -> list[dict[str, Any]]:
        async with await aio_pika.connect(settings.event_broker_url) as connection:
            queue = await (await connection.channel()).get_queue(settings.event_broker_queue)
            found = []
            while (message := await queue.get(fail=False)) is not None:
                await message.ack()
                found.append(json.loads(message.body))
            return found

    return asyncio.run(read())


def test_the_whole_system_with_all_four(settings: Settings, redis_url: str, postgres_url: str, tmp_path: Path) -> None:
    """RabbitMQ, Redis, PostgreSQL and the desk's model server, as a company with several Rasa servers runs it."""
    port = free_port()
    extra = {
        "EVENT_BROKER_URL": settings.event_broker_url,
        "EVENT_BROKER_QUEUE": settings.event_broker_queue,
        "LOCK_STORE_URL": redis_url,
        "MODEL_SERVER_URL": f"http://127.0.0.1:{port}/models/production",
        "TRACKER_DATABASE_URL": postgres_url,
        "DESK_PORT": str(port),
    }
    with running_stack(tmp_path / "stack", **extra) as stack:
        turns = [stack.turn("traveller-1", text) for text in ("hello", "什么是 eSIM？")]
        status, served = request_json("GET", f"{stack.rasa_url}/status?token={stack.secret('rasa_api')}")
        deadline = time.monotonic() + 60  # it is printed when the launcher itself has seen that all is ready
        while "/desk/welcome/" not in (stack.var / "up.log").read_text() and time.monotonic() < deadline:
            time.sleep(0.1)
    assert (status, served["model_file"]) == (200, current_model().name)
    assert "/desk/welcome/" in (stack.var / "up.log").read_text()  # nobody manages this desk yet
    assert [turn["turn"]["intent"] for turn in turns] == ["greet", "ask_what_is_esim"]
    events = all_that_is_there(settings)
    assert [event["text"] for event in events if event["event"] == "user"] == ["hello", "什么是 eSIM？"]
    said = [answer["text"] for turn in turns for answer in turn["messages"]]
    assert [event["text"] for event in events if event["event"] == "bot"] == said
    user = next(event for event in events if event["event"] == "user")
    assert {"intent", "entities", "intent_ranking"} <= set(user["parse_data"])
    with sa.create_engine(postgres_url, future=True).connect() as connection:
        stored = connection.execute(sa.text("SELECT count(*) FROM events WHERE sender_id = 'traveller-1'")).scalar()
    assert stored == len(events)
