"""A real conversation, saved as a test script, passes when it is played against the real stack."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
import yaml
from sqlalchemy.engine import Engine

from aftercare.base.database import open_engine, utc_now
from aftercare.conversations.store import Store
from aftercare.conversations.tables import event
from aftercare.staff.export.script import as_script, read_conversation
from tests.support.conversation_coverage import Reached
from tests.support.running_stack import Stack, request_json
from tests.support.script_player import given, play
from tests.support.waiting import wait_until

# "#1" presses the second choice of the last answer, "#left" the desk's own button, "@" is what staff do, and "+" is
# written before the message before it is answered.
ENGLISH = (
    "my phone has full bars but no internet",
    "NZ10000006 raj@example.com",
    "#1",
    "how do I share my data with my laptop?",
    "+什么是eSIM？",
    "I want to talk to a person",
    "when will somebody answer?",
    "@claim",
    "hello? my number is +64 21 123 4567",  # to the person: no part of the script
    "@release",
    "when do your people work?",
    "thanks, bye",
)
CHINESE = (
    "我的eSIM激活不了",
    "NZ10000001 wang@example.com",
    "#0",
    "流量还剩多少",
    "转人工",
    "#left",
    "人工几点上班",
    "我叫王大锤，谢谢，再见",
)
SOMEBODYS = ("my eSIM does not work, order NZ77700012", "it's YUKI.T@shop.example.nz", "no signal at all", "thanks")


@pytest.fixture
def desk(stack: Stack) -> Iterator[Engine]:
    engine = open_engine(f"sqlite:///{stack.var}/desk.db")
    yield engine
    engine.dispose()


def converse(stack: Stack, desk: Engine, locale: str, lines: tuple[str, ...]) -> str:
    """Say each line when the one before is answered, or at once; the conversation's id."""
    status, session = request_json("POST", f"{stack.desk_url}/api/chat/sessions", {"locale": locale})
    assert status == 201, session
    bearer, key = {"Authorization": f"Bearer {session['token']}"}, str(session["conversation_id"])
    staff, held = Store(desk), False
    events: list[dict[str, Any]] = []
    for number, (line, following) in enumerate(zip(lines, [*lines[1:], ""], strict=True)):
        if line == "@claim":
            held = staff.claim(key, "a", "Anna", utc_now(), expected=None) is not None
            continue
        if line == "@release":
            held = not staff.release(key, "a", utc_now())
            continue
        body: dict[str, Any] = {"text": line.removeprefix("+")}
        if line.startswith("#"):
            offers = [event for event in events if event.get("choices")]
            left = line == "#left"
            chosen = next(event for event in offers if event["from"] == "system") if left else offers[-1]
            body = {"choice": chosen["choices"][0 if left else int(line[1:])]["id"]}
        sent, said = request_json("POST", f"{stack.desk_url}/api/chat/messages", {"id": str(number), **body}, bearer)
        assert sent == 202, said
        if following.startswith("+"):
            continue
        turns_ended(desk, key)
        events = answered(stack, bearer, said["seq"], wait=not held and line != "#left")
    return key


def turns_ended(desk: Engine, key: str) -> None:
    """Until no message waits for its answer: the last part of one may be shown before its reading is stored."""
    waiting = sa.select(event.c.seq).where(event.c.conversation_id == key, event.c.status == "pending")

    def ended() -> bool:
        with desk.connect() as connection:
            return connection.execute(waiting).first() is None

    wait_until(ended)


def answered(stack: Stack, bearer: dict[str, str], seq: int, wait: bool) -> list[dict[str, Any]]:
    def events() -> list[dict[str, Any]]:
        _, mine = request_json("GET", f"{stack.desk_url}/api/chat/conversation", headers=bearer)
        found = list(mine.get("events", []))
        known = any(each["from"] == "assistant" and each["seq"] > seq for each in found)
        return found if known or not wait else []

    return list(wait_until(events, 120)) if wait else events()


@pytest.fixture
def somebodys_order(orders: Engine) -> Iterator[None]:
    """A demo order that is, for the time of a test, a customer's."""
    number, email = sa.text("UPDATE purchase SET number = :new WHERE number = :old"), "yuki.t@shop.example.nz"
    address = sa.text("UPDATE customer SET email = :new WHERE email = :old")
    with orders.begin() as connection:
        connection.execute(number, {"old": "NZ10000012", "new": "NZ77700012"})
        connection.execute(address, {"old": "yuki@example.com", "new": email})
    yield
    with orders.begin() as connection:
        connection.execute(number, {"new": "NZ10000012", "old": "NZ77700012"})
        connection.execute(address, {"new": "yuki@example.com", "old": email})


@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    ("lines", "locale", "language"),
    [
        pytest.param(ENGLISH, "en-NZ", "en", id="english"),
        pytest.param(CHINESE, "zh-CN", "zh", id="chinese"),
        pytest.param(SOMEBODYS, "en-NZ", "en", id="somebody's"),
    ],
)
def test_a_saved_conversation_passes(
    stack: Stack,
    orders: Engine,
    desk: Engine,
    somebodys_order: None,
    lines: tuple[str, ...],
    locale: str,
    language: str,
) -> None:
    key = converse(stack, desk, locale, lines)
    talk = read_conversation(desk, orders, key)
    assert talk is not None
    saved = as_script(talk, "a saved conversation")
    print(saved)
    for personal in ("王大锤", "123 4567", "77700012", "yuki.t", "YUKI", "8988300000000000120", "Yuki"):
        assert personal not in saved
    (script,) = yaml.safe_load(saved)
    assert script["languages"] == [language]
    said = [step for step in script["steps"] if "desk" not in step]  # the desk may have reminded of a step
    assert len(said) == len([line for line in lines if not line.startswith(("hello?", "@", "#left"))])
    assert all(step.get("replies") for step in script["steps"])
    with given(orders, script.get("given", [])):
        play(stack, orders, Reached(), script, language, f"saved {key}")
