"""Rasa away, slow or broken, the desk killed: every message is still answered once and in order."""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import aiohttp
import pytest

from aftercare.base.settings import Settings
from aftercare.conversations import staff_actions
from aftercare.web.context import DESK
from tests.support.chat_client import ChatClient
from tests.support.desk_process import DeskProcess
from tests.support.fake_rasa import FakeRasa
from tests.support.waiting import eventually

StartDesk = Callable[..., Awaitable[Any]]


async def notices(traveller: ChatClient, seconds: float) -> list[dict[str, Any]]:
    """What a stream that opens now is told besides the messages."""
    seen: list[dict[str, Any]] = []

    async def read() -> None:
        async for event in traveller.stream(traveller.events[-1]["seq"]):
            seen.append(event)

    with suppress(asyncio.TimeoutError):
        await asyncio.wait_for(read(), seconds)
    return seen


def turns(rasa: FakeRasa, traveller: ChatClient) -> list[str]:
    """The seqs of the messages whose turns Rasa has stored."""
    return [message_id.rpartition("-")[2] for message_id in rasa.processed[traveller.conversation_id]]


def delayed(event: dict[str, Any]) -> bool:
    return event["kind"] == "state" and event.get("state") == "delayed"


async def test_while_rasa_is_away_messages_are_kept_and_answered_later(traveller: ChatClient, rasa: FakeRasa) -> None:
    await traveller.ask("before")
    await rasa.stop()
    await traveller.say("你好，在吗")
    await traveller.say("second")
    notice = await traveller.until(delayed)
    assert "不用重新发送" in notice["text"]
    await rasa.start(rasa.port)
    await traveller.until(lambda e: e["text"] == "echo second")
    told = [(e["from"], e["text"]) for e in traveller.events]
    assert told == [
        ("traveller", "before"),
        ("assistant", "echo before"),
        ("traveller", "你好，在吗"),
        ("traveller", "second"),
        ("assistant", "echo 你好，在吗"),
        ("assistant", "echo second"),
    ]


async def test_who_reconnects_during_a_delay_is_told(traveller: ChatClient, rasa: FakeRasa) -> None:
    await rasa.stop()
    await traveller.say("hello")
    await traveller.until(delayed)
    again = ChatClient(traveller.session, traveller.base)
    again.token = traveller.token
    assert "safe" in (await again.until(delayed))["text"]


async def test_a_stream_that_opens_while_an_answer_is_written_says_so(
    desk: Any, traveller: ChatClient, rasa: FakeRasa
) -> None:
    rasa.seconds = 2
    await traveller.say("hello")
    turns = desk.app[DESK].turns
    await eventually(lambda: turns.notices(traveller.conversation_id))  # the notice itself went to nobody
    assert (await traveller.until(lambda e: e["kind"] == "typing"))["from"] == "assistant"
    await traveller.answer()
    assert "typing" not in [e["kind"] for e in traveller.events]
    again = ChatClient(traveller.session, traveller.base)
    again.token = traveller.token
    assert (await again.until(lambda e: True))["kind"] == "message"


async def test_the_end_of_a_delay_is_told(traveller: ChatClient, rasa: FakeRasa) -> None:
    rasa.status = 503
    await traveller.say("hello")
    await traveller.until(delayed)
    states = []
    async for event in traveller.stream():
        states.append(event.get("state"))
        if delayed(event):
            rasa.status = 200  # not before this stream is open: who comes later is told nothing of the delay
        if event["text"] == "echo hello":
            break
    assert "assistant" in states


async def test_a_slow_turn_is_announced_and_answered_once(traveller: ChatClient, rasa: FakeRasa) -> None:
    rasa.seconds = 1
    await traveller.say("slow")
    await traveller.until(delayed)
    assert (await traveller.answer())["text"] == "echo slow"
    assert len(rasa.asked) == 1


async def test_a_turn_beyond_the_timeout_is_asked_again_with_the_same_id(traveller: ChatClient, rasa: FakeRasa) -> None:
    rasa.seconds = 2.5  # ENGINE_TIMEOUT of these tests is 2
    await traveller.say("slower")
    await traveller.until(delayed)
    rasa.seconds = 0
    assert (await traveller.answer())["text"] == "echo slower"
    assert len({message_id for _, message_id, _ in rasa.asked}) == 1
    assert len(rasa.asked) > 1


async def test_a_message_rasa_breaks_on_gets_an_apology_and_the_next_is_answered(
    traveller: ChatClient, rasa: FakeRasa
) -> None:
    rasa.status = 500
    await traveller.say("poison")
    sorry = await traveller.until(lambda e: e["kind"] == "message" and e["from"] == "system")
    assert "Sorry" in sorry["text"]
    rasa.status = 200
    assert (await traveller.ask("next"))["text"] == "echo next"


async def test_an_answer_is_shown_before_rasa_has_stored_its_turn(traveller: ChatClient, rasa: FakeRasa) -> None:
    rasa.storing_seconds = 1.0
    assert (await traveller.ask("one"))["text"] == "echo one"
    assert rasa.processed == {}
    await traveller.say("two")
    assert (await traveller.answer())["text"] == "echo two"
    assert [text for _, _, text in rasa.asked] == ["one", "two"]
    assert len(rasa.processed[traveller.conversation_id]) == 1, "the second turn began when the first was stored"


async def test_a_turn_rasa_lost_after_its_answer_is_taken_again_and_not_told_again(
    traveller: ChatClient, rasa: FakeRasa
) -> None:
    rasa.lost = 2
    await traveller.ask("one")
    assert (await traveller.ask("two"))["text"] == "echo two"
    assert [text for _, _, text in rasa.asked] == ["one", "one", "one", "two"]
    assert turns(rasa, traveller) == ["1", "3"]
    assert [e["text"] for e in traveller.events] == ["one", "echo one", "two", "echo two"]


async def test_each_answer_of_a_turn_is_shown_when_it_is_said(traveller: ChatClient, rasa: FakeRasa) -> None:
    rasa.thinking_seconds = 1.0
    assert (await traveller.ask("pieces"))["text"] == "first"
    assert rasa.processed == {}
    assert (await traveller.answer())["text"] == "second"


async def test_the_rest_of_an_answer_follows_when_rasa_is_back(traveller: ChatClient, rasa: FakeRasa) -> None:
    rasa.lost = 2
    await traveller.ask("pieces")
    assert (await traveller.answer())["text"] == "second"
    assert (await traveller.ask("three"))["text"] == "echo three"
    assert turns(rasa, traveller) == ["1", "4"]
    assert [e["text"] for e in traveller.events] == ["pieces", "first", "second", "three", "echo three"]


async def test_who_writes_while_rasa_cannot_catch_up_is_told(traveller: ChatClient, rasa: FakeRasa) -> None:
    rasa.lost = 1_000
    await traveller.ask("one")
    await eventually(lambda: len(rasa.asked) > 6)  # the pauses between so many tries are longer than `slow_after`
    assert await notices(traveller, 0.3) == [], "who has an answer waits for nothing"
    await traveller.say("two")
    await traveller.until(delayed)
    rasa.lost = 0
    assert (await traveller.answer())["text"] == "echo two"


async def test_a_turn_that_can_never_be_stored_does_not_end_the_conversation(
    traveller: ChatClient, rasa: FakeRasa
) -> None:
    rasa.unstorable = True
    await traveller.ask("one")
    await traveller.say("two")
    assert (await traveller.answer())["text"] == "echo two"
    assert [e["text"] for e in traveller.events] == ["one", "echo one", "two", "echo two"]


async def test_a_desk_killed_before_rasa_stored_a_turn_has_it_taken_again(
    desk: Any, traveller: ChatClient, rasa: FakeRasa, start_desk: StartDesk
) -> None:
    rasa.lost = 1_000
    await traveller.ask("one")
    await traveller.say("two")
    await desk.stop()
    rasa.lost = 0
    traveller.base = (await start_desk()).url
    await traveller.until(lambda e: e["text"] == "echo two")
    assert turns(rasa, traveller) == ["1", "3"]
    assert [e["text"] for e in traveller.events] == ["one", "echo one", "two", "echo two"]


async def test_a_turn_that_led_to_a_person_is_brought_to_its_end(
    desk: Any, traveller: ChatClient, rasa: FakeRasa, start_desk: StartDesk
) -> None:
    rasa.lost = 1_000
    assert (await traveller.ask("person"))["text"] == "Somebody reads this at 9."
    await desk.stop()
    rasa.lost = 0
    traveller.base = (await start_desk()).url
    await traveller.until(lambda e: e.get("state") == "waiting")
    assert turns(rasa, traveller) == ["1"]


async def test_rasa_gets_the_turn_also_when_a_person_has_the_conversation_by_then(
    desk: Any, traveller: ChatClient, rasa: FakeRasa
) -> None:
    rasa.lost = 1_000
    await traveller.ask("pieces")
    assert await staff_actions.claim(desk.app[DESK], traveller.conversation_id, "a", "Anna", expected=None)
    rasa.lost = 0
    await eventually(lambda: rasa.processed)
    await staff_actions.reply(desk.app[DESK], traveller.conversation_id, "a", "I am Anna", client_id="1")
    await traveller.until(lambda e: e["text"] == "I am Anna")
    assert turns(rasa, traveller) == ["1"]
    assert "second" not in [e["text"] for e in traveller.events]


async def test_a_desk_that_was_stopped_answers_after_it_starts_again(
    desk: Any, traveller: ChatClient, rasa: FakeRasa, start_desk: StartDesk
) -> None:
    await rasa.stop()
    await traveller.say("one")
    await traveller.say("two")
    await desk.stop()
    await rasa.start(rasa.port)
    traveller.base = (await start_desk()).url
    await traveller.until(lambda e: e["text"] == "echo two")
    assert [e["text"] for e in traveller.events] == ["one", "two", "echo one", "echo two"]


@pytest.fixture
async def desk_process(desk_settings: Callable[..., Settings], rasa: FakeRasa) -> Any:
    process = DeskProcess(desk_settings(RASA_URL=rasa.url))
    await process.start()
    yield process
    process.kill()


class Stubborn:
    """A traveller with a bad network: repeats every message until it is accepted, and reads through reconnects."""

    def __init__(self, client: ChatClient, name: str) -> None:
        self.client = client
        self.name = name

    async def send_all(self, count: int) -> None:
        for number in range(count):
            while True:
                try:
                    status, _ = await self.client.post(id=f"{self.name}-{number}", text=f"{self.name} {number}")
                    if status == 202:
                        break
                except (TimeoutError, aiohttp.ClientError):
                    pass
                await asyncio.sleep(0.05)

    async def read_until(self, text: str) -> list[dict[str, Any]]:
        while True:
            try:
                # reading in short pieces is the bad network: each piece ends in a broken stream
                await self.client.until(lambda e: e["text"] == text, seconds=random.uniform(1, 5))
                return self.client.events
            except (TimeoutError, aiohttp.ClientError, AssertionError):
                await asyncio.sleep(0.05)


async def asked_in_vain(port: int) -> None:
    """Until somebody connects to this port; they are hung up on."""
    came = asyncio.Event()

    def hang_up(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()
        came.set()

    server = await asyncio.start_server(hang_up, "127.0.0.1", port, reuse_address=True)
    async with server:
        await asyncio.wait_for(came.wait(), 60)


async def test_killed_in_the_middle_of_turns_everything_is_answered_once_and_in_order(
    desk_process: DeskProcess, rasa: FakeRasa, http: aiohttp.ClientSession
) -> None:
    travellers, messages = int(os.environ.get("LOAD_TRAVELLERS", 8)), int(os.environ.get("LOAD_MESSAGES", 15))
    rasa.seconds = 0.03
    stubborn = []
    for number in range(travellers):
        client = ChatClient(http, desk_process.url)
        await client.open()
        stubborn.append(Stubborn(client, f"t{number}"))

    async def trouble() -> None:
        for share in (0.2, 0.4):
            await processed(share)
            desk_process.kill()
            await desk_process.start()
        await processed(0.6)
        await rasa.stop()
        await asked_in_vain(rasa.port)
        await rasa.start(rasa.port)

    async def processed(share: float) -> None:
        wanted = share * travellers * messages
        await eventually(lambda: sum(map(len, rasa.processed.values())) >= wanted, 60 + travellers * messages / 10)

    work = [one.send_all(messages) for one in stubborn]
    reading = [one.read_until(f"echo {one.name} {messages - 1}") for one in stubborn]
    await asyncio.wait_for(asyncio.gather(trouble(), *work, *reading), 60 + travellers * messages / 10)
    for one in stubborn:
        said = [e["text"] for e in one.client.events if e["from"] == "traveller"]
        heard = [e["text"] for e in one.client.events if e["from"] == "assistant"]
        assert said == [f"{one.name} {n}" for n in range(messages)]
        assert heard == [f"echo {text}" for text in said]
        assert [e["seq"] for e in one.client.events] == list(range(1, 2 * messages + 1))
        assert len(rasa.processed[one.client.conversation_id]) == messages
