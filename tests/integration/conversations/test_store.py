"""The desk's database, on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy.engine import Engine

from aftercare.base.database import open_engine
from aftercare.base.migrations import alembic_config
from aftercare.base.voice import Voice
from aftercare.conversations.conversation import Conversation, NoConversation, StoredAnswers, TokenUse, UnknownChoice
from aftercare.conversations.messages import BACK_TO_ASSISTANT, NewMessage, OfferedChoice, TravellerMessage
from aftercare.conversations.reading import TurnReading
from aftercare.conversations.store import Store
from aftercare.conversations.tables import event, metadata
from aftercare.run.migrations.schema import SCRIPTS, migrate

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
FIRST = TokenUse(1, grace=60)


@pytest.fixture
def talk(store: Store) -> Conversation:
    return store.open_conversation("web", "en-NZ", NOW)


def test_migrations_lead_to_the_tables_and_may_run_again(desk_engine: Engine) -> None:
    migrate(desk_engine)
    with desk_engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_a_turn_that_was_unconfirmed_is_finished_after_the_upgrade(store: Store, talk: Conversation) -> None:
    store.accept(talk.id, FIRST, TravellerMessage("a", "one"), NOW)
    store.store_answers(talk.id, 1, [NewMessage("hi")], NOW)
    with store.engine.begin() as connection:
        command.downgrade(alembic_config(SCRIPTS, connection), "0014")
        before = connection.execute(sa.text("SELECT unconfirmed_seq, status FROM conversation, event WHERE seq = 1"))
        assert before.one() == (1, "answered")
    migrate(store.engine)
    again = store.next_pending(talk.id)
    assert again is not None
    assert (again.seq, again.stored_answers) == (1, 1000)
    assert store.store_answers(talk.id, 1, [NewMessage("hi")], NOW).stored == []


def test_desks_that_start_together_migrate_once(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    url = request.getfixturevalue("postgres_url")
    engines = [open_engine(url) for _ in range(4)]
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(migrate, engines))
    for engine in engines:
        engine.dispose()


def test_a_message_and_its_answer(store: Store, talk: Conversation) -> None:
    accepted = store.accept(talk.id, FIRST, TravellerMessage("a", "hello"), NOW)
    assert accepted.seq == 1
    assert accepted.pending == store.next_pending(talk.id)
    answers = [NewMessage("hi", choices=[OfferedChoice("Yes", "/affirm")], name="utter_greet")]
    stored = store.finish_turn(talk.id, 1, answers, NOW, reading=TurnReading(language="en", intent="greet")).stored
    assert stored == store.messages_after(talk.id, 1, 10)
    assert stored[0].as_json() == {
        "seq": 2,
        "at": "2026-11-22T09:30:00.000Z",
        "kind": "message",
        "from": "assistant",
        "text": "hi",
        "choices": [{"id": "2-0", "title": "Yes"}],
    }
    assert store.next_pending(talk.id) is None
    assert store.finish_turn(talk.id, 1, answers, NOW) == StoredAnswers([], more=False, state="assistant")
    assert len(store.messages_after(talk.id, 0, 10)) == 2


def test_a_repeated_client_id_changes_nothing(store: Store, talk: Conversation) -> None:
    store.accept(talk.id, FIRST, TravellerMessage("a", "hello"), NOW)
    again = store.accept(talk.id, FIRST, TravellerMessage("a", "something else"), NOW + timedelta(seconds=1))
    assert (again.seq, again.stored, again.pending) == (1, [], None)
    assert store.accept(talk.id, FIRST, TravellerMessage("b", "next"), NOW).seq == 2
    other = store.open_conversation("web", "en", NOW)
    assert store.accept(other.id, FIRST, TravellerMessage("a", "hello"), NOW).seq == 1


def test_only_a_message_with_none_before_it_is_handed_over(store: Store, talk: Conversation) -> None:
    assert store.accept(talk.id, FIRST, TravellerMessage("a", "one"), NOW).pending is not None
    assert store.accept(talk.id, FIRST, TravellerMessage("b", "two"), NOW).pending is None
    assert store.finish_turn(talk.id, 1, [], NOW).more
    assert store.accept(talk.id, FIRST, TravellerMessage("c", "three"), NOW).pending is None
    assert store.pending_conversations() == [talk.id]


def test_an_answered_message_is_asked_again_until_its_turn_is_finished(store: Store, talk: Conversation) -> None:
    store.accept(talk.id, FIRST, TravellerMessage("a", "one"), NOW)
    hi, more = NewMessage("hi"), NewMessage("and more")
    assert store.store_answers(talk.id, 1, [hi], NOW).stored == store.messages_after(talk.id, 1, 10)
    assert store.pending_conversations() == [talk.id]
    assert store.due_reminders(NOW) == []
    assert store.accept(talk.id, FIRST, TravellerMessage("b", "two"), NOW).pending is None
    again = store.next_pending(talk.id)
    assert again is not None
    assert (again.seq, again.text, again.stored_answers) == (1, "one", 1)
    assert store.store_answers(talk.id, 1, [NewMessage("other words")], NOW) == StoredAnswers(
        [], more=True, state="assistant"
    )
    assert [e.text for e in store.store_answers(talk.id, 1, [NewMessage("other words"), more], NOW).stored] == [
        "and more"
    ]
    assert store.store_answers(talk.id, 2, [hi], NOW).stored == []  # no message of the traveller's
    assert store.finish_turn(talk.id, 1, [], NOW, reading=TurnReading(intent="greet")) == StoredAnswers(
        [], True, "assistant"
    )
    assert store.store_answers(talk.id, 1, [hi, more, hi], NOW).stored == []
    assert [e.text for e in store.messages_after(talk.id, 0, 10)] == ["one", "hi", "two", "and more"]
    following = store.next_pending(talk.id)
    assert following is not None
    assert (following.seq, following.stored_answers) == (3, 0)


def test_what_a_turn_led_to_stands_with_its_end(store: Store, talk: Conversation) -> None:
    store.accept(talk.id, FIRST, TravellerMessage("a", "a person"), NOW)
    store.store_answers(talk.id, 1, [NewMessage("at 9")], NOW)
    assert store.conversation(talk.id).state == "assistant"
    chinese = TurnReading(language="zh", intent="request_human")
    (waiting,) = store.finish_turn(talk.id, 1, [], NOW, reading=chinese, state="waiting", remind_at=NOW).stored
    assert (waiting.kind, waiting.state) == ("state", "waiting")
    assert store.conversation(talk.id).voice.language == "zh"
    assert store.due_reminders(NOW) == []
    with store.engine.connect() as connection:
        kept = connection.execute(sa.select(event.c.turn).where(event.c.seq == 1)).scalar_one()
    assert kept == replace(chinese, answers=1).to_json()


def test_many_at_once_get_rising_numbers_without_gaps(store: Store, talk: Conversation) -> None:
    def send(number: int) -> int:
        return store.accept(talk.id, FIRST, TravellerMessage(f"m{number % 20}", f"text {number}"), NOW).seq

    with ThreadPoolExecutor(8) as threads:
        seqs = list(threads.map(send, range(40)))
    assert sorted(set(seqs)) == list(range(1, 21))
    assert seqs[:20] == seqs[20:]
    assert [e.seq for e in store.messages_after(talk.id, 0, 100)] == list(range(1, 21))


def test_a_turn_is_finished_once_however_many_try(store: Store, talk: Conversation) -> None:
    store.accept(talk.id, FIRST, TravellerMessage("a", "hello"), NOW)
    with ThreadPoolExecutor(8) as threads:
        done = list(threads.map(lambda _: store.finish_turn(talk.id, 1, [NewMessage("hi")], NOW), range(8)))
    assert sum(bool(finished.stored) for finished in done) == 1
    assert len(store.messages_after(talk.id, 0, 10)) == 2


@pytest.mark.parametrize("choice", ["2-1", "1-0", "3-0", "x", "2", "-", "1-0-0"])
def test_choices_must_have_been_offered(store: Store, talk: Conversation, choice: str) -> None:
    store.accept(talk.id, FIRST, TravellerMessage("a", "hello"), NOW)
    store.finish_turn(talk.id, 1, [NewMessage("?", choices=[OfferedChoice("Yes", "/affirm")])], NOW)
    with pytest.raises(UnknownChoice):
        store.accept(talk.id, FIRST, TravellerMessage("b", choice=choice), NOW)
    accepted = store.accept(talk.id, FIRST, TravellerMessage("c", choice="2-0"), NOW)
    assert accepted.pending is not None
    assert (accepted.pending.text, accepted.pending.payload) == ("Yes", "/affirm")


def test_the_engine_is_never_sent_the_desks_own_button(store: Store, talk: Conversation) -> None:
    store.accept(talk.id, FIRST, TravellerMessage("a", "a person please"), NOW)
    store.accept(talk.id, FIRST, TravellerMessage("b", "and quickly"), NOW)
    _, waiting = store.finish_turn(talk.id, 1, [NewMessage("at 9")], NOW, state="waiting").stored
    assert (waiting.kind, waiting.state) == ("state", "waiting")
    pending = store.next_pending(talk.id)
    assert pending is not None
    assert (pending.text, pending.conversation.state) == ("and quickly", "waiting")
    asked = NewMessage("Yes?", choices=[OfferedChoice("Yes", "/affirm")])
    store.finish_turn(talk.id, pending.seq, [asked], NOW)
    back = store.accept(talk.id, FIRST, TravellerMessage("d", choice=f"{waiting.seq}-0"), NOW)
    assert back.pending is None
    assert [e.state for e in back.stored] == [None, "assistant"]
    assert [choice.title for choice in back.stored[1].choices] == ["Yes"]  # the assistant stands where it stood
    assert store.next_pending(talk.id) is None
    assert store.conversation(talk.id).in_line_since is None
    again = store.accept(talk.id, FIRST, TravellerMessage("e", choice=f"{waiting.seq}-0"), NOW)
    assert [e.state for e in again.stored] == [None]  # pressed out of the line, nothing happens
    assert store.accept(talk.id, FIRST, TravellerMessage("f", "go on"), NOW).pending is not None
    assert BACK_TO_ASSISTANT not in str([e.as_json() for e in store.messages_after(talk.id, 0, 100)])


@pytest.mark.parametrize("in_parts", [True, False])
def test_a_turn_can_lead_out_of_the_line(store: Store, talk: Conversation, in_parts: bool) -> None:
    for number, state in ((1, "assistant"), (2, "waiting")):  # who does not wait leaves nothing
        seq = store.accept(talk.id, FIRST, TravellerMessage(str(number), "well"), NOW).seq
        assert len(store.finish_turn(talk.id, seq, [NewMessage("ok")], NOW, state=state).stored) == number
    seq = store.accept(talk.id, FIRST, TravellerMessage("3", "no person"), NOW).seq
    answers = [NewMessage("No person then."), NewMessage("It works?", choices=[OfferedChoice("Yes", "/affirm")])]
    if in_parts:
        store.store_answers(talk.id, seq, answers, NOW)
    finished = store.finish_turn(talk.id, seq, [] if in_parts else answers, NOW, state="assistant")
    left = finished.stored[-1]
    assert (finished.state, left.state, [each.title for each in left.choices]) == ("assistant", "assistant", ["Yes"])
    assert store.conversation(talk.id).in_line_since is None


@pytest.mark.parametrize(
    ("locale", "texts", "voice"),
    [
        ("zh-TW", ["NZ10000001"], Voice("zh", "hant")),
        ("en", ["我的手机没有信号", "ok"], Voice("zh", "hans")),
        ("zh-CN", ["I want a refund"], Voice("en", "hans")),
        ("en", ["我的手機沒有訊號", "thank you", "你好"], Voice("zh", "hant")),
        ("fr", ["你好"], Voice("zh")),
    ],
)
def test_the_voice_follows_the_words(store: Store, locale: str, texts: list[str], voice: Voice) -> None:
    talk = store.open_conversation("web", locale, NOW)
    for number, text in enumerate(texts):
        store.accept(talk.id, FIRST, TravellerMessage(str(number), text), NOW)
    pending = store.next_pending(talk.id)
    assert pending is not None
    assert pending.conversation.voice == voice


def test_the_engine_may_switch_the_language(store: Store, talk: Conversation) -> None:
    store.accept(talk.id, FIRST, TravellerMessage("a", "please speak Chinese"), NOW)
    stored = store.finish_turn(
        talk.id, 1, [NewMessage("好的")], NOW, reading=TurnReading(language="zh"), state="waiting"
    ).stored
    assert "人工" in stored[1].text


def test_tokens_end_after_their_successor_was_used(store: Store, talk: Conversation) -> None:
    def opens(generation: int, seconds: float) -> bool:
        return store.use_token(talk.id, TokenUse(generation, 60), NOW + timedelta(seconds=seconds)) is not None

    assert opens(1, 1000)
    assert opens(2, 2000)
    assert opens(1, 2059)
    assert not opens(1, 2061)
    assert opens(3, 3000)
    assert opens(2, 3001)
    assert not opens(1, 3001)
    with pytest.raises(NoConversation):
        store.accept(talk.id, FIRST, TravellerMessage("a", "hello"), NOW + timedelta(seconds=3002))
    assert store.messages_after(talk.id, 0, 10) == []


def test_deleting_leaves_nothing(store: Store, talk: Conversation, desk_engine: Engine) -> None:
    accepted = store.accept(talk.id, FIRST, TravellerMessage("a", picture=("image/png", b"bytes")), NOW)
    address = accepted.stored[0].image or ""
    assert store.get_picture(address.removeprefix("/media/")) == ("image/png", b"bytes")
    store.delete(talk.id)
    store.delete(talk.id)
    assert store.transcript(talk.id) is None
    with pytest.raises(NoConversation):
        store.finish_turn(talk.id, 1, [NewMessage("too late")], NOW)
    with pytest.raises(NoConversation):
        store.accept(talk.id, FIRST, TravellerMessage("b", "hello"), NOW)
    with desk_engine.connect() as connection:
        for table in metadata.sorted_tables:
            assert connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one() == 0


def test_a_picture_sent_twice_is_kept_once(store: Store, talk: Conversation, desk_engine: Engine) -> None:
    sent = [store.accept(talk.id, FIRST, TravellerMessage("a", picture=("image/png", b"x")), NOW).seq for _ in range(2)]
    assert sent == [1, 1]
    with desk_engine.connect() as connection:
        assert connection.execute(sa.text("SELECT count(*) FROM picture")).scalar_one() == 1


def test_ids_cannot_be_guessed(store: Store) -> None:
    make: Callable[[], str] = lambda: store.open_conversation("web", "en", NOW).id  # noqa: E731
    ids = {make() for _ in range(50)}
    assert len(ids) == 50
    assert {len(each) for each in ids} == {40}
