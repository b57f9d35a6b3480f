"""Conversations are kept alike on SQLite and PostgreSQL, also when two Rasa processes answer at once."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from rasa.core.tracker_store import SQLTrackerStore
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, SlotSet, UserUttered

from aftercare.rasa_components.tracker_store import WindowedTrackerStore

DOMAIN = Domain.from_yaml(
    """
version: "3.1"
intents: [inform]
slots:
  email: {type: text, influence_conversation: false, mappings: [{type: custom}]}
"""
)


@pytest.fixture(params=["sqlite", "postgresql"])
def tracker_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "postgresql":
        return str(request.getfixturevalue("postgres_url"))
    return f"sqlite:///{tmp_path}/tracker.db"


async def turn(store: WindowedTrackerStore, sender: str, text: str) -> None:
    tracker = await store.get_or_create_tracker(sender, append_action_listen=False)
    tracker.update(UserUttered(text, {"name": "inform"}))
    tracker.update(SlotSet("email", text))
    tracker.update(ActionExecuted("action_listen"))
    await store.save(tracker)


async def test_long_conversation(tracker_url: str) -> None:
    stores = [WindowedTrackerStore(DOMAIN, host=tracker_url) for _ in range(2)]
    for number in range(40):
        await turn(stores[number % 2], "t", f"{number}@example.com")
    windowed, full = await stores[0].retrieve("t"), await stores[1].retrieve_full_tracker("t")
    stock = await SQLTrackerStore(DOMAIN, host=tracker_url).retrieve("t")
    assert windowed is not None
    assert full is not None
    assert stock is not None
    assert windowed.current_slot_values() == full.current_slot_values() == stock.current_slot_values()
    assert len(full.events) == len(stock.events) == 120
    assert len(windowed.events) < 30


def test_two_processes_write_at_once_and_no_event_is_hidden(tracker_url: str) -> None:
    stores = [WindowedTrackerStore(DOMAIN, host=tracker_url) for _ in range(4)]

    def writer(number: int) -> None:
        async def write() -> None:
            for n in range(15):
                await turn(stores[number], "shared", f"{number}.{n}@example.com")

        asyncio.run(write())

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(writer, range(4)))
    asyncio.run(turn(stores[0], "shared", "last@example.com"))
    windowed = asyncio.run(stores[1].retrieve("shared"))
    full = asyncio.run(stores[2].retrieve_full_tracker("shared"))
    assert windowed is not None
    assert full is not None
    assert len(full.events) == (4 * 15 + 1) * 3
    assert windowed.get_slot("email") == "last@example.com"
    newest = [event.text for event in full.events if isinstance(event, UserUttered)][-3:]
    assert [event.text for event in windowed.events if isinstance(event, UserUttered)][-3:] == newest
