"""Who stands where in the line for a person, on SQLite and on PostgreSQL."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from alembic import command
from sqlalchemy.engine import Engine

from aftercare.base.migrations import alembic_config
from aftercare.base.settings import Settings
from aftercare.conversations.conversation import Conversation, Pending, TokenUse
from aftercare.conversations.line import PlaceInLine
from aftercare.conversations.messages import NewMessage, TravellerMessage
from aftercare.conversations.store import Store
from aftercare.run.migrations.schema import SCRIPTS, migrate
from aftercare.staff.access.sessions import StaffOnDuty
from aftercare.staff.access.tables import staff, staff_session

NOON = datetime(2026, 11, 24, 23, 0, tzinfo=UTC)  # of the 25th, a Wednesday, in New Zealand
FIRST = TokenUse(1, grace=60)
MINUTE = timedelta(minutes=1)


class Travellers:
    """Several conversations; each step is a minute after the one before."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.now = NOON

    def open(self) -> Conversation:
        return self.store.open_conversation("web", "en", self.now)

    def say(self, talk: Conversation, text: str) -> Pending:
        self.now += MINUTE
        pending = self.store.accept(talk.id, FIRST, TravellerMessage(f"m{self.now}", text), self.now).pending
        assert pending is not None
        return pending

    def ask_for_a_person(self, talk: Conversation) -> str:
        """The state line."""
        pending = self.say(talk, "a person please")
        later = self.now + timedelta(seconds=30)  # so long Rasa takes
        *_, waiting = self.store.finish_turn(talk.id, pending.seq, [NewMessage("ok")], later, state="waiting").stored
        assert waiting.state == "waiting"
        return waiting.text

    def place(self, talk: Conversation) -> PlaceInLine:
        """Where the desk tells Rasa that the traveller stands."""
        pending = self.say(talk, "hello?")
        self.store.finish_turn(talk.id, pending.seq, [NewMessage("yes")], self.now)
        assert pending.line is not None
        return pending.line


@pytest.fixture
def travellers(store: Store) -> Travellers:
    return Travellers(store)


def test_the_line_is_in_the_order_of_the_requests(travellers: Travellers) -> None:
    first, second, third = (travellers.open() for _ in range(3))
    assert travellers.place(first).number == 1  # what a request would lead to
    asked = travellers.say(first, "a person please")
    assert "you are next" in travellers.ask_for_a_person(second)  # answered while the first request is thought about
    travellers.store.finish_turn(first.id, asked.seq, [NewMessage("ok")], travellers.now, state="waiting")
    assert "you are number 3" in travellers.ask_for_a_person(third)
    places = [travellers.place(each) for each in (first, second, third)]
    assert [(place.number, place.waiting) for place in places] == [(1, True), (2, True), (3, True)]
    assert asked.line is not None
    assert places[0].since == asked.line.since
    travellers.store.claim(first.id, "a", "Anna", travellers.now, expected=None)
    assert [travellers.place(each).number for each in (second, third)] == [1, 2]


def test_answer_and_state_line_name_the_same_time(travellers: Travellers) -> None:
    talk = travellers.open()
    pending = travellers.say(talk, "a person please")
    assert pending.line is not None
    told, _ = pending.line.read_by(travellers.now)
    later = travellers.now + timedelta(minutes=2)
    _, waiting = travellers.store.finish_turn(talk.id, pending.seq, [NewMessage("ok")], later, state="waiting").stored
    assert f"{told:%H:%M}" == "12:16"
    assert "12:16 New Zealand time" in waiting.text
    assert travellers.store.conversation(talk.id).in_line_since == pending.line.since


def test_asking_again_changes_neither_place_nor_state(travellers: Travellers) -> None:
    first, second = travellers.open(), travellers.open()
    travellers.ask_for_a_person(first)
    travellers.ask_for_a_person(second)
    before = travellers.store.conversation(first.id)
    pending = travellers.say(first, "a person, I said")
    stored = travellers.store.finish_turn(
        first.id, pending.seq, [NewMessage("still in line")], travellers.now, state="waiting"
    ).stored
    assert [message.kind for message in stored] == ["message"]
    after = travellers.store.conversation(first.id)
    assert (after.waiting_since, after.in_line_since) == (before.waiting_since, before.in_line_since)
    assert travellers.place(first).number == 1


def test_put_back_without_a_word_the_place_is_kept(travellers: Travellers) -> None:
    first, second = travellers.open(), travellers.open()
    travellers.ask_for_a_person(first)
    travellers.ask_for_a_person(second)
    store = travellers.store
    store.claim(first.id, "a", "Anna", travellers.now, expected=None)
    (waiting,) = store.release(first.id, "a", travellers.now + MINUTE, to="waiting")
    assert "you are next" in waiting.text
    assert travellers.place(first).number == 1
    store.claim(first.id, "a", "Anna", travellers.now, expected=None)
    store.reply(first.id, "a", "let me pass you on", travellers.now, client_id="r")
    (waiting,) = store.release(first.id, "a", travellers.now + MINUTE, to="waiting")
    assert "you are number 2" in waiting.text  # who was answered waits from now on


def test_a_step_given_in_the_line_is_asked_about(travellers: Travellers) -> None:
    talk, store = travellers.open(), travellers.store
    travellers.ask_for_a_person(talk)
    pending = travellers.say(talk, "bars but no internet")
    due = travellers.now + MINUTE
    store.finish_turn(talk.id, pending.seq, [NewMessage("restart it")], travellers.now, remind_at=due)
    (found,) = store.due_reminders(due)
    assert [e.text for e in store.finish_reminder(found.id, found.last_seq, [NewMessage("did it?")], due)]
    pending = travellers.say(talk, "no")
    store.finish_turn(talk.id, pending.seq, [NewMessage("then this")], travellers.now, remind_at=due)
    store.claim(talk.id, "a", "Anna", due, expected=None)
    assert store.due_reminders(due + MINUTE) == []


def test_more_staff_on_duty_read_earlier(desk_engine: Engine) -> None:
    migrate(desk_engine)
    settings = Settings()
    count = StaffOnDuty(settings, seconds=0)
    now = datetime.now(UTC)
    idle = timedelta(seconds=settings.staff_idle)
    people = [
        ("agent", "full", now, None),
        ("lead", "full", now, None),
        ("viewer", "full", now, None),  # may not write to travellers
        ("agent", "password", now, None),  # not signed in yet
        ("agent", "full", now - idle, None),  # idle
        ("agent", "full", now, now),  # gone
    ]
    with desk_engine.begin() as connection:
        for number, (role, stage, seen, disabled) in enumerate(people, start=1):
            connection.execute(
                sa.insert(staff).values(
                    id=number,
                    email=f"{number}@example.com",
                    name=f"Person {number}",
                    role=role,
                    language="en",
                    created_at=now,
                    disabled_at=disabled,
                )
            )
            for session in ("a", "b"):  # two browsers are one person
                connection.execute(
                    sa.insert(staff_session).values(
                        id=f"{number}{session}",
                        staff_id=number,
                        stage=stage,
                        started_at=seen,
                        seen_at=seen,
                        address="",
                        browser="",
                    )
                )
    with desk_engine.connect() as connection:
        assert count(connection) == 2
    travellers = Travellers(Store(desk_engine, count))
    first, second = travellers.open(), travellers.open()
    travellers.ask_for_a_person(first)
    assert "you are number 2" in (line := travellers.ask_for_a_person(second))
    assert "12:17" in line  # a quarter of an hour after the request, as for the first


def test_who_waited_before_the_upgrade_keeps_the_place(store: Store, travellers: Travellers) -> None:
    talk = travellers.open()
    travellers.ask_for_a_person(talk)
    since = store.conversation(talk.id).waiting_since
    with store.engine.begin() as connection:
        command.downgrade(alembic_config(SCRIPTS, connection), "0015")
    migrate(store.engine)
    assert store.conversation(talk.id).in_line_since == since
