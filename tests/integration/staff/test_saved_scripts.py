"""A real conversation, saved as a test script, passes when it is played against the real stack."""

from __future__ import annotations

import importlib.util
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import sqlalchemy as sa
import yaml
from sqlalchemy.engine import Engine

from aftercare.base.database import open_engine
from aftercare.conversations.tables import event
from aftercare.staff.export.script import as_script, read_conversation
from tests.support.conversation_coverage import Reached
from tests.support.running_stack import Stack, request_json

RUNNER = Path(__file__).resolve().parents[2] / "conversations" / "test_scripts.py"
ENGLISH = (
    "my phone has full bars but no internet",
    "NZ10000006 raj@example.com",
    "#1",
    "how do I share my data with my laptop?",
    "什么是eSIM？",
    "I want to talk to a person",
    "hello? my number is +64 21 123 4567",  # to the person: no part of the script
    "#back",
    "thanks, bye",
)
CHINESE = ("我的eSIM激活不了", "NZ10000001 wang@example.com", "#0", "流量还剩多少", "我叫王大锤，谢谢，再见")
SOMEBODYS = ("my eSIM does not work, order NZ77700012", "it's YUKI.T@shop.example.nz", "no signal at all", "thanks")


@pytest.fixture(scope="module")
def runner() -> ModuleType:
    """What plays the scripts of tests/conversations."""
    found = importlib.util.spec_from_file_location("playing_saved_scripts", RUNNER)
    assert found is not None
    assert found.loader is not None
    module = importlib.util.module_from_spec(found)
    sys.modules[found.name] = module
    found.loader.exec_module(module)
    return module


@pytest.fixture
def desk(stack: Stack) -> Iterator[Engine]:
    engine = open_engine(f"sqlite:///{stack.var}/desk.db")
    yield engine
    engine.dispose()


def converse(stack: Stack, desk: Engine, locale: str, lines: tuple[str, ...]) -> str:
    """Say each line when the one before is answered; "#1" presses the second choice of the last answer.

    Returns the conversation's id.
    """
    status, session = request_json("POST", f"{stack.desk_url}/api/chat/sessions", {"locale": locale})
    assert status == 201, session
    bearer = {"Authorization": f"Bearer {session['token']}"}
    events: list[dict[str, Any]] = []
    for number, line in enumerate(lines):
        body: dict[str, Any] = {"text": line}
        if line.startswith("#"):
            offers = [event for event in events if event.get("choices")]
            chosen = next(event for event in offers if event["from"] == "system") if line == "#back" else offers[-1]
            body = {"choice": chosen["choices"][0 if line == "#back" else int(line[1:])]["id"]}
        sent, said = request_json("POST", f"{stack.desk_url}/api/chat/messages", {"id": str(number), **body}, bearer)
        assert sent == 202, said
        held = (
            bool(events) and any(event["kind"] == "state" for event in events) and line.startswith(("hello?", "#back"))
        )
        answered(stack, bearer, said["seq"], wait=not held)
        turns_ended(desk, str(session["conversation_id"]))
        events = answered(stack, bearer, said["seq"], wait=not held)
    return str(session["conversation_id"])


def turns_ended(desk: Engine, key: str) -> None:
    """Until no message waits for its answer: the last part of one may be shown before its reading is stored."""
    waiting = sa.select(event.c.seq).where(event.c.conversation_id == key, event.c.status == "pending")
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with desk.connect() as connection:
            if connection.execute(waiting).first() is None:
                return
        time.sleep(0.05)
    pytest.fail("a turn did not end")


def answered(stack: Stack, bearer: dict[str, str], seq: int, wait: bool) -> list[dict[str, Any]]:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        _, mine = request_json("GET", f"{stack.desk_url}/api/chat/conversation", headers=bearer)
        events = list(mine.get("events", []))
        if not wait or any(event["from"] == "assistant" and event["seq"] > seq for event in events):
            return events
        time.sleep(0.1)
    pytest.fail("the assistant did not answer")


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


# The assistant goes on while a person is waited for, so the script gets steps the conversation did not have before.
KNOWN = pytest.mark.xfail(reason="the lines of these conversations are of the former dialogue", strict=False)


@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    ("lines", "locale", "language"),
    [
        pytest.param(ENGLISH, "en-NZ", "en", id="english", marks=KNOWN),
        pytest.param(CHINESE, "zh-CN", "zh", id="chinese", marks=KNOWN),
        pytest.param(SOMEBODYS, "en-NZ", "en", id="somebody's"),
    ],
)
def test_a_saved_conversation_passes(
    stack: Stack,
    orders: Engine,
    desk: Engine,
    runner: ModuleType,
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
    assert len(script["steps"]) == len([line for line in lines if not line.startswith(("hello?", "#back"))])
    assert all(step.get("replies") for step in script["steps"])
    with runner._given(orders, script.get("given", [])):
        runner.play(stack, orders, Reached(), script, language, f"saved {key}")
