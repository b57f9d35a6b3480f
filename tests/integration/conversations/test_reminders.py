"""Silence after a step is asked about once: not after an answer, not while a person has the conversation."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

import aiohttp
import pytest

from aftercare.base.database import utc_now
from aftercare.conversations.conversation import Conversation
from aftercare.conversations.reminders import Reminders
from aftercare.conversations.store import Store
from aftercare.web.context import DESK
from tests.support.chat_client import ChatClient
from tests.support.fake_rasa import FakeRasa
from tests.support.waiting import eventually

StartDesk = Callable[..., Awaitable[Any]]
SOON = 0.5


class Overdue(Store):
    """A store in which every reminder is due now."""

    def due_reminders(self, now: datetime) -> list[Conversation]:
        return super().due_reminders(now + timedelta(days=1))


def is_reminder(event: dict[str, Any]) -> bool:
    return "reminder" in event["text"]


def reminders(rasa: FakeRasa) -> list[str]:
    return [message_id for _, message_id, text in rasa.asked if "reminder" in text]


def waiting(desk: Any) -> list[str]:
    """Conversations that will be reminded of something, sooner or later."""
    store: Store = desk.app[DESK].store
    return [found.id for found in store.due_reminders(utc_now() + timedelta(days=365))]


@pytest.fixture
async def patient_desk(start_desk: StartDesk) -> Any:
    return await start_desk()


@pytest.fixture
async def hasty_desk(start_desk: StartDesk) -> Any:
    return await start_desk(REMIND_AFTER=SOON)


async def open_chat(http: aiohttp.ClientSession, desk: Any) -> ChatClient:
    client = ChatClient(http, desk.url)
    await client.open(locale="en")
    return client


async def test_silence_is_asked_about_once(hasty_desk: Any, http: aiohttp.ClientSession, rasa: FakeRasa) -> None:
    traveller = await open_chat(http, hasty_desk)
    await traveller.ask("step")
    reminder = await traveller.until(is_reminder)
    assert reminder["from"] == "assistant"
    assert waiting(hasty_desk) == []
    await traveller.ask("still here")
    assert len(reminders(rasa)) == 1


async def test_only_after_a_step(patient_desk: Any, http: aiohttp.ClientSession) -> None:
    traveller = await open_chat(http, patient_desk)
    await traveller.ask("hello")
    assert waiting(patient_desk) == []
    await traveller.ask("step")
    assert waiting(patient_desk) == [traveller.conversation_id]


async def test_whoever_answers_is_not_reminded(patient_desk: Any, http: aiohttp.ClientSession, rasa: FakeRasa) -> None:
    traveller = await open_chat(http, patient_desk)
    await traveller.ask("step")
    rasa.seconds = 1  # not even while the answer is being thought of
    await traveller.say("it works")
    assert waiting(patient_desk) == []
    await traveller.answer()
    assert waiting(patient_desk) == []


async def test_not_while_a_person_has_the_conversation(patient_desk: Any, http: aiohttp.ClientSession) -> None:
    traveller = await open_chat(http, patient_desk)
    await traveller.ask("step")
    await traveller.ask("person")
    assert waiting(patient_desk) == []


async def test_what_comes_between_asking_rasa_and_storing_wins(patient_desk: Any, http: aiohttp.ClientSession) -> None:
    traveller = await open_chat(http, patient_desk)
    await traveller.ask("step")
    store: Store = patient_desk.app[DESK].store
    (due,) = store.due_reminders(utc_now() + timedelta(days=1))
    await traveller.ask("it works")
    assert store.finish_reminder(due.id, due.last_seq, [], utc_now()) == []
    assert [event["text"] for event in traveller.events][-1] == "echo it works"


async def test_a_desk_that_starts_again_reminds(
    start_desk: StartDesk, http: aiohttp.ClientSession, rasa: FakeRasa
) -> None:
    first = await start_desk(REMIND_AFTER=1)
    traveller = await open_chat(http, first)
    await traveller.ask("step")
    await first.stop()
    second = await start_desk(REMIND_AFTER=1)
    traveller.base = second.url
    await traveller.until(is_reminder)
    assert len(set(reminders(rasa))) == 1
    assert waiting(second) == []


async def test_rasa_away_at_that_moment(patient_desk: Any, http: aiohttp.ClientSession, rasa: FakeRasa) -> None:
    traveller = await open_chat(http, patient_desk)
    await traveller.ask("step")
    rasa.status = 503
    desk = patient_desk.app[DESK]
    reminding = Reminders(Overdue(desk.store.engine), desk.worker, desk.hub, desk.rasa, seconds=SOON)
    reminding.start()
    await eventually(lambda: len(reminders(rasa)) >= 2)
    rasa.status = 200
    await traveller.until(is_reminder)
    await reminding.stop()
    assert len(set(reminders(rasa))) == 1


async def test_a_reminder_rasa_refuses_is_dropped(
    patient_desk: Any, http: aiohttp.ClientSession, rasa: FakeRasa
) -> None:
    traveller = await open_chat(http, patient_desk)
    await traveller.ask("step")
    rasa.status = 500
    desk = patient_desk.app[DESK]
    reminding = Reminders(Overdue(desk.store.engine), desk.worker, desk.hub, desk.rasa, seconds=SOON)
    reminding.start()
    await eventually(lambda: not waiting(patient_desk))
    await reminding.stop()
    rasa.status = 200
    assert (await traveller.ask("and now?"))["text"] == "echo and now?"
