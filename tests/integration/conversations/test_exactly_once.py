"""Whatever is repeated, interrupted or killed: each message is stored once, answered once, in order."""

from __future__ import annotations

import functools
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from aftercare.base.database import open_engine
from aftercare.conversations.conversation import Pending, TokenUse
from aftercare.conversations.messages import NewMessage, TravellerMessage
from aftercare.conversations.reading import TurnReading
from aftercare.conversations.store import Store
from aftercare.run.migrations.schema import migrate

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
TOKEN = TokenUse(1, 60)


class Engine:
    """Rasa as the desk relies on it: a repeated id of the latest message gets the stored answer, not a second turn.

    Each message is answered in two pieces, which come before the turn is stored; Rasa may be killed in between.
    """

    def __init__(self) -> None:
        self.latest: dict[str, int] = {}
        self.turns: list[tuple[str, int]] = []

    def keep(self, pending: Pending) -> None:
        """Store the turn, unless it is stored already."""
        conversation_id = pending.conversation.id
        if self.latest.get(conversation_id) != pending.seq:
            self.turns.append((conversation_id, pending.seq))
            self.latest[conversation_id] = pending.seq


def pieces(text: str) -> list[str]:
    return [f"answer to {text}", f"more to {text}"]


@functools.cache
def migrated() -> bytes:
    """A desk's database with today's schema and no rows: all migrations for each example would take minutes."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "desk.db"
        engine = open_engine(f"sqlite:///{path}")
        migrate(engine)
        engine.dispose()
        return path.read_bytes()


class Delivery(RuleBasedStateMachine):
    """Two conversations; one desk that may be killed between any two steps of a turn."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.now = NOW
        self.engine = Engine()
        (Path(self.folder.name) / "desk.db").write_bytes(migrated())
        self._start_desk()
        self.ids = [self.store.open_conversation("web", "en", NOW).id for _ in range(2)]
        self.sent: dict[str, list[str]] = {each: [] for each in self.ids}
        self.acknowledged: dict[tuple[str, str], int] = {}
        self.taken: dict[str, Pending] = {}
        self.heard: dict[str, int] = {}  # pieces of the answer to what is taken
        self.kept: dict[str, Pending] = {}

    def _start_desk(self) -> None:
        self.database = open_engine(f"sqlite:///{Path(self.folder.name)}/desk.db")
        migrate(self.database)
        self.store = Store(self.database)

    def teardown(self) -> None:
        self.database.dispose()
        self.folder.cleanup()

    def _send(self, conversation_id: str, client_id: str) -> None:
        self.now += timedelta(seconds=1)
        accepted = self.store.accept(conversation_id, TOKEN, TravellerMessage(client_id, f"say {client_id}"), self.now)
        before = self.acknowledged.setdefault((conversation_id, client_id), accepted.seq)
        assert before == accepted.seq

    @rule(which=st.integers(0, 1), client_id=st.sampled_from("abcdefgh"))
    def send(self, which: int, client_id: str) -> None:
        conversation_id = self.ids[which]
        if client_id not in self.sent[conversation_id]:
            self.sent[conversation_id].append(client_id)
        self._send(conversation_id, client_id)

    @precondition(lambda self: self.acknowledged)
    @rule(data=st.data())
    def send_again(self, data: st.DataObject) -> None:
        self._send(*data.draw(st.sampled_from(sorted(self.acknowledged))))

    @rule(which=st.integers(0, 1))
    def take(self, which: int) -> None:
        conversation_id = self.ids[which]
        if conversation_id in self.taken or conversation_id in self.kept:
            return
        pending = self.store.next_pending(conversation_id)
        if pending is not None:
            self.taken[conversation_id] = pending

    @precondition(lambda self: self.taken)
    @rule(data=st.data(), together=st.booleans())
    def tell(self, data: st.DataObject, together: bool) -> None:
        conversation_id = data.draw(st.sampled_from(sorted(self.taken)))
        pending = self.taken[conversation_id]
        self.heard[conversation_id] = 2 if together else min(2, self.heard.get(conversation_id, 0) + 1)
        answers = [NewMessage(text) for text in pieces(pending.text)[: self.heard[conversation_id]]]
        self.store.store_answers(conversation_id, pending.seq, answers, self.now)

    @precondition(lambda self: 2 in self.heard.values())
    @rule(data=st.data())
    def engine_keeps(self, data: st.DataObject) -> None:
        conversation_id = data.draw(st.sampled_from(sorted(key for key, heard in self.heard.items() if heard == 2)))
        self.engine.keep(self.taken[conversation_id])
        self.kept[conversation_id] = self.taken.pop(conversation_id)
        del self.heard[conversation_id]

    @precondition(lambda self: self.kept)
    @rule(data=st.data())
    def finish(self, data: st.DataObject) -> None:
        conversation_id = data.draw(st.sampled_from(sorted(self.kept)))
        pending = self.kept.pop(conversation_id)
        turn = {"intent": f"of {pending.text}"}
        self.store.finish_turn(conversation_id, pending.seq, [], self.now, reading=TurnReading.from_json(turn))

    @rule()
    def engine_is_killed(self) -> None:
        self.heard.clear()

    @rule()
    def kill(self) -> None:
        self.database.dispose()
        for memory in (self.taken, self.heard, self.kept):
            memory.clear()
        self._start_desk()

    @invariant()
    def nothing_is_lost_doubled_or_out_of_order(self) -> None:
        for conversation_id in self.ids:
            events = self.store.messages_after(conversation_id, 0, 1000)
            assert [e.seq for e in events] == list(range(1, len(events) + 1))
            said = [e.text for e in events if e.sender == "traveller"]
            assert said == [f"say {client_id}" for client_id in self.sent[conversation_id]]
            heard = [e.text for e in events if e.sender == "assistant"]
            assert heard == [piece for text in said for piece in pieces(text)][: len(heard)]
        assert len(self.engine.turns) == len(set(self.engine.turns))

    @invariant()
    def the_engine_has_each_turn_before_the_next_one_begins(self) -> None:
        for conversation_id in self.ids:
            turns = [seq for whose, seq in self.engine.turns if whose == conversation_id]
            events = self.store.messages_after(conversation_id, 0, 1000)
            said = [e.seq for e in events if e.sender == "traveller"]
            heard = sum(e.sender == "assistant" for e in events)
            assert turns == said[: len(turns)]
            assert heard - 2 <= 2 * len(turns) <= heard

    @invariant()
    def what_is_unanswered_is_still_to_do(self) -> None:
        waiting = set(self.store.pending_conversations())
        for conversation_id in self.ids:
            events = self.store.messages_after(conversation_id, 0, 1000)
            open_messages = sum(2 if e.sender == "traveller" else -1 for e in events)
            following = self.store.next_pending(conversation_id)
            unfinished = following is not None and following.stored_answers > 0
            assert (open_messages > 0 or unfinished) == (conversation_id in waiting)


TestDelivery = Delivery.TestCase
TestDelivery.settings = settings(
    max_examples=25, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
)
