"""The window must be indistinguishable from a full replay, cost the same at every turn, and never lose an event."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import textwrap
import time
import uuid
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rasa.core.tracker_store import SQLTrackerStore
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import (
    ActionExecuted,
    ActionExecutionRejected,
    ActiveLoop,
    AllSlotsReset,
    BotUttered,
    ConversationPaused,
    ConversationResumed,
    Event,
    Restarted,
    SessionStarted,
    SlotSet,
    UserUtteranceReverted,
    UserUttered,
)
from rasa.shared.core.trackers import DialogueStateTracker

from aftercare.rasa_components.tracker_store import StoredTracker, WindowedTrackerStore

DOMAIN = Domain.from_yaml(
    """
version: "3.1"
intents: [greet, inform, request_refund, ask_hotspot, restart]
entities: [order_number]
slots:
  language: {type: categorical, values: [en, zh], influence_conversation: false, mappings: [{type: custom}]}
  order_number: {type: text, influence_conversation: true, mappings: [{type: from_entity, entity: order_number}]}
  email: {type: text, influence_conversation: true, mappings: [{type: custom}]}
  order_verified: {type: bool, influence_conversation: true, initial_value: false, mappings: [{type: custom}]}
  diagnosis: {type: any, mappings: [{type: custom}]}
forms:
  order_form: {required_slots: [order_number, email]}
responses:
  utter_greet: [{text: hi}]
  utter_hotspot: [{text: "yes"}]
actions: [action_lookup]
"""
)


def user(intent: str = "inform", text: str = "hello") -> UserUttered:
    ranking = [{"name": intent, "confidence": 0.9}, {"name": "greet", "confidence": 0.1}]
    return UserUttered(text, {"name": intent, "confidence": 0.9}, [], {"intent_ranking": ranking})


def bot(text: str = "hi") -> BotUttered:
    return BotUttered(text, {"buttons": None}, {"utter_action": "utter_greet"})


def listen() -> ActionExecuted:
    return ActionExecuted("action_listen")


def plain_turn(intent: str, action: str) -> list[Event]:
    return [user(intent), SlotSet("language", "en"), ActionExecuted(action), bot(), listen()]


def opening() -> list[Event]:
    return [ActionExecuted("action_session_start"), SessionStarted(), listen()]


@pytest.fixture
def store(tmp_path: Path) -> WindowedTrackerStore:
    return WindowedTrackerStore(DOMAIN, host=f"sqlite:///{tmp_path}/tracker.db")


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> WindowedTrackerStore:
    """One small-window store for all generated conversations; each takes a sender of its own."""
    return WindowedTrackerStore(DOMAIN, host=f"sqlite:///{tmp_path_factory.mktemp('db')}/tracker.db", window=4)


async def play(store: WindowedTrackerStore, sender: str, turns: list[list[Event]]) -> None:
    """Each turn as Rasa's processor does it: read, apply, save."""
    for turn in turns:
        tracker = await store.get_or_create_tracker(sender, append_action_listen=False)
        for event in turn:
            event.timestamp = time.time()  # Rasa's store finds the latest session by time
            tracker.update(event, DOMAIN)
        await store.save(tracker)


def seen(tracker: DialogueStateTracker) -> dict[str, Any]:
    """What a policy, a form or an action can tell about a conversation, but for how far back it reaches."""
    loop = tracker.active_loop
    message = tracker.latest_message
    return {
        "slots": tracker.current_slot_values(),
        "set": {name for name, slot in tracker.slots.items() if slot.has_been_set},
        "loop": loop and (loop.name, loop.is_interrupted, loop.rejected),
        "paused": tracker.is_paused(),
        "latest_action": tracker.latest_action,
        "followup": tracker.followup_action,
        "message": message and (message.text, message.intent_name, message.entities),
        "input_channel": tracker.get_latest_input_channel(),
    }


def states(tracker: DialogueStateTracker, visible_to_memoization: bool) -> list[Any]:
    """The states from which policies predict; memoization does not see turns that only rules decided."""
    hide = visible_to_memoization
    return list(tracker.past_states(DOMAIN, omit_unset_slots=hide, ignore_rule_only_turns=hide))


async def stock_replay(store: WindowedTrackerStore, sender: str) -> DialogueStateTracker:
    """The same conversation as Rasa's own store reads it from the same database."""
    stock = SQLTrackerStore(DOMAIN, host=str(store.engine.url))
    tracker = await stock.retrieve(sender)
    stock.engine.dispose()
    assert tracker is not None
    return tracker


async def assert_same_as_stock(store: WindowedTrackerStore, sender: str, least_states: int = 2) -> None:
    windowed = await store.retrieve(sender)
    assert windowed is not None
    full = await stock_replay(store, sender)
    assert seen(windowed) == seen(full)
    assert seen(windowed.copy()) == seen(full.copy())
    for hide in (False, True):
        ours, theirs = states(windowed, hide), states(full, hide)
        exact = len(ours) if windowed.complete else len(ours) - 2  # two lead up to where the window was cut
        if exact > 0:
            assert ours[-exact:] == theirs[-exact:]
        if not hide:
            assert exact >= min(least_states, len(theirs))


values = st.sampled_from(["NZ10000001", "NZ10000003", None])
slot_events = st.lists(
    st.one_of(
        st.builds(SlotSet, st.just("order_number"), values),
        st.builds(SlotSet, st.just("email"), st.sampled_from(["a@example.com", None])),
        st.builds(SlotSet, st.just("order_verified"), st.booleans()),
        st.builds(SlotSet, st.just("diagnosis"), st.just({"step": 3, "tried": ["restarted"]})),
    ),
    max_size=3,
)


@st.composite
def conversations(draw: st.DrawFn) -> list[list[Event]]:
    """Turns as Rasa produces them: rules, forms with answers and interruptions, reverts, pauses, restarts, sessions."""
    turns: list[list[Event]] = []
    in_form = paused = False
    if draw(st.booleans()):
        turns.append([*opening(), *plain_turn("greet", "utter_greet")])
    for _ in range(draw(st.integers(1, 24))):
        slots = draw(slot_events)
        if paused:
            kind = draw(st.sampled_from(["message", "resume", "session"]))
        elif in_form:
            kind = draw(st.sampled_from(["answer", "answer", "answer", "interrupt", "break_off", "finish", "plain"]))
        else:
            kind = draw(
                st.sampled_from(["plain", "plain", "plain", "form", "back", "pause", "restart", "session", "reset"])
            )
        turn: list[Event]
        if kind == "plain":
            hidden = draw(st.booleans())
            turn = [user("greet"), *slots, ActionExecuted("action_lookup", hide_rule_turn=hidden), bot(), *slots]
            turn.append(ActionExecuted("action_listen", hide_rule_turn=hidden))
        elif kind == "form":
            turn = [user("request_refund"), ActionExecuted("order_form"), ActiveLoop("order_form"), *slots]
            turn += [SlotSet("requested_slot", "order_number"), bot(), listen()]
            in_form = True
        elif kind == "answer":
            turn = [user("inform"), *slots, ActionExecuted("order_form"), *slots]
            turn += [SlotSet("requested_slot", "email"), bot(), listen()]
        elif kind == "interrupt":
            turn = [user("ask_hotspot"), ActionExecutionRejected("order_form"), ActionExecuted("utter_hotspot"), bot()]
            turn += [ActionExecuted("order_form"), SlotSet("requested_slot", "email"), bot(), listen()]
        elif kind == "break_off":
            turn = [user("ask_hotspot"), ActionExecutionRejected("order_form"), ActionExecuted("utter_hotspot"), bot()]
            turn.append(listen())
        elif kind == "finish":
            turn = [user("inform"), *slots, ActionExecuted("order_form"), ActiveLoop(None)]
            turn += [SlotSet("requested_slot", None), ActionExecuted("action_lookup"), bot(), listen()]
            in_form = False
        elif kind == "back":
            turn = [user("greet"), ActionExecuted("action_back"), UserUtteranceReverted(), UserUtteranceReverted()]
            turn.append(listen())
        elif kind == "pause":
            turn = [user("greet"), ActionExecuted("action_lookup"), ConversationPaused(), listen()]
            paused = True
        elif kind == "message":
            turn = [user("inform"), *slots]
        elif kind == "resume":
            turn = [ConversationResumed()]
            paused = False
        elif kind == "restart":
            turn = [user("restart"), ActionExecuted("action_restart"), Restarted(), *opening()]
        elif kind == "session":
            turn = [*opening(), *([user("inform"), *slots] if paused else plain_turn("greet", "utter_greet"))]
        else:
            turn = [user("greet"), ActionExecuted("action_lookup"), AllSlotsReset(), *slots, listen()]
        turns.append(turn)
    return turns


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(turns=conversations())
def test_window_equals_full_replay(turns: list[list[Event]], shared: WindowedTrackerStore) -> None:
    async def check() -> None:
        sender = uuid.uuid4().hex
        for number, turn in enumerate(turns):
            await play(shared, sender, [turn])
            if number % 6 == 5 or number == len(turns) - 1:
                await assert_same_as_stock(shared, sender)

    asyncio.run(check())


async def test_long_form_stays_small_and_keeps_what_led_to_it(store: WindowedTrackerStore) -> None:
    answer = [user("inform"), ActionExecuted("order_form"), SlotSet("requested_slot", "email"), bot(), listen()]
    start = [user("request_refund"), ActionExecuted("order_form"), ActiveLoop("order_form"), bot(), listen()]
    await play(store, "t", [[*opening(), *plain_turn("greet", "utter_greet")], start, *[answer] * 40])
    await assert_same_as_stock(store, "t")
    tracker = await store.retrieve("t")
    assert tracker is not None
    assert len(tracker.events) < 25
    assert tracker.past_states(DOMAIN) == (await stock_replay(store, "t")).past_states(DOMAIN)


async def test_size_is_bounded_and_nothing_is_lost_in_200_turns(store: WindowedTrackerStore) -> None:
    sizes = []
    for _ in range(200):
        await play(store, "t", [plain_turn("greet", "utter_greet")])
        tracker = await store.retrieve("t")
        assert tracker is not None
        sizes.append(len(tracker.events))
    assert sizes[-1] == sizes[20] < 40
    full = await store.retrieve_full_tracker("t")
    assert full is not None
    assert len(full.events) == 200 * 5
    assert await store.keys() == ["t"]
    assert seen(full)["slots"] == seen(tracker)["slots"]
    with store.engine.connect() as connection:
        assert connection.execute(sa.text("select count(*) from tracker_window")).scalar_one() == 1


async def test_setup_events_are_never_written(store: WindowedTrackerStore) -> None:
    turns = [[*plain_turn("greet", "action_lookup"), SlotSet("diagnosis", {"n": n})] for n in range(12)]
    await play(store, "t", turns)
    full = await store.retrieve_full_tracker("t")
    assert full is not None
    assert [event.value["n"] for event in full.events if isinstance(event, SlotSet) and event.key == "diagnosis"] == [
        *range(12)
    ]
    assert len(full.events) == 12 * 6


async def test_reverting_past_the_window_brings_back_what_was_before(store: WindowedTrackerStore) -> None:
    back = [user("greet"), ActionExecuted("action_back"), UserUtteranceReverted(), UserUtteranceReverted(), listen()]
    turns = [[user("inform", str(n)), SlotSet("email", f"{n}@example.com"), listen()] for n in range(12)]
    await play(store, "t", turns)
    for _ in range(11):
        await play(store, "t", [back])
        await assert_same_as_stock(store, "t")


async def test_new_session_and_restart_keep_a_hand_off(store: WindowedTrackerStore) -> None:
    pause = [user("greet"), ConversationPaused(), listen()]
    restart = [user("restart"), ActionExecuted("action_restart"), Restarted()]
    await play(store, "t", [plain_turn("greet", "utter_greet"), pause, [*opening(), user()]])
    await assert_same_as_stock(store, "t")
    tracker = await store.retrieve("t")
    assert tracker is not None
    assert tracker.is_paused()
    await play(store, "t", [restart])
    await assert_same_as_stock(store, "t")
    tracker = await store.retrieve("t")
    assert tracker is not None
    assert tracker.is_paused()
    assert tracker.latest_action_name == "action_listen"
    await play(store, "t", [[ConversationResumed()]])
    tracker = await store.retrieve("t")
    assert tracker is not None
    assert not tracker.is_paused()


async def test_restart_without_hand_off_is_untouched(store: WindowedTrackerStore) -> None:
    await play(store, "t", [plain_turn("greet", "utter_greet"), [user("restart"), Restarted(), *opening()]])
    await assert_same_as_stock(store, "t")
    tracker = await store.retrieve("t")
    assert tracker is not None
    assert not tracker.is_paused()


async def test_what_another_process_wrote_is_read(store: WindowedTrackerStore) -> None:
    other = WindowedTrackerStore(DOMAIN, host=str(store.engine.url))
    for n in range(10):
        await play(store if n % 2 else other, "t", [[user(), SlotSet("email", f"{n}@example.com"), listen()]])
    for reader in (store, other):
        tracker = await reader.retrieve("t")
        assert tracker is not None
        assert tracker.get_slot("email") == "9@example.com"
    await assert_same_as_stock(store, "t")


async def test_two_processes_answering_at_once_lose_no_event(store: WindowedTrackerStore) -> None:
    other = WindowedTrackerStore(DOMAIN, host=str(store.engine.url))
    await play(store, "t", [plain_turn("greet", "utter_greet")])
    ours, theirs = await store.retrieve("t"), await other.retrieve("t")
    assert ours is not None
    assert theirs is not None
    ours.update(SlotSet("email", "a@example.com"))
    theirs.update(SlotSet("order_number", "NZ10000001"))
    await store.save(ours)
    await other.save(theirs)
    tracker = await store.retrieve("t")
    assert tracker is not None
    assert (tracker.get_slot("email"), tracker.get_slot("order_number")) == ("a@example.com", "NZ10000001")


async def test_stock_writer_and_deleted_conversation(store: WindowedTrackerStore) -> None:
    await play(store, "t", [plain_turn("greet", "utter_greet")] * 3)
    stock = SQLTrackerStore(DOMAIN, host=str(store.engine.url))
    tracker = await stock.retrieve("t")
    assert tracker is not None
    tracker.update(SlotSet("email", "stock@example.com"))
    await stock.save(tracker)
    await assert_same_as_stock(store, "t")
    foreign = await stock.retrieve("t")
    assert foreign is not None
    foreign.update(SlotSet("email", "foreign@example.com"))
    await store.save(foreign)  # not a tracker of ours
    await assert_same_as_stock(store, "t")
    with store.engine.begin() as connection:
        connection.execute(sa.text("delete from events"))
    assert await store.retrieve("t") is None


async def test_many_travellers_do_not_mix(store: WindowedTrackerStore) -> None:
    async def traveller(name: str) -> None:
        for n in range(8):
            await play(store, name, [[user(), SlotSet("email", f"{name}{n}@example.com"), listen()]])
            await asyncio.sleep(0)

    await asyncio.gather(*(traveller(f"t{i}") for i in range(10)))
    for i in range(10):
        tracker = await store.retrieve(f"t{i}")
        assert tracker is not None
        assert tracker.get_slot("email") == f"t{i}7@example.com"


async def test_events_and_window_are_consistent_after_kill(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/tracker.db"
    writer = textwrap.dedent(
        f"""
        import asyncio
        from tests_writer import DOMAIN, play, plain_turn
        from aftercare.rasa_components.tracker_store import WindowedTrackerStore
        async def main():
            store = WindowedTrackerStore(DOMAIN, host={url!r})
            while True:
                await play(store, "t", [plain_turn("greet", "utter_greet")])
                print("saved", flush=True)
        asyncio.run(main())
        """
    )
    (tmp_path / "tests_writer.py").write_text(Path(__file__).read_text())
    environment = {**os.environ, "PYTHONPATH": f"{tmp_path}:{Path.cwd()}"}
    process = subprocess.Popen([sys.executable, "-c", writer], stdout=subprocess.PIPE, text=True, env=environment)
    try:
        assert process.stdout is not None
        saved = 0
        while saved < 15:
            assert process.stdout.readline() == "saved\n"
            saved += 1
    finally:
        process.kill()
        process.wait()
    store = WindowedTrackerStore(DOMAIN, host=url)
    full = await store.retrieve_full_tracker("t")
    assert full is not None
    assert len(full.events) >= 15 * 5
    assert len(full.events) % 5 == 0
    await assert_same_as_stock(store, "t")


def test_database_is_opened_for_concurrent_use(store: WindowedTrackerStore) -> None:
    with store.engine.connect() as connection:
        assert connection.execute(sa.text("pragma journal_mode")).scalar_one() == "wal"
        assert connection.execute(sa.text("pragma synchronous")).scalar_one() == 1


def test_too_small_a_window_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="at least 4"):
        WindowedTrackerStore(DOMAIN, host=f"sqlite:///{tmp_path}/t.db", window=2)


def test_tracker_of_an_unknown_traveller_is_ours(store: WindowedTrackerStore) -> None:
    assert asyncio.run(store.retrieve("nobody")) is None
    assert isinstance(asyncio.run(store.get_or_create_tracker("nobody")), StoredTracker)
