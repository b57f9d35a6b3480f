"""A person takes a conversation, writes, gives it back and closes it; the assistant is silent meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import pytest

from aftercare.conversations import staff_actions
from aftercare.conversations.conversation import Conversation, NotYours, StoredAnswers, TokenUse
from aftercare.conversations.messages import Message, NewMessage, TravellerMessage
from aftercare.conversations.store import Store
from aftercare.web.context import DESK
from tests.support.chat_client import ChatClient
from tests.support.fake_rasa import FakeRasa

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
LATER = NOW + timedelta(minutes=5)
FIRST = TokenUse(1, grace=60)
PIXEL = ("image/png", b"bytes")


@pytest.fixture
def talk(store: Store) -> Conversation:
    return store.open_conversation("web", "en-NZ", NOW)


def stands(store: Store, talk: Conversation) -> Conversation:
    found = store.transcript(talk.id)
    assert found is not None
    return found.conversation


def test_of_many_who_claim_at_once_one_has_it(store: Store, talk: Conversation) -> None:
    def claim(number: int) -> bool:
        return store.claim(talk.id, f"staff-{number}", f"Agent {number}", NOW, expected=None) is not None

    with ThreadPoolExecutor(8) as threads:
        won = list(threads.map(claim, range(20)))
    assert won.count(True) == 1
    now = stands(store, talk)
    assert (now.state, now.agent_id, now.agent_name) == (
        "agent",
        f"staff-{won.index(True)}",
        f"Agent {won.index(True)}",
    )
    assert [(e.kind, e.state, e.agent) for e in store.messages_after(talk.id, 0, 10)] == [
        ("state", "agent", f"Agent {won.index(True)}")
    ]


def test_a_claim_may_pass_from_one_to_another_who_knows_about_the_first(store: Store, talk: Conversation) -> None:
    claim = store.claim(talk.id, "a", "Anna", NOW, expected=None)
    assert claim is not None
    assert "Anna" in claim.stored[0].text
    again = store.claim(talk.id, "a", "Anna", NOW, expected="a")
    assert again is not None
    assert again.stored == []
    assert store.claim(talk.id, "b", "Bo", NOW, expected=None) is None
    assert store.claim(talk.id, "b", "Bo", NOW, expected="c") is None
    assert store.claim(talk.id, "b", "Bo", NOW, expected="a") is not None
    assert stands(store, talk).agent_id == "b"


def test_a_reply_is_stored_once_and_only_from_who_has_the_conversation(store: Store, talk: Conversation) -> None:
    with pytest.raises(NotYours):
        store.reply(talk.id, "a", "hello", NOW, client_id="1")
    store.claim(talk.id, "a", "Anna", NOW, expected=None)
    with pytest.raises(NotYours, match="Anna"):
        store.reply(talk.id, "b", "hello", NOW, client_id="1")
    first = store.reply(talk.id, "a", "hello", NOW, client_id="1")
    assert [(e.sender, e.agent, e.text) for e in first.stored] == [("agent", "Anna", "hello")]
    picture = store.reply(talk.id, "a", "", NOW, picture=PIXEL, client_id="2").stored[0]
    assert store.get_picture((picture.image or "").removeprefix("/media/")) == PIXEL
    store.release(talk.id, "a", NOW)
    again = store.reply(talk.id, "a", "hello", LATER, client_id="1")
    assert (again.seq, again.stored) == (first.seq, [])
    for text, client_id in (("", "3"), ("x", ""), ("x", "y" * 64)):
        with pytest.raises(ValueError, match="client id"):
            store.reply(talk.id, "a", text, NOW, client_id=client_id)


def test_a_travellers_id_and_a_staff_members_never_meet(store: Store, talk: Conversation) -> None:
    store.claim(talk.id, "a", "Anna", NOW, expected=None)
    store.accept(talk.id, FIRST, TravellerMessage("same", "from the traveller"), NOW)
    store.reply(talk.id, "a", "from Anna", NOW, client_id="same")
    assert [e.text for e in store.messages_after(talk.id, 1, 10)] == ["from the traveller", "from Anna"]


def test_waiting_time_agent_and_end_are_kept_while_they_hold(store: Store, talk: Conversation) -> None:
    store.accept(talk.id, FIRST, TravellerMessage("a", "a person please"), NOW)
    store.finish_turn(talk.id, 1, [NewMessage("at 9")], NOW, state="waiting")
    store.accept(talk.id, FIRST, TravellerMessage("b", "hello?"), LATER)
    assert stands(store, talk).waiting_since == NOW
    store.claim(talk.id, "a", "Anna", LATER, expected=None)
    now = stands(store, talk)
    assert (now.waiting_since, now.agent_id) == (None, "a")
    store.release(talk.id, "a", LATER, to="waiting")
    now = stands(store, talk)
    assert (now.state, now.waiting_since, now.agent_id, now.agent_name) == ("waiting", LATER, None, None)
    closed = store.close(talk.id, "b", LATER)
    assert [(e.kind, e.state) for e in closed] == [("state", "closed")]
    assert store.close(talk.id, "b", LATER) == []
    now = stands(store, talk)
    assert (now.state, now.closed_at, now.waiting_since, now.chapter) == ("closed", LATER, None, 1)
    store.accept(talk.id, FIRST, TravellerMessage("c", "one more thing"), LATER)
    now = stands(store, talk)
    assert (now.state, now.closed_at, now.chapter) == ("assistant", None, 2)


def test_only_who_has_it_gives_it_back_or_closes_it(store: Store, talk: Conversation) -> None:
    with pytest.raises(NotYours):
        store.release(talk.id, "a", NOW)
    store.claim(talk.id, "a", "Anna", NOW, expected=None)
    for act in (store.release, store.close):
        with pytest.raises(NotYours, match="Anna"):
            act(talk.id, "b", NOW)
    store.close(talk.id, None, NOW)
    assert stands(store, talk).agent_id is None


def test_an_answer_that_comes_after_a_person_took_over_is_not_said(store: Store, talk: Conversation) -> None:
    store.accept(talk.id, FIRST, TravellerMessage("a", "hello"), NOW)
    store.claim(talk.id, "a", "Anna", NOW, expected=None)
    assert store.finish_turn(talk.id, 1, [NewMessage("too late")], NOW) == StoredAnswers([], more=False, state="agent")
    assert store.pending_conversations() == []
    store.release(talk.id, "a", NOW)
    assert store.next_pending(talk.id) is None


def test_the_rest_of_an_answer_is_not_said_when_a_person_took_over_in_between(store: Store, talk: Conversation) -> None:
    store.accept(talk.id, FIRST, TravellerMessage("a", "hello"), NOW)
    store.store_answers(talk.id, 1, [NewMessage("hi")], NOW)
    store.claim(talk.id, "a", "Anna", NOW, expected=None)
    assert store.store_answers(talk.id, 1, [NewMessage("hi"), NewMessage("too late")], NOW).stored == []
    assert store.pending_conversations() == [talk.id]
    assert store.finish_turn(talk.id, 1, [], NOW, state="waiting") == StoredAnswers([], more=False, state="agent")
    assert store.pending_conversations() == []
    assert stands(store, talk).agent_name == "Anna"


def test_what_the_traveller_asked_before_the_end_is_still_answered(store: Store, talk: Conversation) -> None:
    store.accept(talk.id, FIRST, TravellerMessage("a", "hello"), NOW)
    store.close(talk.id, None, NOW)
    pending = store.next_pending(talk.id)
    assert pending is not None
    assert [e.text for e in store.finish_turn(talk.id, 1, [NewMessage("hi")], NOW).stored] == ["hi"]
    assert stands(store, talk).state == "closed"


async def test_the_assistant_is_silent_while_a_person_has_it_whatever_happens(
    start_desk: Callable[..., Awaitable[Any]], rasa: FakeRasa, http: aiohttp.ClientSession
) -> None:
    first = await start_desk()
    traveller = ChatClient(http, first.url)
    await traveller.open()
    offered = await traveller.ask("buttons")
    rasa.seconds = 0.5
    await traveller.say("slow one")
    assert await staff_actions.claim(first.app[DESK], traveller.conversation_id, "a", "Anna", expected=None)
    await traveller.until(lambda e: e.get("state") == "agent")
    rasa.seconds = 0
    await traveller.say("/restart")
    await first.stop()  # with the turn of "slow one" in the air
    second = await start_desk()
    traveller.base = second.url
    desk = second.app[DESK]
    await traveller.say("are you there?")
    assert (await traveller.post(choice=offered["choices"][0]["id"]))[0] == 202
    await staff_actions.reply(desk, traveller.conversation_id, "a", "I am Anna", client_id="1")
    await traveller.until(lambda e: e["text"] == "I am Anna")
    await staff_actions.release(desk, traveller.conversation_id, "a")
    resumed = await traveller.until(lambda e: e.get("state") == "assistant")
    assert [choice["title"] for choice in resumed["choices"]] == ["Yes", "No"]  # where it stood
    assert (await traveller.ask("back to you"))["text"] == "echo back to you"
    assert rasa.metadata[-1]["meanwhile"] == ["slow one", "/restart", "are you there?"]
    assert (await traveller.ask("and now?"))["text"] == "echo and now?"
    assert "meanwhile" not in rasa.metadata[-1]
    assert [(e["from"], e["text"]) for e in traveller.events[2:] if e["kind"] == "message"] == [
        ("traveller", "slow one"),
        ("traveller", "/restart"),
        ("traveller", "are you there?"),
        ("traveller", "Yes"),
        ("agent", "I am Anna"),
        ("traveller", "back to you"),
        ("assistant", "echo back to you"),
        ("traveller", "and now?"),
        ("assistant", "echo and now?"),
    ]


def test_only_what_was_written_to_a_person_is_told_as_such(store: Store, talk: Conversation) -> None:
    store.accept(talk.id, FIRST, TravellerMessage("a", "a person please"), NOW)
    store.finish_turn(talk.id, 1, [NewMessage("at 9")], NOW, state="waiting")
    told = store.accept(talk.id, FIRST, TravellerMessage("b", "bars but no internet"), NOW).pending
    assert told is not None
    assert told.meanwhile == ()
    store.finish_turn(talk.id, told.seq, [NewMessage("restart it")], NOW)
    store.claim(talk.id, "a", "Anna", NOW, expected=None)
    store.accept(talk.id, FIRST, TravellerMessage("c", "my order is NZ10000001"), NOW)
    store.release(talk.id, "a", NOW, to="waiting")  # the assistant goes on in the line
    store.accept(talk.id, FIRST, TravellerMessage("d", "go on"), NOW)
    store.accept(talk.id, FIRST, TravellerMessage("e", "please"), NOW)
    first = store.next_pending(talk.id)
    assert first is not None
    assert (first.text, first.meanwhile) == ("go on", ("my order is NZ10000001",))
    store.finish_turn(talk.id, first.seq, [NewMessage("well")], NOW)
    second = store.next_pending(talk.id)
    assert second is not None
    assert (second.text, second.meanwhile) == ("please", ())


async def test_who_listens_hears_of_every_event_and_breaking_does_not_matter(
    start_desk: Callable[..., Awaitable[Any]], http: aiohttp.ClientSession
) -> None:
    running = await start_desk()
    desk = running.app[DESK]
    heard: list[tuple[str, str]] = []

    def broken(_conversation_id: str, _events: Sequence[Message]) -> None:
        raise RuntimeError("on purpose")

    def listener(conversation_id: str, events: Sequence[Message]) -> None:
        heard.extend((conversation_id, event.text) for event in events)

    desk.hub.subscribe_stored(broken)
    stop = desk.hub.subscribe_stored(listener)
    traveller = ChatClient(http, running.url)
    await traveller.open()
    key = traveller.conversation_id
    await traveller.ask("hello")
    await staff_actions.claim(desk, key, "a", "Anna", expected=None)
    await staff_actions.reply(desk, key, "a", "I am Anna", client_id="1")
    await traveller.until(lambda e: e["text"] == "I am Anna")
    await staff_actions.close(desk, key, "a")
    await traveller.until(lambda e: e.get("state") == "closed")
    assert heard == [(key, e["text"]) for e in traveller.events]
    stop()
    stop()
    await traveller.ask("again")
    assert len(heard) == 5


async def test_each_side_sees_the_other_writing(
    start_desk: Callable[..., Awaitable[Any]], http: aiohttp.ClientSession
) -> None:
    running = await start_desk()
    desk = running.app[DESK]
    seen: list[tuple[str, Mapping[str, Any]]] = []
    desk.hub.subscribe_live(lambda conversation_id, live: seen.append((conversation_id, live)))
    traveller = ChatClient(http, running.url)
    await traveller.open()

    async def write() -> int:
        url = f"{running.url}/api/chat/typing"
        async with http.post(url, headers=traveller.headers) as response:
            return response.status

    assert await write() == 204
    assert seen == []  # the assistant has it: nobody to tell
    await staff_actions.claim(desk, traveller.conversation_id, "a", "Anna", expected=None)
    assert await write() == 204
    assert [(key, live.sender, live.kind) for key, live in seen] == [(traveller.conversation_id, "traveller", "typing")]

    async def show() -> None:
        while True:
            staff_actions.typing(desk, traveller.conversation_id, "Anna")
            await asyncio.sleep(0.05)

    showing = asyncio.create_task(show())
    notice = await traveller.until(lambda e: e["kind"] == "typing")
    showing.cancel()
    assert (notice["from"], notice["agent"]) == ("agent", "Anna")
