"""What the inbox keeps of conversations and finds again, on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from aftercare.base.database import open_engine
from aftercare.conversations.conversation import TokenUse
from aftercare.conversations.messages import NewMessage, TravellerMessage
from aftercare.conversations.reading import TurnReading
from aftercare.conversations.store import Store
from aftercare.run.migrations.schema import migrate
from aftercare.staff.inbox.filters import Filters
from aftercare.staff.inbox.indexing import Indexer, OrderLink, OrderLookup
from aftercare.staff.inbox.queries import PAGE, InboxQueries
from aftercare.staff.inbox.tables import posting, summary, term
from aftercare.staff.inbox.thread import ThreadQueries
from aftercare.staff.inbox.writes import Author, InboxWrites, NotPossible

NOW = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)
ZONE = ZoneInfo("Pacific/Auckland")
FIRST = TokenUse(1, grace=60)
ME = Author("1", "Aroha")


class Talks:
    """A desk without its server."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.store = Store(engine)
        self.indexer = Indexer(engine, ZONE)
        self.queries = InboxQueries(engine, ZONE)
        self.writes = InboxWrites(engine, self.indexer)
        self.at = NOW

    def say(self, text: str, talk: str = "", state: str | None = None, **turn: Any) -> str:
        """A traveller's message and its answer; the conversation's id."""
        self.at += timedelta(seconds=10)
        talk = talk or self.store.open_conversation("web", "en", self.at).id
        seq = self.store.accept(talk, FIRST, TravellerMessage(f"{talk[:6]}{self.at}", text), self.at).seq
        understood = {"intent": "greet", "confidence": 0.9, "entities": [], "actions": [], **turn}
        self.store.finish_turn(
            talk,
            seq,
            [NewMessage("answer", name="utter")],
            self.at,
            reading=TurnReading.from_json(understood),
            state=state,
        )
        return talk

    def index(self) -> None:
        """Bring the index up to date."""
        for talk in self.indexer.outdated():
            self.indexer.index(talk)

    def found(self, **filters: str) -> list[str]:
        """Ids that fit."""
        page = self.queries.page(Filters(**{"tab": "all", **filters}), "1", self.at)
        return [line.conversation_id for line in page.rows]


@pytest.fixture(params=["sqlite", "postgresql"])
def talks(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Talks]:
    sqlite = request.param == "sqlite"
    engine = open_engine(f"sqlite:///{tmp_path}/d.db" if sqlite else request.getfixturevalue("postgres_url"))
    migrate(engine)
    yield Talks(engine)
    engine.dispose()


def test_every_filter_finds_its_own_and_nothing_else(talks: Talks) -> None:
    entities = [{"entity": "order_number", "value": "NZ10000001"}]
    one = talks.say("退款什么时候到账", intent="check_refund_status", confidence=0.35, entities=entities)
    two = talks.say("hello", actions=["action_handoff"])
    talks.say("more", two)
    talks.index()
    talks.indexer.index(one, OrderLookup(OrderLink("NZ10000001", "kiwiroam", 7)))
    talks.writes.set_tag([one], "VIP", ME, NOW)
    talks.writes.set_flag(one, 1, "wrong", ME, NOW)
    talks.writes.set_reviewed([one], ME, NOW)
    only_one: list[dict[str, str]] = [
        {"q": "退款"},
        {"q": "到账 退款"},
        {"intent": "check_refund_status"},
        {"entity": "order_number"},
        {"certain_from": "3", "certain_to": "4"},
        {"intent": "check_refund_status", "certain_to": "4"},
        {"tag": "vip"},
        {"flag": "wrong"},
        {"reviewed": "yes"},
        {"provider": "kiwiroam"},
        {"order": "nz 1000 0001"},
        {"customer": "7"},
        {"length_to": "2"},
        {"language": "zh"},
    ]
    for filters in only_one:
        assert talks.found(**filters) == [one], filters
    only_two: list[dict[str, str]] = [
        {"action": "action_handoff"},
        {"certain_from": "9"},
        {"length_from": "3"},
        {"reviewed": "no"},
        {"q": "more hello"},
        {"language": "en"},
    ]
    for filters in only_two:
        assert talks.found(**filters) == [two], filters
    for filters in (
        {"intent": "check_refund_status", "certain_from": "9"},
        {"q": "nowhere"},
        {"channel": "telegram"},
        {"rating_to": "2"},
        {"date_from": "2026-12-01"},
        {"time_from": "15:00", "time_to": "16:00"},
        {"reviewed": "saved"},
    ):
        assert talks.found(**filters) == [], filters
    assert talks.found(date_from="2026-11-20", date_to="2026-11-20") == [two, one]
    assert talks.found(time_from="13:00", time_to="15:00") == [two, one]
    assert talks.found(time_from="22:00", time_to="15:00") == [two, one]


def test_pages_follow_each_other_without_gap_or_repetition(talks: Talks) -> None:
    said = [talks.say(f"number {number}") for number in range(PAGE * 2 + 3)]
    talks.index()
    seen, after = [], None
    while True:
        page = talks.queries.page(Filters(tab="all"), "1", NOW, after)
        seen += [line.conversation_id for line in page.rows]
        after = page.after
        if after is None:
            break
    assert seen == said[::-1]


def test_a_message_is_indexed_again_when_it_is_understood(talks: Talks) -> None:
    talk = talks.store.open_conversation("web", "en", NOW).id
    seq = talks.store.accept(talk, FIRST, TravellerMessage("a", "nothing works"), NOW).seq
    talks.index()
    assert talks.found(q="nothing") == [talk]
    assert talks.found(tab="unhappy") == []
    later = NOW + timedelta(seconds=1)
    talks.store.finish_turn(
        talk,
        seq,
        [NewMessage("sorry")],
        later,
        reading=TurnReading(intent="complain", confidence=0.4),
    )
    talks.index()
    assert talks.found(tab="unhappy") == talks.found(tab="low") == talks.found(intent="complain") == [talk]
    assert talks.indexer.outdated() == []


def test_indexing_again_changes_nothing(talks: Talks) -> None:
    talk = talks.say("hello there")
    talks.index()
    with talks.engine.connect() as connection:
        before = connection.execute(sa.select(posting)).all()
    for _ in range(2):
        talks.indexer.index(talk)
    with talks.engine.connect() as connection:
        assert connection.execute(sa.select(posting)).all() == before
        assert connection.execute(sa.select(sa.func.count()).select_from(summary)).scalar_one() == 1


def test_who_waits_longest_comes_first(talks: Talks) -> None:
    first = talks.say("person", state="waiting")
    second = talks.say("person", state="waiting")
    talks.say("only hello")
    talks.say("still there?", first)
    talks.index()
    assert talks.found(tab="person") == [first, second]
    assert talks.queries.counts("1", talks.at)["unassigned"] == 2
    claim = talks.store.claim(first, ME.id, ME.name, talks.at, expected=None)
    assert claim is not None
    talks.index()
    assert talks.found(tab="person") == [first, second]  # taken, but nothing was said yet
    assert talks.found(tab="mine") == [first]
    assert talks.found(tab="unassigned") == [second]
    talks.at += timedelta(seconds=1)
    talks.store.reply(first, ME.id, "I am here", talks.at, client_id="r")
    talks.index()
    assert talks.found(tab="person") == [second]
    talks.at += timedelta(seconds=1)
    talks.store.release(first, ME.id, talks.at)
    talks.index()
    assert talks.found(tab="mine") == []


def test_unread_until_read(talks: Talks) -> None:
    talk = talks.say("hello")
    talks.index()

    def unread() -> list[bool]:
        return [bool(line.unread) for line in talks.queries.page(Filters(tab="all"), "1", NOW).rows]

    assert unread() == [True]
    talks.writes.mark_read(talk, "1", 2, NOW)
    assert unread() == [False]
    talks.writes.mark_read(talk, "1", 1, NOW)  # an older page must not make it unread again
    assert unread() == [False]
    talks.say("again", talk)
    talks.index()
    assert unread() == [True]


def test_a_deleted_conversation_leaves_no_word_behind(talks: Talks) -> None:
    talk = talks.say("my e-mail is xylophone@example.com")
    talks.index()
    talks.writes.set_tag([talk], "vip", ME, NOW)
    talks.writes.write_note(talk, ME, "note", "n", NOW)
    talks.store.delete(talk)
    talks.indexer.delete_terms(talks.indexer.unused_terms())
    with talks.engine.connect() as connection:
        for table in (summary, posting, term):
            assert connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one() == 0
    talks.say("xylophone")  # numbers of terms that were swept away are not used again
    talks.index()
    assert len(talks.found(q="xylophone")) == 1
    with pytest.raises(NotPossible):
        talks.writes.write_note(talk, ME, "too late", "m", NOW)


def test_long_conversations_open_at_their_end(talks: Talks) -> None:
    talk = talks.say("the first")
    for number in range(120):
        talks.say(f"line {number}", talk)
    threads = ThreadQueries(talks.engine)
    thread = threads.latest(talk)
    assert thread is not None
    assert (len(thread.events), thread.earlier) == (100, True)
    assert thread.events[-1].seq == thread.conversation.last_seq
    linked = threads.latest(talk, 1)
    assert linked is not None
    assert (linked.events[0].text, linked.earlier) == ("the first", False)


def test_views_are_one_s_own(talks: Talks) -> None:
    talks.writes.save_view("1", "Slow", "tab=all&q=slow")
    talks.writes.save_view("1", "Slow", "tab=all&q=slower")
    talks.writes.save_view("2", "Other", "tab=all")
    views = talks.queries.views("1")
    assert [(view.name, view.query) for view in views] == [("Slow", "tab=all&q=slower")]
    talks.writes.delete_view("2", views[0].id)
    assert len(talks.queries.views("1")) == 1
    talks.writes.delete_view("1", views[0].id)
    assert talks.queries.views("1") == []
