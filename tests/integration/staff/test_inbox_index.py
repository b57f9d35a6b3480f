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


class Conversations:
    """A desk without its server."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.store = Store(engine)
        self.indexer = Indexer(engine, ZONE)
        self.queries = InboxQueries(engine, ZONE)
        self.writes = InboxWrites(engine, self.indexer)
        self.at = NOW

    def say(self, text: str, conversation: str = "", state: str | None = None, **turn: Any) -> str:
        """A traveller's message and its answer; the conversation's id."""
        self.at += timedelta(seconds=10)
        conversation = conversation or self.store.open_conversation("web", "en", self.at).id
        seq = self.store.accept(
            conversation, FIRST, TravellerMessage(f"{conversation[:6]}{self.at}", text), self.at
        ).seq
        understood = {"intent": "greet", "confidence": 0.9, "entities": [], "actions": [], **turn}
        self.store.finish_turn(
            conversation,
            seq,
            [NewMessage("answer", name="utter")],
            self.at,
            reading=TurnReading.from_json(understood),
            state=state,
        )
        return conversation

    def index(self) -> None:
        """Bring the index up to date."""
        for conversation in self.indexer.outdated():
            self.indexer.index(conversation)

    def found(self, **filters: str) -> list[str]:
        """Ids that fit."""
        page = self.queries.page(Filters(**{"tab": "all", **filters}), "1", self.at)
        return [line.conversation_id for line in page.rows]


@pytest.fixture(params=["sqlite", "postgresql"])
def conversations(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Conversations]:
    sqlite = request.param == "sqlite"
    engine = open_engine(f"sqlite:///{tmp_path}/d.db" if sqlite else request.getfixturevalue("postgres_url"))
    migrate(engine)
    yield Conversations(engine)
    engine.dispose()


def test_names_are_found_and_the_greeting_is_not(conversations: Conversations) -> None:
    one = conversations.say("it is slow 😡")
    two = conversations.store.open_conversation("web", "en", conversations.at).id
    conversations.store.accept(two, FIRST, TravellerMessage("x", "hi there"), conversations.at)
    answers = [NewMessage("Kia ora! How can I help?", name="utter_greet"), NewMessage("It is fast", name="utter")]
    conversations.store.finish_turn(two, 1, answers, conversations.at)
    conversations.store.claim(two, "1", "Hinemoa Parata", conversations.at, expected=None)
    conversations.index()
    conversations.indexer.index(one, OrderLookup(OrderLink("NZ10000001", "kiwiroam", 7, "Wang Xiaoming")))
    assert conversations.found(q="wang") == conversations.found(q="Xiaoming") == conversations.found(q="😡") == [one]
    assert conversations.found(q=f"Visitor {two[:6]}") == conversations.found(q="hinemoa") == [two]
    assert conversations.found(q="kia ora") == conversations.found(q="help") == []
    assert conversations.found(q="fast") == [two]
    assert conversations.found(q="%") == conversations.found(q="_") == conversations.found(q="?") == []


def test_the_place_in_line_is_the_one_the_traveller_was_told(conversations: Conversations) -> None:
    first, second = (conversations.say("a person please", state="waiting") for _ in range(2))
    conversations.say("hello")
    conversations.index()
    listing = conversations.queries.listing(Filters(tab="person"), "1", conversations.at)
    assert [row.conversation_id for row in listing.page.rows] == [first, second]
    assert listing.places == {first: 1, second: 2}
    told = [conversations.store.messages_after(each, 0, 10)[-1].text for each in (first, second)]
    assert "next" in told[0]
    assert "2" in told[1]


def test_every_filter_finds_its_own_and_nothing_else(conversations: Conversations) -> None:
    entities = [{"entity": "order_number", "value": "NZ10000001"}]
    one = conversations.say("退款什么时候到账", intent="check_refund_status", confidence=0.35, entities=entities)
    two = conversations.say("hello", actions=["action_handoff"])
    conversations.say("more", two)
    conversations.index()
    conversations.indexer.index(one, OrderLookup(OrderLink("NZ10000001", "kiwiroam", 7)))
    conversations.writes.set_tag([one], "VIP", ME, NOW)
    conversations.writes.set_flag(one, 1, "wrong", ME, NOW)
    conversations.writes.set_reviewed([one], ME, NOW)
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
        assert conversations.found(**filters) == [one], filters
    only_two: list[dict[str, str]] = [
        {"action": "action_handoff"},
        {"certain_from": "9"},
        {"length_from": "3"},
        {"reviewed": "no"},
        {"q": "more hello"},
        {"language": "en"},
    ]
    for filters in only_two:
        assert conversations.found(**filters) == [two], filters
    for filters in (
        {"intent": "check_refund_status", "certain_from": "9"},
        {"q": "nowhere"},
        {"channel": "telegram"},
        {"rating_to": "2"},
        {"date_from": "2026-12-01"},
        {"time_from": "15:00", "time_to": "16:00"},
        {"reviewed": "saved"},
    ):
        assert conversations.found(**filters) == [], filters
    assert conversations.found(date_from="2026-11-20", date_to="2026-11-20") == [two, one]
    assert conversations.found(time_from="13:00", time_to="15:00") == [two, one]
    assert conversations.found(time_from="22:00", time_to="15:00") == [two, one]


def test_pages_follow_each_other_without_gap_or_repetition(conversations: Conversations) -> None:
    said = [conversations.say(f"number {number}") for number in range(PAGE * 2 + 3)]
    conversations.index()
    seen, after = [], None
    while True:
        page = conversations.queries.page(Filters(tab="all"), "1", NOW, after)
        seen += [line.conversation_id for line in page.rows]
        after = page.after
        if after is None:
            break
    assert seen == said[::-1]


def test_a_message_is_indexed_again_when_it_is_understood(conversations: Conversations) -> None:
    conversation = conversations.store.open_conversation("web", "en", NOW).id
    seq = conversations.store.accept(conversation, FIRST, TravellerMessage("a", "nothing works"), NOW).seq
    conversations.index()
    assert conversations.found(q="nothing") == [conversation]
    assert conversations.found(tab="unhappy") == []
    later = NOW + timedelta(seconds=1)
    conversations.store.finish_turn(
        conversation,
        seq,
        [NewMessage("sorry")],
        later,
        reading=TurnReading(intent="complain", confidence=0.4),
    )
    conversations.index()
    assert (
        conversations.found(tab="unhappy")
        == conversations.found(tab="low")
        == conversations.found(intent="complain")
        == [conversation]
    )
    assert conversations.indexer.outdated() == []


def test_who_is_angry_beside_asking_is_among_the_unhappy(conversations: Conversations) -> None:
    commands = [["start:request_refund", 0.96], ["complain", 0.91]]
    for text, read in (("useless!! my money back", commands), ("a refund please", commands[:1])):
        conversations.say(text, intent="request_refund", in_context={"situation": "idle", "commands": read})
    conversations.index()
    assert conversations.found(tab="unhappy") == conversations.found(q="useless") != []


def test_indexing_again_changes_nothing(conversations: Conversations) -> None:
    conversation = conversations.say("hello there")
    conversations.index()
    with conversations.engine.connect() as connection:
        before = connection.execute(sa.select(posting)).all()
    for _ in range(2):
        conversations.indexer.index(conversation)
    with conversations.engine.connect() as connection:
        assert connection.execute(sa.select(posting)).all() == before
        assert connection.execute(sa.select(sa.func.count()).select_from(summary)).scalar_one() == 1


def test_who_waits_longest_comes_first(conversations: Conversations) -> None:
    first = conversations.say("person", state="waiting")
    second = conversations.say("person", state="waiting")
    conversations.say("only hello")
    conversations.say("still there?", first)
    conversations.index()
    assert conversations.found(tab="person") == [first, second]
    assert conversations.queries.counts("1", conversations.at)["unassigned"] == 2
    claim = conversations.store.claim(first, ME.id, ME.name, conversations.at, expected=None)
    assert claim is not None
    conversations.index()
    assert conversations.found(tab="person") == [first, second]  # taken, but nothing was said yet
    assert conversations.found(tab="mine") == [first]
    assert conversations.found(tab="unassigned") == [second]
    conversations.at += timedelta(seconds=1)
    conversations.store.reply(first, ME.id, "I am here", conversations.at, client_id="r")
    conversations.index()
    assert conversations.found(tab="person") == [second]
    conversations.at += timedelta(seconds=1)
    conversations.store.release(first, ME.id, conversations.at)
    conversations.index()
    assert conversations.found(tab="mine") == []


def test_unread_until_read(conversations: Conversations) -> None:
    conversation = conversations.say("hello")
    conversations.index()

    def unread() -> list[bool]:
        return [bool(line.unread) for line in conversations.queries.page(Filters(tab="all"), "1", NOW).rows]

    assert unread() == [True]
    conversations.writes.mark_read(conversation, "1", 2, NOW)
    assert unread() == [False]
    conversations.writes.mark_read(conversation, "1", 1, NOW)  # an older page must not make it unread again
    assert unread() == [False]
    conversations.say("again", conversation)
    conversations.index()
    assert unread() == [True]


def test_a_deleted_conversation_leaves_no_word_behind(conversations: Conversations) -> None:
    conversation = conversations.say("my e-mail is xylophone@example.com")
    conversations.index()
    conversations.writes.set_tag([conversation], "vip", ME, NOW)
    conversations.writes.write_note(conversation, ME, "note", "n", NOW)
    conversations.store.delete(conversation)
    conversations.indexer.delete_terms(conversations.indexer.unused_terms())
    with conversations.engine.connect() as connection:
        for table in (summary, posting, term):
            assert connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one() == 0
    conversations.say("xylophone")  # numbers of terms that were swept away are not used again
    conversations.index()
    assert len(conversations.found(q="xylophone")) == 1
    with pytest.raises(NotPossible):
        conversations.writes.write_note(conversation, ME, "too late", "m", NOW)


def test_long_conversations_open_at_their_end(conversations: Conversations) -> None:
    conversation = conversations.say("the first")
    for number in range(120):
        conversations.say(f"line {number}", conversation)
    threads = ThreadQueries(conversations.engine)
    thread = threads.latest(conversation)
    assert thread is not None
    assert (len(thread.events), thread.earlier) == (100, True)
    assert thread.events[-1].seq == thread.conversation.last_seq
    linked = threads.latest(conversation, 1)
    assert linked is not None
    assert (linked.events[0].text, linked.earlier) == ("the first", False)


def test_views_are_one_s_own(conversations: Conversations) -> None:
    conversations.writes.save_view("1", "Slow", "tab=all&q=slow")
    conversations.writes.save_view("1", "Slow", "tab=all&q=slower")
    conversations.writes.save_view("2", "Other", "tab=all")
    views = conversations.queries.views("1")
    assert [(view.name, view.query) for view in views] == [("Slow", "tab=all&q=slower")]
    conversations.writes.delete_view("2", views[0].id)
    assert len(conversations.queries.views("1")) == 1
    conversations.writes.delete_view("1", views[0].id)
    assert conversations.queries.views("1") == []
