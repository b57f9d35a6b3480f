"""Who waits for a person is helped by the assistant until one is there; the staff see that, and nothing is doubled."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import sqlalchemy as sa

from aftercare.conversations import staff_actions
from aftercare.conversations.tables import event
from aftercare.staff.inbox.live import INBOX
from aftercare.staff.inbox.tables import summary
from aftercare.web.context import DESK
from tests.support.chat_client import ChatClient
from tests.support.desk import RunningDesk
from tests.support.fake_rasa import FakeRasa
from tests.support.staff_client import StaffClient
from tests.support.waiting import eventually


async def in_line(traveller: ChatClient) -> dict[str, Any]:
    """Ask for a person; the state line."""
    await traveller.say("person")
    return await traveller.until(lambda e: e.get("state") == "waiting")


def said(traveller: ChatClient) -> list[tuple[str, str]]:
    return [(e["from"], e["text"]) for e in traveller.events if e["kind"] == "message"]


async def test_the_assistant_goes_on_until_a_person_is_there(
    desk: RunningDesk, traveller: ChatClient, rasa: FakeRasa
) -> None:
    waiting = await in_line(traveller)
    assert "you are next" in waiting["text"]
    assert "The assistant keeps helping you" in waiting["text"]
    assert [choice["title"] for choice in waiting["choices"]] == ["I no longer need a person"]
    asked = rasa.metadata[-1]["line"]
    assert (asked["place"], asked["waiting"], asked["late"]) == (1, False, False)

    offered = await traveller.ask("buttons")
    assert (await traveller.post(choice=offered["choices"][0]["id"]))[0] == 202
    assert (await traveller.answer())["text"] == "payload /affirm"
    told = rasa.metadata[-1]
    assert (told["line"]["place"], told["line"]["waiting"], told["line"]["read_by"]) == (1, True, asked["read_by"])
    assert "meanwhile" not in told

    await traveller.ask("person again")  # the action is asked for once more
    assert (await traveller.ask("hello"))["text"] == "echo hello"
    assert [e["state"] for e in traveller.events if e["kind"] == "state"] == ["waiting"]

    key = traveller.conversation_id
    assert await staff_actions.claim(desk.app[DESK], key, "a", "Anna", expected=None)
    await traveller.until(lambda e: e.get("state") == "agent")
    number = len(rasa.asked)
    await traveller.say("are you Anna?")
    await staff_actions.reply(desk.app[DESK], key, "a", "I am Anna", client_id="1")
    await traveller.until(lambda e: e["text"] == "I am Anna")
    assert len(rasa.asked) == number
    with desk.app[DESK].store.engine.connect() as connection:
        statuses = connection.execute(sa.select(event.c.text, event.c.status).where(event.c.sender == "traveller"))
        assert [tuple(row) for row in statuses] == [
            ("person", "answered"),
            ("buttons", "answered"),
            ("Yes", "answered"),
            ("person again", "answered"),
            ("hello", "answered"),
            ("are you Anna?", "kept"),
        ]

    # put back into the line the assistant goes on, and knows what was told to Anna
    await staff_actions.release(desk.app[DESK], key, "a", to="waiting")
    await traveller.until(lambda e: e.get("state") == "waiting")
    assert (await traveller.ask("still here?"))["text"] == "echo still here?"
    assert rasa.metadata[-1]["meanwhile"] == ["are you Anna?"]
    assert (await traveller.ask("and now?"))["text"] == "echo and now?"
    assert "meanwhile" not in rasa.metadata[-1]


async def test_an_answer_under_way_is_never_said_after_the_person_came(
    desk: RunningDesk, traveller: ChatClient, rasa: FakeRasa
) -> None:
    await in_line(traveller)
    key = traveller.conversation_id
    rasa.seconds = 0.5
    await traveller.say("slow one")
    await traveller.until(lambda e: e["kind"] == "typing")
    assert await staff_actions.claim(desk.app[DESK], key, "a", "Anna", expected=None)
    assert desk.app[DESK].turns.notices(key) == []  # nobody writes any more
    await staff_actions.reply(desk.app[DESK], key, "a", "I am Anna", client_id="1")
    await traveller.until(lambda e: e["text"] == "I am Anna")
    await eventually(lambda: len(rasa.processed[key]) == 2)  # Rasa is done with it, and is asked nothing else
    rasa.seconds = 0
    await staff_actions.release(desk.app[DESK], key, "a")
    assert (await traveller.ask("back to you"))["text"] == "echo back to you"
    assert rasa.metadata[-1]["meanwhile"] == ["slow one"]
    assert said(traveller)[2:] == [
        ("traveller", "slow one"),
        ("agent", "I am Anna"),
        ("traveller", "back to you"),
        ("assistant", "echo back to you"),
    ]


async def test_the_rest_of_an_answer_is_dropped_when_the_person_comes_in_between(
    desk: RunningDesk, traveller: ChatClient, rasa: FakeRasa
) -> None:
    await in_line(traveller)
    key = traveller.conversation_id
    rasa.thinking_seconds = 0.4
    await traveller.say("pieces")
    await traveller.until(lambda e: e["text"] == "first")
    assert await staff_actions.claim(desk.app[DESK], key, "a", "Anna", expected=None)
    await staff_actions.reply(desk.app[DESK], key, "a", "I am Anna", client_id="1")
    await eventually(lambda: len(rasa.processed[key]) == 2)
    await staff_actions.reply(desk.app[DESK], key, "a", "Still Anna", client_id="2")
    await traveller.until(lambda e: e["text"] == "Still Anna")
    assert [text for who, text in said(traveller) if who != "traveller"] == [
        "Somebody reads this at 9.",
        "first",
        "I am Anna",
        "Still Anna",
    ]


async def test_reload_and_another_desk_find_the_line_as_it_was(
    start_desk: Callable[..., Awaitable[RunningDesk]], rasa: FakeRasa, http: aiohttp.ClientSession
) -> None:
    first = await start_desk()
    traveller = ChatClient(http, first.url)
    await traveller.open(locale="en")
    waiting = await in_line(traveller)
    await traveller.ask("hello")
    await first.stop()
    second = await start_desk()
    again = ChatClient(http, second.url)
    await again.open(resume=traveller.token)
    await again.until(lambda e: e["text"] == "echo hello")
    assert [e for e in again.events if e["kind"] == "state"] == [waiting]
    assert (await again.ask("are you there?"))["text"] == "echo are you there?"
    assert rasa.metadata[-1]["line"]["waiting"] is True
    assert (await again.post(choice=waiting["choices"][0]["id"]))[0] == 202
    left = await again.until(lambda e: e.get("state") == "assistant")
    assert "left the line" in left["text"]


async def test_who_types_that_no_person_is_needed_leaves_the_line(
    desk: RunningDesk, traveller: ChatClient, rasa: FakeRasa
) -> None:
    await traveller.say("no person")  # nobody waits: nothing changes
    await traveller.until(lambda e: e["text"] == "No person then.")
    await in_line(traveller)
    await traveller.ask("buttons")
    await traveller.say("no person")
    left = await traveller.until(lambda e: e.get("state") == "assistant")
    assert "left the line" in left["text"]
    assert (await traveller.ask("and now?"))["text"] == "echo and now?"
    assert (rasa.metadata[-1]["line"]["waiting"], "meanwhile" in rasa.metadata[-1]) == (False, False)
    assert [e["state"] for e in traveller.events if e["kind"] == "state"] == ["waiting", "assistant"]
    assert desk.app[DESK].store.conversation(traveller.conversation_id).in_line_since is None


async def test_staff_see_who_waits_since_when_and_that_the_assistant_goes_on(
    desk: RunningDesk, traveller: ChatClient, http: aiohttp.ClientSession, as_role: Callable[..., StaffClient]
) -> None:
    agent = as_role("agent", name="Aroha")
    await in_line(traveller)
    other = ChatClient(http, desk.url)
    await other.open(locale="zh")
    await other.say("转人工")
    assert "前面还有 1 位" in (await other.until(lambda e: e.get("state") == "waiting"))["text"]
    await traveller.ask("bars but no internet")
    service, engine = desk.app[INBOX], desk.app[DESK].store.engine
    for key in (traveller.conversation_id, other.conversation_id):
        await service.refresh(key)
    with engine.connect() as connection:
        since = connection.execute(
            sa.select(summary.c.waiting_since).where(summary.c.conversation_id == traveller.conversation_id)
        ).scalar_one()
        requested = sa.select(event.c.at).where(
            event.c.conversation_id == traveller.conversation_id, event.c.text == "person"
        )
        assert since == connection.execute(requested).scalar_one()  # what is said since does not make the wait shorter
    rows = await (await agent.get("/desk/inbox/lines?tab=unassigned", htmx=True)).text()
    assert rows.index(f"line-{traveller.conversation_id}") < rows.index(f"line-{other.conversation_id}")
    assert "Waiting for a person, assistant goes on" in rows
    page = await (await agent.get(f"/desk/inbox/c/{traveller.conversation_id}")).text()
    assert "Waiting for a person, assistant goes on" in page
    assert "echo bars but no internet" in page
